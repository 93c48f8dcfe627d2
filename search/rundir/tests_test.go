package rundir

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What is told of tests by hand is true of all of them; lines of earlier versions do not say which of two it was.
func TestHowTested(t *testing.T) {
	shared, own, file, old := Tested{Supernet: "a"}, Tested{Network: "b", Pictures: "test split"}, Tested{Network: "b", Pictures: "all pictures of x"}, Tested{Network: "b"}
	for _, c := range []struct {
		lines []Tested
		want  string
	}{
		{[]Tested{shared, own}, "on the test split by eval --test"},
		{[]Tested{file, file}, "on pictures of the run's folder, which the test split is among, by eval FILE --data"},
		{[]Tested{own, file, shared}, "by eval, 2 on the test split (--test) and 1 on pictures of the run's folder, which it is among (FILE --data)"},
		{[]Tested{own, old}, "by eval on the test split (--test), or on pictures of the run's folder, which it is among (FILE --data)"},
	} {
		if got := HowTested(c.lines); got != c.want {
			t.Errorf("%v: %q; want %q", c.lines, got, c.want)
		}
	}
}

func TestTestsAreNotedByManyAtOnce(t *testing.T) {
	path := t.TempDir()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for k := range 20 {
				if err := View(path).NoteTests(Tested{Arch: fmt.Sprint(i, k, "a")}, Tested{Arch: fmt.Sprint(i, k, "b")}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got, err := View(path).Tested()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, l := range got {
		seen[l.Arch] = true
	}
	if len(got) != 8*20*2 || len(seen) != len(got) {
		t.Errorf("%d lines of %d networks; want %d of each", len(got), len(seen), 8*20*2)
	}
}

func TestTestsSurviveAnInterruptedWrite(t *testing.T) {
	d := View(t.TempDir())
	if got, err := d.Tested(); err != nil || got != nil {
		t.Errorf("without a file: %v, %v; want nothing", got, err)
	}
	first := Tested{Time: time.Date(2026, 11, 28, 5, 0, 0, 0, time.UTC), Arch: "conv3x3:8", Supernet: "ab", Accuracy: 0.1 + 0.2, Loss: 1.0 / 3}
	if err := d.NoteTests(first); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(d.Path(Tests))
	if err != nil {
		t.Fatal(err)
	}
	second := Tested{Time: first.Time.Add(time.Hour), Arch: "identity"}
	for cut := range len(whole) {
		torn := View(filepath.Join(t.TempDir()))
		if err := os.WriteFile(torn.Path(Tests), append(append([]byte{}, whole...), whole[:cut]...), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := torn.NoteTests(second); err != nil {
			t.Fatal(err)
		}
		got, err := torn.Tested()
		want := []Tested{first, second}
		if cut == len(whole)-1 { // all but the end of the line
			want = []Tested{first, first, second}
		}
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("after %d bytes of a line: %v (-want +got):\n%s", cut, err, d)
		}
	}
}
