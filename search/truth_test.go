package search

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

func chainFamily(t *testing.T) space.Family {
	t.Helper()
	f, err := families.Open("chain", space.Input{H: 28, W: 28, C: 1, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func draw(t *testing.T, f space.Family, n int, seed uint64) []drawnArch {
	t.Helper()
	d, err := drawStrata(f, n, seed)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Every stratum gets as many architectures, spread over it, and the strata reach
// from near the cheapest network to near the dearest.
func TestStrataAreFilledEvenly(t *testing.T) {
	f := chainFamily(t)
	list := draw(t, f, 32, 1)
	low, high := math.Log(float64(f.Plan(f.Extremes().Smallest).FLOPs())), math.Log(float64(f.Plan(f.Extremes().Largest).FLOPs()))
	quarter := (high - low) / 4
	seen := map[space.Arch]bool{}
	var count [8]int
	for i, d := range list {
		if d.flops != f.Plan(d.arch).FLOPs() || d.stratum != i%strata {
			t.Errorf("network %d has %d FLOPs, stratum %d; want %d and %d", i, d.flops, d.stratum, f.Plan(d.arch).FLOPs(), i%strata)
		}
		seen[d.arch] = true
		count[min(int(2*(d.log()-low)/quarter), 7)]++
	}
	for i, n := range count {
		if n < 3 || n > 5 {
			t.Errorf("%d networks in part %d of 8 of log FLOPs; want about 4", n, i)
		}
	}
	if len(seen) != len(list) {
		t.Errorf("%d different networks of %d", len(seen), len(list))
	}
}

func TestDrawsDependOnTheSeedAlone(t *testing.T) {
	f := chainFamily(t)
	same := func(a, b []drawnArch) bool {
		return cmp.Equal(a, b, cmp.AllowUnexported(drawnArch{}), cmpopts.EquateComparable(space.Arch{}))
	}
	if !same(draw(t, f, 12, 1), draw(t, f, 32, 1)[:12]) {
		t.Error("fewer networks are not the first of more")
	}
	if same(draw(t, f, 12, 1), draw(t, f, 12, 2)) {
		t.Error("another seed draws the same networks")
	}
}

// A space of few networks runs out with an error, not for ever.
func TestDrawsEndWithTheSpace(t *testing.T) {
	f, err := chain.New(chain.Config{Name: "few", Stem: 8, Layers: 1, Ops: []string{"conv3x3", "identity"}, Widths: []int{8, 16}},
		space.Input{H: 8, W: 8, C: 1, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	if got := draw(t, f, 3, 1); len(got) != 3 {
		t.Errorf("%d networks; want 3", len(got))
	}
	if _, err := drawStrata(f, 4, 1); err == nil {
		t.Error("four networks of a space of three; want an error")
	}
}

func TestTruthReadsBack(t *testing.T) {
	want := &Truth{
		path: filepath.Join(t.TempDir(), "truth.csv"),
		Head: TruthHead{
			Command: "espalier fidelity --truth a,b.csv", Data: "pictures: mine", Pictures: "01", Splits: "02", Space: "03", Seed: math.MaxUint64,
			Count: 3, Seeds: 2, Steps: 7, Batch: 5, Recipe: "{Batch:5 Steps:7}", Kernel: "go",
		},
		Rows: []Alone{
			{"conv3x3:8 identity+0,1", 123456789012, 345, 3, 1, 1. / 3, math.Pi, 1e-300, 7},
			{"odd \"quotes\"", 1, 2, 0, 2, 1, 0, 0, 7},
		},
	}
	if err := want.save(); err != nil {
		t.Fatal(err)
	}
	got, err := ReadTruth(want.path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(Truth{})); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
}

// The recipes of tables that are kept can still be followed: what came later is left out
// where it is not used.
func TestRecipesOfEarlierVersions(t *testing.T) {
	r := quiet(t)
	r.cfg = config.Default()
	r.cfg.Train.Optimizer, r.cfg.Train.Flip, r.cfg.Evaluate.Batch = supernet.OptimizerSGD, config.On, 128
	for file, plain := range map[string]config.Passes{"chain-alone.csv": 0, "fashion-five.csv": 8} {
		text, err := os.ReadFile(filepath.Join("..", "docs", "log", file))
		if err != nil {
			t.Fatal(err)
		}
		var head TruthHead
		if _, err := head.read(string(text)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		r.cfg.Train.Plain = plain
		if got := r.recipe(head.Steps); got != head.Recipe {
			t.Errorf("%s: the recipe is %q; want %q", file, got, head.Recipe)
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
	truth, err := r.OpenTruth(filepath.Join(w.dir, "no", "truth.csv"), TruthOptions{Count: 2, Seeds: 1, Steps: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Complete(t.Context(), truth, func(int, int, Alone) {}); !errors.Is(err, os.ErrNotExist) || n > 0 {
		t.Errorf("%v after %d steps; want that there is no such folder before any", err, n)
	}
	truth.path = filepath.Join(w.dir, "truth.csv")
	stopped := errors.New("stopped")
	if err := r.Complete(failing{t.Context(), stopped}, truth, func(int, int, Alone) {}); !errors.Is(err, stopped) {
		t.Fatalf("%v; want the interruption", err)
	}
	if begun, err := ReadTruth(truth.path); err != nil || begun.Head != truth.Head || len(begun.Rows) != 0 {
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
