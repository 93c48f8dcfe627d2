package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a run has put in place of what was asked for is used by runs from its document, and gives way to
// what was asked for when it is forgotten, whatever was decided in between and however often it was saved.
func TestWhatWasAskedForComesBack(t *testing.T) {
	asked := resolved(t, Default())
	cut := asked
	cut.Evaluate = Evaluate{Calibration: 200, Batch: 64, Images: 720}
	cut.Predictor.Samples, cut.Predictor.Folds = 40, 7
	cut.Search.Trials, cut.Search.Rounds, cut.Search.Picks, cut.Search.Top = 900, 2, 12, 12
	cut.Finish.Networks, cut.Finish.Batch, cut.Train.Batch, cut.Train.Reflect, cut.Train.Flip, cut.Train.Plain = 5, 16, 32, On, Off, 2
	want := cut
	cut.NoteDecided(asked)
	again := cut // a resumed run decides once more
	again.Search.Top, again.Finish.Networks = 9, 4
	again.NoteDecided(cut)
	for i, c := range []Config{cut, again} {
		if c.Search.Top != []int{12, 9}[i] {
			t.Fatalf("noting changes the document: %d candidates", c.Search.Top)
		}
		read := saved(t, c)
		if d := cmp.Diff(c, read); d != "" {
			t.Errorf("differs (-saved +read):\n%s", d)
		}
		used := read
		if used.Decided = (Decided{}); i == 0 && cmp.Diff(want, used) != "" {
			t.Errorf("a run from the document does another (-decided +read):\n%s", cmp.Diff(want, used))
		}
		read.Forget()
		if d := cmp.Diff(asked, read); d != "" {
			t.Errorf("asked for was another one (-asked +forgotten):\n%s", d)
		}
	}
	edited := saved(t, cut)
	edited.Search.Top = 6 // by hand, in the saved document
	later := edited
	later.Search.Top = 5
	later.NoteDecided(edited)
	edited.Forget()
	later.Forget()
	if edited.Search.Top != 6 || later.Search.Top != 6 || edited.Search.Picks != asked.Search.Picks {
		t.Errorf("%d and %d candidates, %d picks; want 6 and 6, which the document was changed to, and %d", edited.Search.Top, later.Search.Top, edited.Search.Picks, asked.Search.Picks)
	}
}

// saved returns what is read from a document that was saved.
func saved(t *testing.T, c Config) Config {
	t.Helper()
	var text []byte
	if err := c.Save(func(b []byte) error { text = b; return nil }); err != nil {
		t.Fatal(err)
	}
	got, err := Load(write(t, string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return got
}
