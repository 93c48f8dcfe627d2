package supernet

import (
	"context"
	"math"
	"reflect"
	"testing"

	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
	"github.com/espalier-nas/espalier/supernet/space/families"
	"github.com/espalier-nas/espalier/supernet/space/stages"
)

// The first part of a training is on small pictures and the rest on whole ones, whichever its length
// becomes: its losses are those of plain loops on pictures made smaller by plain loops.
func TestTrainingBeginsOnSmallPictures(t *testing.T) {
	config := chain.Config{Name: "oracle", Stem: 2, Layers: 2, Ops: []string{"conv3x3", "identity"}, Widths: []int{2, 3}, Skips: true, Downsample: []int{2}}
	plan := func(side int) space.Plan {
		c, err := chain.New(config, space.Input{H: side, W: side, C: 2, Classes: 3})
		if err != nil {
			t.Fatal(err)
		}
		return c.Plan(c.Extremes().Largest)
	}
	own, err := space.NewFixed(plan(5))
	if err != nil {
		t.Fatal(err)
	}
	o := oracleOptions
	o.Steps, o.Small, o.Smoothing, o.Plain, o.Augment = 10, 0.55, 0, 0, data.Augment{Crop: 1, Flip: true}
	set := oracleSet(14, 1)
	norm := plainNorm(set)
	loader := data.NewLoader(set, norm, o.Augment, o.Batch, o.Seed)
	for _, c := range []struct {
		change Replan
		small  int // steps on small pictures
	}{{Replan{}, 6}, {Replan{3, 17}, 8}, {Replan{3, 6}, 5}, {Replan{8, 20}, 6}} { // of 10 planned those before 5.5
		tr, err := NewTrainer(exec(t, 2), New(own, 3), set, norm, Single{own.Arch()}, o)
		if err != nil {
			t.Fatal(err)
		}
		for step := 0; step < tr.Steps(); step++ {
			if c.change.At > 0 && step == c.change.At {
				if err := tr.Replan(c.change.Steps); err != nil {
					t.Fatal(err)
				}
			}
			if n := tr.SmallUntil(); step > c.change.At && step < c.small && n != c.small {
				t.Errorf("%v: after %d steps the pictures are said to be small in %d; want %d", c.change, step, n, c.small)
			} else if step > c.change.At && step >= c.small && n > step {
				t.Errorf("%v: after %d steps, %d of them on small pictures, they are said to be small until %d", c.change, step, c.small, n)
			}
			var b data.Batch
			loader.Fill(&b, step/loader.Batches(), step%loader.Batches())
			x := newPlainMaps(b.N, b.H, b.W, b.C)
			for i, v := range b.X {
				x.v[i] = float64(v)
			}
			side := 5
			if step < c.small {
				side = 4
				x = plainSmaller(x, side)
			}
			want := plainLoss(newPlainNet(tr.net).forward(plan(side), x, func(_ int, y plainMaps) moments { return momentsOf(y) }), plainLabels(b.Labels, 3, 0), 3)
			var p Progress
			if err := tr.Run(context.Background(), step+1, func(q Progress) error { p = q; return nil }); err != nil {
				t.Fatal(err)
			}
			left := 0.0 // in steps on whole pictures
			for i := step + 1; i < tr.Steps(); i++ {
				if left++; i < c.small {
					left -= 0.4
				}
			}
			if side == 4 {
				left /= 0.6
			}
			if got := tr.Ahead(); math.Abs(got-left) > 1e-9 && step >= c.change.At {
				t.Errorf("%v: after step %d what is left takes as long as %v like it; want %v", c.change, step, got, left)
			}
			if math.Abs(p.Loss-want) > 1e-4*want {
				t.Errorf("%v: loss of step %d is %v; want %v, on pictures of %dx%d", c.change, step, p.Loss, want, side, side)
			}
		}
	}
}

