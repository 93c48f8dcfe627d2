package supernet

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/cell"
)

// smallCell returns one network of cells.
func smallCell(t *testing.T) *space.Fixed {
	t.Helper()
	c := cell.Config{Name: "small", Nodes: 2, Ops: []string{"sep3x3", "maxpool3x3", "identity"}, Filters: 4, Stem: 4, Repeats: 1, Stages: 2}
	f, err := cell.New(c, space.Input{H: 9, W: 9, C: 2, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	own, err := space.NewFixed(f.Plan(f.Extremes().Largest))
	if err != nil {
		t.Fatal(err)
	}
	return own
}

// A path is left out for as many pictures as its depth and the step ask for, as a whole,
// and its mean stays.
func TestPathsAreDroppedByDepthAndStep(t *testing.T) {
	const n, channels, pixels = 4000, 3, 4
	e := exec(t, 2)
	ones := make([]float32, n*pixels*channels)
	for i := range ones {
		ones[i] = 1
	}
	for _, c := range []struct {
		step  int
		depth float64
		want  float64
	}{{0, 1, 0}, {50, 1, 0.15}, {99, 1, 0.297}, {99, 0.5, 0.1485}} {
		var d dropPath
		d.begin(&TrainOptions{Steps: 100, DropPath: 0.3, Seed: 7}, c.step, float64(c.step))
		e.Begin(true)
		y := d.apply(e, e.Input(n, 2, 2, channels, ones), c.depth)
		lost := 0
		for i := range n {
			picture := y.Data[i*pixels*channels:][:pixels*channels]
			for _, v := range picture {
				if v != picture[0] || v != 0 && math.Abs(float64(v)-1/(1-c.want)) > 1e-6 {
					t.Fatalf("a path that loses %v of its pictures shows one as %v", c.want, picture)
				}
			}
			if picture[0] == 0 {
				lost++
			}
		}
		if got := float64(lost) / n; math.Abs(got-c.want) > 4*math.Sqrt(0.25/n) {
			t.Errorf("step %d, depth %v: %v of the pictures lose the path; want %v", c.step, c.depth, got, c.want)
		}
		e.Backward()
	}
}

// Every step loses other pictures, and the same ones after an interruption.
func TestStepsLoseOtherPaths(t *testing.T) {
	e := exec(t, 1)
	masks := func(step int) []float32 {
		var d dropPath
		d.begin(&TrainOptions{Steps: 1000, DropPath: 0.5, Seed: 7}, step, float64(step))
		e.Begin(true)
		d.apply(e, e.New(64, 1, 1, 1), 1)
		return d.masks[0]
	}
	zeros := func(m []float32) (z []bool) {
		for _, v := range m {
			z = append(z, v == 0)
		}
		return z
	}
	if a, b := masks(998), masks(998); !slices.Equal(a, b) {
		t.Error("a step that is done again loses other pictures")
	}
	if slices.Equal(zeros(masks(998)), zeros(masks(999))) {
		t.Error("two steps lose the same pictures")
	}
}

// What a picture loses has no gradient; what it keeps has as much more.
func TestDroppedPathsLearnNothing(t *testing.T) {
	e := exec(t, 1)
	var d dropPath
	d.begin(&TrainOptions{Steps: 2, DropPath: 0.8, Seed: 3}, 1, 1)
	e.Begin(true)
	x := e.New(8, 1, 1, 2)
	for i := range x.Data {
		x.Data[i] = float32(i + 1)
	}
	y := d.apply(e, x, 1)
	grad := make([]float32, y.Len())
	for i := range grad {
		grad[i] = 1
	}
	kept := append([]float32(nil), y.Data...)
	y.SetGrad(grad)
	e.Backward()
	dropped := 0
	for i, v := range kept {
		if want := v / float32(i+1); math.Abs(float64(x.Grad[i]-want)) > 1e-6 {
			t.Errorf("gradient %d is %v; want %v", i, x.Grad[i], want)
		}
		if v == 0 {
			dropped++
		}
	}
	if dropped == 0 || dropped == len(kept) {
		t.Errorf("%d of %d numbers are dropped; want some", dropped, len(kept))
	}
}

// Training with drop path resumes to the bit for any number of workers; evaluating knows
// nothing of it.
func TestDropPathResumes(t *testing.T) {
	own, o := smallCell(t), trainOptions
	o.DropPath = 0.5
	begin := func(workers int, o TrainOptions) *Trainer {
		return trainer(t, exec(t, workers), own, Single{own.Arch()}, o)
	}
	whole := begin(1, o)
	run(t, whole, o.Steps)
	first := begin(2, o)
	run(t, first, 3)
	path := filepath.Join(t.TempDir(), "network.msgpack")
	if err := first.Save(path, nil); err != nil {
		t.Fatal(err)
	}
	second := begin(3, o)
	if _, err := second.Load(path); err != nil {
		t.Fatal(err)
	}
	run(t, second, o.Steps)
	if second.net.Hash() != whole.net.Hash() {
		t.Error("weights differ from the uninterrupted run's")
	}
	without := begin(1, trainOptions)
	run(t, without, o.Steps)
	if without.net.Hash() == whole.net.Hash() {
		t.Error("drop path changes nothing")
	}
	s, e := whole.net.Subnet(own.Arch()), exec(t, 1)
	logits := func(p *Pass) []float32 {
		e.Begin(false)
		x := e.New(2, 9, 9, 2)
		for i := range x.Data {
			x.Data[i] = float32(i%7) - 3
		}
		return append([]float32(nil), s.forward(e, p, x, nil, ops.NormBatch).Data...)
	}
	var d dropPath
	d.begin(&o, o.Steps-1, float64(o.Steps-1))
	if a, b := logits(&Pass{}), logits(&Pass{drop: &d}); !equalBits(a, b) {
		t.Error("evaluating loses paths")
	}
}

func equalBits(a, b []float32) bool {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}
