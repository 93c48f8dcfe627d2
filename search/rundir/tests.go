package rundir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// Tested is one line of tests.jsonl: a network that was evaluated by hand, outside of a search, on
// the test split or on pictures that it is among.
type Tested struct {
	Time     time.Time `json:"tested"`
	Arch     string    `json:"arch"`               // text form of the space
	Supernet string    `json:"supernet,omitempty"` // hash of the shared weights that it was evaluated with
	Network  string    `json:"network,omitempty"`  // or of its own
	Pictures string    `json:"pictures,omitempty"` // TestSplit, or which part of which folder, by eval FILE --data; empty: an earlier version, which did not say
	Accuracy float64   `json:"accuracy"`           // fraction
	Loss     float64   `json:"loss"`               // nats
}

// TestSplit are the pictures that eval --test evaluates on.
const TestSplit = "test split"

// HowTested tells on what, and by which form of eval, networks were evaluated.
func HowTested(lines []Tested) string {
	onSplit, byFile := 0, 0
	for _, l := range lines {
		switch {
		case l.Pictures == TestSplit || l.Supernet != "": // a file has no shared weights
			onSplit++
		case l.Pictures != "":
			byFile++
		}
	}
	switch len(lines) {
	case onSplit:
		return "on the test split by eval --test"
	case byFile:
		return "on pictures of the run's folder, which the test split is among, by eval FILE --data"
	case onSplit + byFile:
		return fmt.Sprintf("by eval, %d on the test split (--test) and %d on pictures of the run's folder, which it is among (FILE --data)", onSplit, byFile)
	}
	return "by eval on the test split (--test), or on pictures of the run's folder, which it is among (FILE --data)"
}

// NoteTests adds lines to the folder's tests.jsonl and forces them to the disk. It
// needs no lock on the folder: the file is only ever appended to, with one write
// a call, so that processes do not overwrite each other's lines. After the rest
// of an interrupted write it begins a new line.
func (d *Dir) NoteTests(lines ...Tested) error {
	text, err := formatLines(lines)
	if err != nil {
		return fmt.Errorf("%s: %w", d.Path(Tests), err)
	}
	f, err := os.OpenFile(d.Path(Tests), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	whole, err := endsInLine(f)
	if err == nil {
		if !whole {
			text = append([]byte{'\n'}, text...)
		}
		_, err = f.Write(text)
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// endsInLine reports whether a file is empty or ends with a whole line.
func endsInLine(f *os.File) (bool, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return true, err
	}
	last := make([]byte, 1)
	_, err = f.ReadAt(last, size-1)
	return last[0] == '\n', err
}

// Tested returns the lines of the folder's tests.jsonl, none if there is no such
// file. What is no whole line is the rest of an interrupted write, whose scores
// were never shown, and is left out.
func (d *Dir) Tested() ([]Tested, error) {
	text, err := os.ReadFile(d.Path(Tests))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Tested
	for line := range bytes.Lines(text) {
		var t Tested
		object, err := withoutSum(bytes.TrimSuffix(line, []byte{'\n'}))
		if err == nil && json.Unmarshal(object, &t) == nil && t.Arch != "" {
			all = append(all, t)
		}
	}
	return all, nil
}
