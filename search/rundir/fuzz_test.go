package rundir

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// FuzzJournal feeds journals. What is read is a beginning of the file, and is read again from
// what is written of it.
func FuzzJournal(f *testing.F) {
	whole, err := formatLines([]Trial{{Arm: "sample", Arch: "a"}, {Arm: "random", Index: 1, Loss: 1.0 / 3}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add([]byte(`{"arm":"a"}` + "\n"))
	f.Add(bytes.Repeat([]byte("["), 20000))
	f.Fuzz(func(t *testing.T, b []byte) {
		lines, whole, err := parseLines[Trial]("f.jsonl", b)
		if err != nil {
			if !strings.Contains(err.Error(), "f.jsonl, line ") {
				t.Errorf("%v; want file and line named", err)
			}
			return
		}
		if whole < 0 || whole > len(b) || bytes.Count(b[:whole], []byte{'\n'}) != len(lines) {
			t.Fatalf("%d lines in the first %d bytes of %d", len(lines), whole, len(b))
		}
		text, err := formatLines(lines)
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := parseLines[Trial]("f.jsonl", text)
		if err != nil || len(again) != len(lines) {
			t.Fatalf("%d lines read again, %v; want %d", len(again), err, len(lines))
		}
		for i := range lines {
			if !reflect.DeepEqual(again[i], lines[i]) {
				t.Errorf("line %d: %+v read again as %+v", i, lines[i], again[i])
			}
		}
	})
}
