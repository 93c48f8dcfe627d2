package data

import (
	"fmt"
	"path/filepath"
	"regexp"
)

// grouping numbers the groups of pictures by what a pattern finds in their names, the same
// in all parts of a data set.
type grouping struct {
	pattern *regexp.Regexp // nil: each picture is by itself
	ids     map[string]int32
}

// newGrouping returns the grouping by a pattern that OpenOptions.Validate has checked.
func newGrouping(pattern string) *grouping {
	if pattern == "" {
		return &grouping{}
	}
	return &grouping{regexp.MustCompile(pattern), map[string]int32{}}
}

// of returns the groups of pictures, nil without a pattern. A picture in whose CLASS/FILE
// the pattern finds nothing gets an error, where it has none yet.
func (g *grouping) of(files []listedPicture, errs []error) []int32 {
	if g.pattern == nil {
		return nil
	}
	out := make([]int32, len(files))
	for i, f := range files {
		name := filepath.ToSlash(filepath.Join(filepath.Base(filepath.Dir(f.path)), filepath.Base(f.path)))
		m := g.pattern.FindStringSubmatch(name)
		if m == nil {
			if errs[i] == nil {
				errs[i] = badFile(f.path, "a name in which the pattern of groups %q finds nothing", g.pattern)
			}
			continue
		}
		text := m[min(1, len(m)-1)]
		if text == "" { // else all such pictures would be one group
			if errs[i] == nil {
				errs[i] = badFile(f.path, "a name in which the pattern of groups %q finds an empty text, in its first group if it has one, expected what tells groups", g.pattern)
			}
			continue
		}
		if _, known := g.ids[text]; !known {
			g.ids[text] = int32(len(g.ids))
		}
		out[i] = g.ids[text]
	}
	return out
}

// note tells how many groups there are, and of those that parts as given share.
func (g *grouping) note(d *Dataset) {
	if g.pattern == nil {
		return
	}
	d.Notes = append(d.Notes, fmt.Sprintf("%d groups of pictures by %q", len(g.ids), g.pattern))
	in := map[int32]bool{}
	for _, id := range d.Train.Groups {
		in[id] = true
	}
	for _, given := range []struct {
		name string
		set  *Set
	}{{"validation", d.Val}, {"test", d.Test}} {
		if given.set == nil {
			continue
		}
		both := map[int32]bool{}
		for _, id := range given.set.Groups {
			if in[id] {
				both[id] = true
			}
		}
		if len(both) > 0 {
			d.Notes = append(d.Notes, fmt.Sprintf("%d groups are in the training and in the %s part as given", len(both), given.name))
		}
	}
}
