package search

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// What is worse than the linear classifier is not handed over: a search is done
// again with a classifier as good as its best network.
func TestFloorHoldsInASearch(t *testing.T) {
	seeds(t, func(seed uint64) bool {
		w := newWorld(t, asPredicted)
		w.cfg.Seed = seed
		a := w.search("run")
		n := len(a.report.Pareto)
		floor := slices.MaxFunc(a.report.Pareto, func(x, y report.Network) int { return cmp.Compare(x.Validation, y.Validation) }).Validation
		var want, got []string
		for _, x := range a.report.Pareto {
			if x.Validation >= floor {
				want = append(want, x.Arch)
			}
		}
		if a.report.Floor.Accuracy != *a.state.Linear || len(want) == n {
			return false
		}
		a.state.Linear, a.state.Tests = &floor, nil
		if err := a.state.save(a.dir); err != nil {
			t.Fatal(err)
		}
		b := w.search("run").report
		for _, x := range b.Pareto {
			got = append(got, x.Arch)
		}
		if !slices.Equal(got, want) || b.Floor.Accuracy != floor || b.Floor.LeftOut != n-len(want)+a.report.Floor.LeftOut {
			t.Errorf("%q are handed over, floor %+v; want %q alone", got, b.Floor, want)
		}
		return true
	})
}

// The linear classifier's accuracy on validation is that of one that is trained
// anew and evaluated in plain loops; pictures of the test split do not matter to it,
// nor does the recipe of the supernet.
func TestLinearClassifierIsRecomputed(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.spelt()
	r := w.open("run")
	got, err := r.linear(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := plainLinear(t, r); math.Abs(got-want) > 1e-9 {
		t.Errorf("accuracy is said to be %v; want %v", got, want)
	}
	if *r.state.Linear != got {
		t.Errorf("the folder keeps %v; want %v", *r.state.Linear, got)
	}
}

// Pictures of more pixels than layers have channels elsewhere have a linear classifier too: it tells
// dark ones from bright ones.
func TestLinearClassifierOfLargePictures(t *testing.T) {
	w := newWorld(t, asPredicted)
	dir := t.TempDir()
	for class, grey := range []uint8{60, 190} {
		for i := range 30 {
			m := image.NewRGBA(image.Rect(0, 0, 4, 4))
			for k := range m.Pix {
				m.Pix[k] = grey + uint8((7*i+11*k)%40)
				if k%4 == 3 {
					m.Pix[k] = 255
				}
			}
			var b bytes.Buffer
			if err := png.Encode(&b, m); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(dir, fmt.Sprint("class", class), fmt.Sprint(i, ".png"))
			if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, b.Bytes(), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.cfg.Data.Dir, w.cfg.Data.Size = dir, 160 // 76,800 numbers each
	r := w.open("large")
	if got, err := r.linear(t.Context()); err != nil || got != 1 {
		t.Errorf("accuracy %v, %v; want 1", got, err)
	}
}

// plainLinear trains softmax regression on pixels, each normalised by itself, and
// returns its accuracy on the validation split.
func plainLinear(t *testing.T, r *Run) float64 {
	t.Helper()
	train := r.splits.Train.Flat()
	f, err := space.NewFixed(space.Plan{{Layer: space.Layer{Op: space.Linear, H: 1, W: 1, InC: 64, OutC: 3}, Weight: "linear", Bias: true, In: []int{space.Image}}})
	if err != nil {
		t.Fatal(err)
	}
	norm, n := plainNorm(train), supernet.New(f, 11)
	o := supernet.TrainOptions{
		Batch: 12, Steps: 40 * (train.Len() / 12), LR: 0.01, Warmup: 0.05, Momentum: 0.9, Nesterov: true, WeightDecay: 1e-3, Clip: 5, Seed: 11,
	}
	tr, err := supernet.NewTrainer(exec(t, string(r.cfg.Kernel)), n, train, norm, supernet.Single{Arch: f.Arch()}, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Run(t.Context(), o.Steps, nil); err != nil {
		t.Fatal(err)
	}
	weight, bias := n.Params()[0], n.Params()[1]
	if weight.InC != 64 {
		weight, bias = bias, weight
	}
	val, correct := r.splits.Val.Flat(), 0.0
	for i := range val.Len() {
		x, logits := plainInput(norm, val, i), make([]float64, 3)
		for o := range logits {
			logits[o] = float64(bias.Data[o])
			for k, v := range x {
				logits[o] += float64(v) * float64(weight.Data[weight.Index(o, k, 0, 0)])
			}
		}
		if slices.Index(logits, slices.Max(logits)) == int(val.Labels[i]) {
			correct++
		}
	}
	return correct / float64(val.Len())
}

// What the linear classifier learns from is bounded by the budget where pictures have many
// pixels and classes, and by passes over the pictures where not.
func TestLinearClassifierKeepsToTheBudget(t *testing.T) {
	r := quiet(t)
	r.cfg.Train.Batch = 64
	for _, c := range []struct {
		budget         time.Duration
		side, classes  int
		pictures, want int
	}{
		{0, 28, 1000, 6400, 3100},                  // 31 passes
		{210 * time.Second, 28, 10, 4096, 40 * 64}, // 40 passes
		{20 * time.Second, 28, 1000, 6400, 99},     // 0.05 x 20 s x 5e9 / (64 x 28 x 28 x 1000)
		{time.Second, 224, 1000, 6400, 1},
	} {
		r.cfg.Budget = c.budget
		set := &data.Set{H: 1, W: 1, C: c.side * c.side, Classes: make([]string, c.classes), Labels: make([]uint16, c.pictures)}
		if got := r.linearOptions(set).Steps; got != c.want {
			t.Errorf("%v, %d pixels a side, %d classes: %d steps; want %d", c.budget, c.side, c.classes, got, c.want)
		}
	}
}

// Where its steps take longer than weights tell, as many are made as its share of the budget has time for.
func TestLinearClassifierIsTimed(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Budget = 100 * time.Second
	r := w.open("run")
	now := time.Unix(0, 0)
	r.now = func() time.Time { // a clock that goes on by as much whenever it is looked at
		now = now.Add(time.Second)
		return now
	}
	if _, err := r.linear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if cfg, err := config.Load(r.dir.Path(rundir.Config)); err != nil || cfg.Finish.Linear != 5 { // 0.05 x 100 s / 1 s
		t.Errorf("%d steps, %v; want 5 of 1 s each", cfg.Finish.Linear, err)
	}
}

// A run from the configuration of one with a budget, which has none itself, trains the linear
// classifier for as many steps.
func TestLinearClassifierIsTheSameAgain(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Budget = time.Millisecond // 0.05 x 1 ms x 5e9 / (16 x 64 x 3) are 81 steps, of 480
	first := w.open("first")
	first.now = func() time.Time { return time.Unix(0, 0) } // nothing takes any time
	a, err := first.linear(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if w.cfg, err = config.Load(first.dir.Path(rundir.Config)); err != nil {
		t.Fatal(err)
	}
	w.cfg.Budget = 0
	again := w.open("again")
	b, err := again.linear(t.Context())
	if err != nil || a != b || w.cfg.Finish.Linear != 81 || again.linearOptions(again.splits.Train.Flat()).Steps != 81 {
		t.Errorf("accuracy %v, and %v from the configuration, with %d steps decided on, %v; want the same of 81 steps", a, b, w.cfg.Finish.Linear, err)
	}
}