// plainSmaller resizes pictures: each new pixel is what lies at its middle, linearly between the
// middles of the four around it.
func plainSmaller(x plainMaps, side int) plainMaps {
	y := newPlainMaps(x.n, side, side, x.c)
	for n := range y.n {
		for oy := range side {
			for ox := range side {
				sy := (float64(oy)+0.5)*float64(x.h)/float64(side) - 0.5
				sx := (float64(ox)+0.5)*float64(x.w)/float64(side) - 0.5
				for iy := range x.h {
					for ix := range x.w {
						share := max(0, 1-math.Abs(sy-float64(iy))) * max(0, 1-math.Abs(sx-float64(ix)))
						for c := range x.c {
							*y.at(n, oy, ox, c) += share * *x.at(n, iy, ix, c)
						}
					}
				}
			}
		}
	}
	return y
}

// Shared weights, and networks that change the size of their pictures, are trained on whole ones.
func TestWhatIsTrainedOnSmallPictures(t *testing.T) {
	o := trainOptions
	o.Small = 0.5
	family, err := stages.New(stages.Config{
		Name: "sizes", Resolutions: []int{12, 16}, Stem: 4, Activation: "relu",
		Stages: []stages.Stage{{Block: stages.Plain, Widths: []int{4}, Depths: []int{1}, Kernels: []int{3}}},
	}, space.Input{H: 16, W: 16, C: 3, Classes: 4})
	if err != nil {
		t.Fatal(err)
	}
	if o.For(New(family, 1)).Small != 0 {
		t.Error("shared weights are trained on small pictures")
	}
	for text, want := range map[string]float64{"12": 0, "16": 0.5} {
		a, err := family.Space().Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		own, err := space.NewFixed(family.Plan(a))
		if err != nil {
			t.Fatal(err)
		}
		if got := o.For(New(own, 1)).Small; got != want {
			t.Errorf("a network that reads %s pixels of 16 is trained on small pictures for %v of its steps; want %v", text, got, want)
		}
		tr := trainer16(t, own, o)
		if tr.MeanCost() != 1-0.4*want || tr.SmallUntil() != int(want*float64(o.Steps)) {
			t.Errorf("a network that reads %s pixels of 16: a mean step costs %v, pictures are small until step %d", text, tr.MeanCost(), tr.SmallUntil())
		}
	}
}

