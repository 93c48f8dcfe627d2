package data

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// places are the pictures in and below a folder by what lists may call them: their path from the
// folder, the ends of that, down to their name, and all these without ending. What several are
// called is ambiguous.
type places struct {
	pictures map[string]placed // by part, colon and name, or dash and name in lower case; an ambiguous one has no path
	of       map[string]int    // pictures by part, as the folders they are in are called
}

// placed is where a picture is.
type placed struct {
	path string
	part string // that a folder on the way is called after; "" for others
}

// findPlaces walks through the pictures below dir.
func findPlaces(dir string) (*places, error) {
	p := &places{map[string]placed{}, map[string]int{}}
	err := walkPictures(dir, func(file, rel string) {
		at := placed{file, partIn(rel)}
		p.of[at.part]++
		for name := className(rel); ; {
			for _, key := range []string{name, strings.TrimSuffix(name, path.Ext(name))} {
				// Parts often number their pictures from 0 again: what is in none, or in the
				// training part, comes before what is in others, which has a key of its own.
				p.put(at.part+":"+key, at)
				if lower := strings.ToLower(key); lower != key {
					p.put(at.part+"-"+lower, at)
				}
			}
			_, rest, deeper := strings.Cut(name, "/")
			if !deeper {
				break
			}
			name = rest
		}
	})
	return p, err
}

func (p *places) put(key string, at placed) {
	if other, known := p.pictures[key]; known && other.path != at.path {
		at = placed{}
	}
	p.pictures[key] = at
}

// find returns the path of the picture that a list of a part calls so: by a path from anywhere,
// with slashes of any kind, an address, or a name, in any letter case, with its own ending, another of a picture, or none. "":
// there is none, or several. Pictures in folders of other parts are found by a path that names
// the folder.
func (p *places) find(name, part string) string {
	name = strings.ReplaceAll(className(name), `\`, "/")
	if strings.Contains(name, "://") {
		name, _, _ = strings.Cut(name, "?")
	}
	said := partIn(name)
	if said == "" {
		said = part
	}
	parts := []string{said, ""}
	switch {
	case said == "":
		parts = []string{"", "train"}
	case said == "val", len(p.of) == 1 && partIn(name) == "": // those of all parts may lie together
		parts = append(parts, "train")
	}
	for rest, deeper := strings.TrimPrefix(path.Clean(name), "/"), true; deeper && rest != ""; _, rest, deeper = strings.Cut(rest, "/") {
		keys := []string{rest}
		if isPictureName(rest) || isForeignName(rest) {
			keys = append(keys, strings.TrimSuffix(rest, path.Ext(rest)))
		}
		for _, in := range parts {
			for _, key := range keys {
				lower := strings.ToLower(key)
				for _, k := range []string{in + ":" + key, in + ":" + lower, in + "-" + lower} {
					if at := p.pictures[k]; at.path != "" {
						return at.path
					}
				}
			}
		}
	}
	return ""
}

// partIn returns the part of a data set that a folder of a path with slashes is called after; ""
// if none is. The last one counts: a data set may lie in a folder called data/test.
func partIn(rel string) (part string) {
	for dir := path.Dir(rel); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if role := roleOf(path.Base(dir)); role != "" {
			return role
		}
	}
	return ""
}

// walkPictures calls f with each file in and below dir that is called as pictures are, by its
// path and by its path from dir with slashes. Links to folders are followed where they lead out of
// dir, links in those are not.
func walkPictures(dir string, f func(path, rel string)) error {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	linked, err := walkHere(root, func(rel string) { f(filepath.Join(dir, rel), filepath.ToSlash(rel)) })
	if err != nil {
		return err
	}
	for _, link := range linked {
		target, err := filepath.EvalSymlinks(filepath.Join(root, link))
		if err != nil {
			return fmt.Errorf("data: %w", err)
		}
		if within(target, root) || within(root, target) {
			continue
		}
		_, err = walkHere(target, func(rel string) {
			rel = filepath.Join(link, rel)
			f(filepath.Join(dir, rel), filepath.ToSlash(rel))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// within reports whether a path is folder or in it; both are free of links.
func within(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// walkHere calls f with each file in and below dir that is called as pictures are, by its path from
// dir, and returns those of links to folders, which it does not follow.
func walkHere(dir string, f func(rel string)) (linked []string, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("data: %w", err)
		}
		if path != dir && isClutter(e.Name()) {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return fmt.Errorf("data: %w", err)
		}
		switch {
		case e.Type()&fs.ModeSymlink != 0 && isFolderAt(path):
			linked = append(linked, rel)
		case !e.IsDir() && isPictureName(e.Name()):
			f(rel)
		}
		return nil
	})
	return linked, err
}
