//go:build kill && linux

package main

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// disk models a folder on a file system as POSIX promises it: what is written is in the file at
// once, for whoever reads it, and on the disk after fsync of the file; names that are made,
// moved or removed are on the disk after fsync of the folder that they are in.
type disk struct {
	root  string // path of the folder
	top   *node
	files map[int]*opened // by descriptor
}

// node is a file or a folder.
type node struct {
	folder bool
	data   []change // of a file
	names  []naming // of a folder
	synced int      // how many of these are on the disk
}

// change is a write at an offset, or, without bytes, a new length.
type change struct {
	at   int64
	text []byte
	cut  bool
}

// naming gives a name to a node, or takes it away (nil); where from is told, it takes that name
// away in the same step.
type naming struct {
	name string
	node *node
	from string
}

// opened is a descriptor, whose offset is unknown (-1) after a read.
type opened struct {
	path   string
	node   *node // nil: outside of the folder
	at     int64
	append bool
}

// newDisk returns a disk on which the folder root holds what the folder from holds.
func newDisk(from, root string) (*disk, error) {
	d := &disk{root: root, top: &node{folder: true}, files: make(map[int]*opened)}
	err := filepath.WalkDir(from, func(path string, e os.DirEntry, err error) error {
		if err != nil || path == from {
			return err
		}
		n := &node{folder: e.IsDir()}
		if !n.folder {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			n.data, n.synced = []change{{text: text}}, 1
		}
		in := d.find(root + strings.TrimPrefix(filepath.Dir(path), from))
		in.names = append(in.names, naming{name: filepath.Base(path), node: n})
		in.synced++
		return nil
	})
	return d, err
}

// within tells whether a path is in the folder.
func (d *disk) within(path string) bool {
	return path == d.root || strings.HasPrefix(path, d.root+"/")
}

// find returns what is at a path, nil: nothing.
func (d *disk) find(path string) *node {
	n := d.top
	for _, name := range strings.FieldsFunc(strings.TrimPrefix(path, d.root), func(r rune) bool { return r == '/' }) {
		if n == nil {
			return nil
		}
		n = listed(n.names)[name]
	}
	return n
}

// holds returns the content of all files, by their paths in the folder.
func (d *disk) holds() map[string]string {
	all := make(map[string]string)
	var walk func(n *node, path string)
	walk = func(n *node, path string) {
		if !n.folder {
			all[path] = string(content(n.data))
		}
		for name, in := range listed(n.names) {
			walk(in, filepath.Join(path, name))
		}
	}
	walk(d.top, "")
	return all
}

// listed returns what a folder holds after these namings.
func listed(names []naming) map[string]*node {
	all := make(map[string]*node)
	for _, n := range names {
		delete(all, n.from)
		if all[n.name] = n.node; n.node == nil {
			delete(all, n.name)
		}
	}
	return all
}

// content returns what a file holds after these changes.
func content(data []change) (text []byte) {
	for _, c := range data {
		end := int(c.at) + len(c.text)
		if end > len(text) {
			text = append(text, make([]byte, end-len(text))...)
		}
		if c.cut {
			text = text[:end]
		}
		copy(text[c.at:], c.text)
	}
	return text
}

// do carries out a system call that has succeeded. Calls that it does not know, and calls of which
// it cannot tell what they did, are errors if they are about the folder.
func (d *disk) do(c call) error {
	switch c.name {
	case "openat":
		return d.open(d.path(c.args[0], c.args[1]), c.args[2], c.result)
	case "close":
		delete(d.files, c.number(0))
	case "mkdirat", "mkdir":
		path := d.path(c.directory(), c.args[len(c.args)-2])
		return d.name(path, naming{node: &node{folder: true}})
	case "unlinkat":
		return d.name(d.path(c.args[0], c.args[1]), naming{})
	case "renameat", "renameat2":
		from, to := d.path(c.args[0], c.args[1]), d.path(c.args[2], c.args[3])
		if !d.within(from) && !d.within(to) {
			return nil
		}
		if filepath.Dir(from) != filepath.Dir(to) {
			return fmt.Errorf("%s moved to %s, another folder", from, to)
		}
		return d.name(to, naming{node: d.find(from), from: filepath.Base(from)})
	case "lseek":
		if f := d.file(c); f != nil {
			f.at = int64(c.result)
		}
	case "write":
		f := d.file(c)
		if f == nil {
			return nil
		}
		if f.append {
			f.at = int64(len(content(f.node.data)))
		}
		if f.at < 0 {
			return fmt.Errorf("%s: written to where reading has ended", f.path)
		}
		f.node.data = append(f.node.data, change{at: f.at, text: []byte(c.args[1])[:c.result]})
		f.at += int64(c.result)
	case "pwrite64":
		if f := d.file(c); f != nil {
			f.node.data = append(f.node.data, change{at: int64(c.number(3)), text: []byte(c.args[1])[:c.result]})
		}
	case "ftruncate":
		if f := d.file(c); f != nil {
			f.node.data = append(f.node.data, change{at: int64(c.number(1)), cut: true})
		}
	case "fsync", "fdatasync":
		if f := d.file(c); f != nil {
			f.node.synced = len(f.node.data) + len(f.node.names) // one of them is empty
		}
	case "read":
		if f := d.file(c); f != nil {
			f.at = -1
		}
	default:
		for i := range c.args {
			if f := d.files[c.number(i)]; f != nil && f.node != nil {
				return fmt.Errorf("%s of %s: a call that is not known here", c.name, f.path)
			}
		}
	}
	return nil
}

