package search

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/truth"
	"github.com/espalier-nas/espalier/supernet"
)

// The recipes of tables that are kept can still be followed, that of today's defaults among them:
// what came later is left out where it is not used.
func TestRecipesOfEarlierVersions(t *testing.T) {
	r := quiet(t)
	r.cfg = config.Default()
	r.cfg.Train.Flip, r.cfg.Evaluate.Batch = config.On, 128
	for _, c := range []struct {
		file, optimizer string
		plain           config.Amount
	}{
		{"chain-alone-sgd.csv", supernet.OptimizerSGD, 0},
		{"fashion-five.csv", supernet.OptimizerSGD, 8},
		{"chain-alone.csv", r.cfg.Train.Optimizer, 8}, // what auto is of pictures in grey
	} {
		text, err := os.ReadFile(filepath.Join("..", "docs", "log", c.file))
		if err != nil {
			t.Fatal(err)
		}
		var head truth.Head
		if _, err := head.Read(string(text)); err != nil {
			t.Fatalf("%s: %v", c.file, err)
		}
		r.cfg.Train.Optimizer, r.cfg.Train.Small, r.cfg.Train.Plain = c.optimizer, 0, c.plain
		if got := r.recipe(head.Steps); got != head.Recipe {
			t.Errorf("%s: the recipe is %q; want %q", c.file, got, head.Recipe)
		}
	}
}

// Training alone without a folder makes do with few pictures too: batches are smaller there.
func TestFewPicturesAreTrainedOnAlone(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Train.Batch = 1000 // of 192 training pictures
	r, err := OpenAlone(w.cfg, Monitor{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	if got := r.cfg.Train.Batch; got != 62 {
		t.Errorf("batches of %d pictures; want 62, two of which are in 192", got)
	}
}

// updates counts what a training tells.
type updates struct {
	silent
	n *int
}

// Update implements Events.
func (u updates) Update(Status) { *u.n++ }

// Where results cannot be written nothing is trained.
func TestTruthIsWrittenFirst(t *testing.T) {
	w := newWorld(t, asPredicted)
	n := 0
	r, err := OpenAlone(w.cfg, Monitor{Events: updates{n: &n}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	file, err := r.OpenTruth(filepath.Join(w.dir, "no", "truth.csv"), TruthOptions{Count: 2, Seeds: 1, Steps: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Complete(t.Context(), file, func(int, int, truth.Row) {}); !errors.Is(err, os.ErrNotExist) || n > 0 {
		t.Errorf("%v after %d steps; want that there is no such folder before any", err, n)
	}
	file.Path = filepath.Join(w.dir, "truth.csv")
	stopped := errors.New("stopped")
	if err := r.Complete(failing{t.Context(), stopped}, file, func(int, int, truth.Row) {}); !errors.Is(err, stopped) {
		t.Fatalf("%v; want the interruption", err)
	}
	if begun, err := truth.ReadFile(file.Path); err != nil || begun.Head != file.Head || len(begun.Rows) != 0 {
		t.Errorf("after an interruption of the first training %+v, %v; want its head", begun, err)
	}
}

// failing is a context that has ended.
type failing struct {
	context.Context
	err error
}

// Err implements context.Context.
func (f failing) Err() error { return f.err }

// ignore hears of trainings.
func ignore(int, int, truth.Row) {}

// twoAlone trains two architectures alone.
func twoAlone(t *testing.T) (*Run, *truth.File) {
	t.Helper()
	w := newWorld(t, asPredicted)
	r := w.open("run")
	file, err := r.OpenTruth(filepath.Join(w.dir, "truth.csv"), TruthOptions{Count: 2, Seeds: 1, Steps: 2})
	if err == nil {
		err = r.Complete(t.Context(), file, ignore)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r, file
}

// A checkpoint whose removal a power cut has undone goes, also where nothing is left to be trained.
func TestCheckpointsLeftBehindGo(t *testing.T) {
	r, file := twoAlone(t)
	left := file.Checkpoint(1)
	if err := os.WriteFile(left, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := r.Complete(t.Context(), file, ignore); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there (%v)", left, err)
	}
}

// Trainings go on from rows of the architectures and seeds that are drawn, and from no others.
func TestRowsAreOfWhatIsDrawn(t *testing.T) {
	r, file := twoAlone(t)
	rows := file.Rows
	again := rows[0]
	again.Seed = 2
	for what, row := range map[string]truth.Row{"architecture": rows[1], "seed": again} {
		file.Rows = []truth.Row{row}
		if err := r.Complete(t.Context(), file, ignore); err == nil || !strings.Contains(err.Error(), "row 1 is") {
			t.Errorf("another %s in row 1: %v; want it named", what, err)
		}
	}
}