// Small pictures have a size at which the shapes in a network meet: the sums of NAS-Bench-201's reductions
// do at 16 pixels and not at 17, for a network of 22.
func TestSmallPicturesFitTheNetwork(t *testing.T) {
	for _, c := range []struct {
		name       string
		side, want int
	}{{"nb201", 32, 24}, {"nb201", 22, 16}, {"cell", 22, 17}, {"resnet", 22, 17}, {"chain", 28, 21}, {"ofa", 32, 24}} {
		family, err := families.Open(c.name, space.Input{H: c.side, W: c.side, C: 3, Classes: 4})
		if err != nil {
			t.Fatal(err)
		}
		plan := family.Plan(family.Extremes().Largest)
		own, err := space.NewFixed(plan)
		if err != nil {
			t.Fatal(err)
		}
		h, w, ok := New(own, 1).smallSides()
		if h != c.want || w != c.want || !ok {
			t.Errorf("%s at %d pixels: small pictures of %dx%d (%v); want %d", c.name, c.side, h, w, ok, c.want)
		}
		if same, err := plan.On(c.side, c.side); err != nil || !reflect.DeepEqual(same, plan) {
			t.Errorf("%s at its own size of %d pixels is another plan (%v)", c.name, c.side, err)
		}
	}
	one, err := space.NewFixed(space.Plan{{Layer: space.Layer{Op: space.Identity, H: 1, W: 1, InC: 3, OutC: 3}, In: []int{space.Image}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := New(one, 1).smallSides(); ok {
		t.Error("pictures of one pixel can be made smaller")
	}
}

// Pictures that are no squares keep their proportions.
func TestSmallPicturesKeepTheirProportions(t *testing.T) {
	family, err := families.Open("chain", space.Input{H: 16, W: 32, C: 3, Classes: 2})
	if err != nil {
		t.Fatal(err)
	}
	own, err := space.NewFixed(family.Plan(family.Extremes().Smallest))
	if err != nil {
		t.Fatal(err)
	}
	o := trainOptions
	o.Batch, o.Small = 2, 0.5
	set := &data.Set{H: 16, W: 32, C: 3, Classes: []string{"a", "b"}, Pix: make([]uint8, 2*16*32*3), Labels: []uint16{0, 1}}
	tr, err := NewTrainer(exec(t, 1), New(own, 1), set, data.Normalization{Mean: []float32{0, 0, 0}, Std: []float32{1, 1, 1}}, Single{own.Arch()}, o)
	if err != nil {
		t.Fatal(err)
	}
	b := &data.Batch{N: 1, H: 16, W: 32, C: 3, X: make([]float32, 16*32*3)}
	for _, small := range []bool{true, false} {
		h, w := 16, 32
		if tr.small = small; small {
			h, w = 12, 24
		}
		tr.exec.Begin(true)
		if x := tr.pictures(b); x.H != h || x.W != w {
			t.Errorf("small: %v: pictures of 16x32 are shown as %dx%d; want %dx%d", small, x.H, x.W, h, w)
		}
	}
}

// Networks of every family train on small pictures of sides that halve evenly and of others.
func TestEveryFamilyTrainsOnSmallPictures(t *testing.T) {
	o := trainOptions
	o.Batch, o.Steps, o.Small, o.Augment = 4, 2, 0.5, data.Augment{}
	for _, name := range families.Presets() {
		for i, side := range []int{17, 22, 32} {
			if name == "ofa-224" { // large, and its blocks are those of ofa
				continue
			}
			family, err := families.Open(name, space.Input{H: side, W: side, C: 3, Classes: 2})
			if err != nil {
				t.Fatal(err)
			}
			own, err := space.NewFixed(family.Plan(family.Space().Random(newRand(uint64(i)))))
			if err != nil {
				t.Fatal(err)
			}
			set := &data.Set{H: side, W: side, C: 3, Classes: []string{"a", "b"}, Pix: make([]uint8, 8*side*side*3), Labels: []uint16{0, 1, 0, 1, 0, 1, 0, 1}}
			for i := range set.Pix {
				set.Pix[i] = uint8(i * 7)
			}
			tr, err := NewTrainer(exec(t, 1), New(own, 1), set, data.Measure(set), Single{own.Arch()}, o)
			if err != nil {
				t.Fatal(err)
			}
			if run(t, tr, 2); tr.MeanCost() != 0.8 {
				t.Errorf("%s at %d pixels: a mean step costs %v; want 0.8, half of them on small pictures", name, side, tr.MeanCost())
			}
		}
	}
}

// trainer16 returns a trainer of fresh weights on pictures of 16 x 16 x 3.
func trainer16(t *testing.T, own *space.Fixed, o TrainOptions) *Trainer {
	t.Helper()
	set := &data.Set{H: 16, W: 16, C: 3, Classes: []string{"a", "b", "c", "d"}, Pix: make([]uint8, 20*16*16*3), Labels: make([]uint16, 20)}
	for i := range set.Pix {
		set.Pix[i] = uint8(i * 7)
	}
	tr, err := NewTrainer(exec(t, 1), New(own, 1), set, data.Measure(set), Single{own.Arch()}, o)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// Steps cost what they do: 0.6 on small pictures.
func TestCostOfSteps(t *testing.T) {
	for _, c := range []struct {
		from, to, until int
		want            float64
	}{{0, 10, 0, 10}, {0, 10, 10, 6}, {0, 10, 4, 8.4}, {3, 10, 4, 6.6}, {5, 10, 4, 5}, {2, 6, 20, 2.4}, {4, 4, 9, 0}} {
		if got := CostOf(c.from, c.to, c.until); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("steps from %d to %d, small until %d, cost %v; want %v", c.from, c.to, c.until, got, c.want)
		}
	}
	if got := (TrainOptions{Small: 0.5}).MeanCost(); got != 0.8 {
		t.Errorf("a mean step costs %v; want 0.8", got)
	}
}