// file returns the descriptor that is a call's first argument, nil: not one of the folder.
func (d *disk) file(c call) *opened {
	if f := d.files[c.number(0)]; f != nil && f.node != nil {
		return f
	}
	return nil
}

// path returns the path that a descriptor of a folder and a name stand for.
func (d *disk) path(directory, path string) string {
	if f := d.files[number(directory)]; f != nil && !filepath.IsAbs(path) {
		path = filepath.Join(f.path, path)
	}
	return filepath.Clean(path)
}

func (d *disk) open(path, flags string, descriptor int) error {
	f := &opened{path: path, append: strings.Contains(flags, "O_APPEND")}
	d.files[descriptor] = f
	if !d.within(path) {
		return nil
	}
	f.node = d.find(path)
	if f.node == nil && strings.Contains(flags, "O_CREAT") {
		f.node = &node{}
		return d.name(path, naming{node: f.node})
	}
	if f.node == nil {
		return fmt.Errorf("%s: opened, and not known", path)
	}
	if strings.Contains(flags, "O_TRUNC") {
		f.node.data = append(f.node.data, change{cut: true})
	}
	return nil
}

// name changes the folder that a path is in.
func (d *disk) name(path string, n naming) error {
	if !d.within(path) || path == d.root {
		return nil
	}
	in := d.find(filepath.Dir(path))
	if in == nil {
		return fmt.Errorf("%s: in no folder", path)
	}
	n.name = filepath.Base(path)
	in.names = append(in.names, n)
	return nil
}

// cutPower writes to an empty folder what may be on the disk if the power fails now. Of what is not
// synced, names are there in their order up to some moment, or each or not; files hold writes up
// to some moment, the last one in part, or zeros from some byte on, or where pages are missing.
func (d *disk) cutPower(rng *rand.Rand, to string) error { return cutPower(d.top, rng, to) }

func cutPower(n *node, rng *rand.Rand, to string) error {
	if !n.folder {
		return os.WriteFile(to, torn(n.data, n.synced, rng), 0o644)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	names := slices.Clone(n.names[:n.synced])
	open := n.names[n.synced:]
	if rng.IntN(2) == 0 {
		names = append(names, open[:rng.IntN(len(open)+1)]...)
	} else {
		for _, o := range open {
			if rng.IntN(2) == 0 {
				names = append(names, o)
			}
		}
	}
	all := listed(names)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err := cutPower(all[name], rng, filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

const page = 4096

// torn returns what a file may hold.
func torn(data []change, synced int, rng *rand.Rand) []byte {
	safe, open := content(data[:synced]), data[synced:]
	whole := content(data)
	first := len(safe) // byte that may differ
	for _, c := range open {
		first = min(first, int(c.at))
	}
	switch rng.IntN(5) {
	case 0:
		return safe
	case 1:
		return whole
	case 2:
		if len(open) == 0 {
			return safe
		}
		k := rng.IntN(len(open))
		last := open[k]
		last.text = last.text[:rng.IntN(len(last.text)+1)]
		return content(append(slices.Clone(data[:synced+k]), last))
	case 3:
		from := first + rng.IntN(max(len(whole)-first, 0)+1)
		clear(whole[min(from, len(whole)):])
		return whole
	default:
		old := append(bytes.Clone(safe), make([]byte, max(len(whole)-len(safe), 0))...)
		for at := first / page * page; at < len(whole); at += page {
			if end := min(at+page, len(whole)); rng.IntN(2) == 0 {
				copy(whole[at:end], old[at:end])
			}
		}
		return whole
	}
}
