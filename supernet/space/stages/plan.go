package stages

import (
	"math"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Plan returns the network of a. It panics if a is of another space.
func (f *Family) Plan(a space.Arch) space.Plan {
	if a.Len() != len(f.space.Decisions()) {
		panic("stages: architecture of another space")
	}
	b := space.NewPlanner(128)
	x := space.Picture(f.input)
	if h, w := f.size(a); h != x.H || w != x.W {
		x = b.Resize(x, h, w)
	}
	x = b.Conv(x, space.ConvSpec{Weight: "stem", Norm: "stem/norm", K: space.Square(3), S: max(1, f.config.StemStride), OutC: f.config.Stem, Act: f.act})
	for i := range f.stages {
		s := &f.stages[i]
		width := s.Widths[gene(a, s.width)]
		for k, bl := range s.blocks[:s.Depths[gene(a, s.depth)]] {
			c := choice{name: bl.name, smaller: s.smaller(a, bl, f.config.Transforms), zero: f.config.ZeroGamma, kernel: s.Kernels[gene(a, bl.kernel)], width: width, stride: 1, act: s.act}
			c.excite = s.Excite == exciteYes || gene(a, bl.excite) == 1
			if k == 0 {
				c.stride = s.stride
			}
			if s.Block != Plain {
				c.expansion = s.Expansions[gene(a, bl.expand)]
				c.expands = s.expands()
			}
			x = kinds[s.Block].build(b, x, c)
		}
	}
	if f.config.Head > 0 {
		x = b.Conv(x, space.ConvSpec{Weight: "head", Norm: "head/norm", K: space.Square(1), S: 1, OutC: f.config.Head, Act: f.act})
	}
	f.classify(b, x)
	return b.Plan
}

// steps returns the kernels on the way down from one size to another, two taps a side less
// each, without the first.
func steps(from, to int) (sizes []int) {
	for k := from - 2; k >= to; k -= 2 {
		sizes = append(sizes, k)
	}
	return sizes
}

// smaller returns the sizes by way of which the largest filter becomes the chosen one; nil
// where it is cut out.
func (s *stage) smaller(a space.Arch, bl block, transforms bool) []int {
	if !transforms || s.Block != MBConv {
		return nil
	}
	return steps(last(s.Kernels), s.Kernels[gene(a, bl.kernel)])
}

// gene returns the chosen option of a decision, 0 if there is none.
func gene(a space.Arch, decision int) int {
	if decision < 0 {
		return 0
	}
	return a.Gene(decision)
}

// size returns the height and width that pictures get.
func (f *Family) size(a space.Arch) (h, w int) {
	if len(f.config.Resolutions) == 0 {
		return f.input.H, f.input.W
	}
	share := float64(f.config.Resolutions[gene(a, f.resized)]) / float64(max(f.input.H, f.input.W))
	scale := func(n int) int { return max(1, int(math.Round(share*float64(n)))) }
	return scale(f.input.H), scale(f.input.W)
}

// classify appends the mean over the map, the mix and the classifier.
func (f *Family) classify(b *space.Planner, x space.Map) {
	if f.config.Mix == 0 {
		b.Classify(x, f.input.Classes)
		return
	}
	x = b.Unary(x, space.GlobalPool, "", space.NoAct)
	l := space.Layer{Op: space.Conv, H: 1, W: 1, InC: x.C, OutC: f.config.Mix, K: space.Square(1), S: 1, G: 1, Act: f.act}
	x = b.Step(space.Step{Layer: l, Weight: "mix", Bias: true, In: b.From(x)})
	l = space.Layer{Op: space.Linear, H: 1, W: 1, InC: x.C, OutC: f.input.Classes}
	b.Step(space.Step{Layer: l, Weight: "classifier", Bias: true, In: b.From(x)})
}

// list returns the shared tensors, each at the largest size that a network reads.
func (f *Family) list() []space.Weight {
	var t space.WeightTable
	t.Dense("stem", "stem/norm", f.config.Stem, f.input.C, space.Square(3))
	from := []int{f.config.Stem} // widths that a block may read
	for i := range f.stages {
		s := &f.stages[i]
		for k, bl := range s.blocks {
			w := widest{transforms: f.config.Transforms, zero: f.config.ZeroGamma, name: bl.name, stage: s, in: last(from), out: last(s.Widths), excite: s.Excite == exciteYes || s.Excite == exciteSearch}
			if k == 0 {
				w.shortIn, w.shortOut = projected(from, s.Widths, s.stride)
			}
			kinds[s.Block].list(&t, w)
			from = s.Widths
		}
	}
	c := last(from)
	if f.config.Head > 0 {
		t.Dense("head", "head/norm", f.config.Head, c, space.Square(1))
		c = f.config.Head
	}
	if f.config.Mix > 0 {
		biased(&t, "mix", f.config.Mix, c)
		c = f.config.Mix
	}
	biased(&t, "classifier", f.input.Classes, c)
	return t.List()
}

// projected returns the most channels into and out of the projection of a block's input;
// 0 if no network has one.
func projected(from, to []int, stride int) (in, out int) {
	for _, i := range from {
		for _, o := range to {
			if stride > 1 || i != o {
				in, out = max(in, i), max(out, o)
			}
		}
	}
	return in, out
}

// biased adds the weight of a 1x1 convolution or linear layer and its bias.
func biased(t *space.WeightTable, name string, outC, inC int) {
	t.Add(space.Weight{Name: name, Role: space.Dense, OutC: outC, InC: inC, K: space.Square(1), G: 1})
	t.Add(space.Weight{Name: name + ".bias", Role: space.Bias, OutC: outC})
}
