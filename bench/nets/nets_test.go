package nets

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/internal/allocs"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// exec returns an Exec that ends with the test.
func exec(t testing.TB, workers int) *ops.Exec {
	t.Helper()
	e, err := ops.NewExec(ops.Config{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func conv6(t testing.TB, channels, size int) *space.Fixed {
	t.Helper()
	f, err := NewConv6(channels, size)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// conv6View returns fresh weights of conv6 and its only view.
func conv6View(t testing.TB, channels, size int) (*supernet.Net, *View) {
	f := conv6(t, channels, size)
	n := supernet.New(f, 1)
	return n, ViewOf(n, f.Arch())
}

func TestConv6Cost(t *testing.T) {
	for _, c := range []struct {
		channels, size int
		flops, params  int64
	}{{1, 28, 21_100_288, 89_050}, {3, 32, 28_148_992, 89_338}} {
		f := conv6(t, c.channels, c.size)
		p := f.Plan(f.Arch())
		if flops, n := macs(p), supernet.New(f, 1); flops != c.flops || p.Params() != c.params || n.Size() != c.params {
			t.Errorf("%dx%d: %d operations, %d parameters, %d weights; want %d, %d", c.channels, c.size, flops, p.Params(), n.Size(), c.flops, c.params)
		}
	}
	if _, err := NewConv6(1, 3); err == nil {
		t.Error("pictures of 3 pixels were accepted: nothing is left after two maxima")
	}
}

// views returns the views of some architectures of ofa32 and the network that
// they share.
func views(f *OFA32, archs []space.Arch) (*supernet.Net, []*View) {
	n := supernet.New(f, 1)
	var vs []*View
	for _, a := range archs {
		vs = append(vs, ViewOf(n, a))
	}
	return n, vs
}

func logits(e *ops.Exec, v *View, b *data.Batch) []float32 {
	e.Begin(true)
	return slices.Clone(v.Forward(e, e.Input(b.N, b.H, b.W, b.C, b.X)).Data)
}

// A subnet of ofa32 gives the logits of the network cut out of it bit for bit,
// before and after a step of both.
func TestSubnetEqualsExtracted(t *testing.T) {
	f := ofa32(t, 3, 11)
	e := exec(t, 2)
	b := RandomBatch(2, 3, 11, 1)
	for _, a := range append([]space.Arch{f.Extremes().Largest, f.Extremes().Smallest, f.Drawn()}, f.Sandwiches()[0][2:]...) {
		n := supernet.New(f, 1)
		view := ViewOf(n, a)
		own := n.Extract(a, "")
		alone := ViewOf(own, own.Family().(*space.Fixed).Arch())
		NewTraining(e, n.Params()).Step(b, []*View{view})
		NewTraining(e, own.Params()).Step(b, []*View{alone})
		got, want := logits(e, view, b), logits(e, alone, b)
		if !slices.Equal(got, want) || slices.ContainsFunc(got, func(v float32) bool { return math.IsNaN(float64(v)) }) {
			t.Errorf("%s: logits differ from the extracted network's", f.Space().Format(a))
		}
	}
}

// Gradients of the smallest subnet stay zero outside of it, and a step leaves
// the weights there as they were.
func TestStepTouchesOnlyTheView(t *testing.T) {
	f := ofa32(t, 1, 16)
	e := exec(t, 2)
	n, vs := views(f, []space.Arch{f.Extremes().Smallest})
	inside := smallestView(n)
	b := RandomBatch(2, 1, 16, 1)
	e.Begin(true)
	ops.CrossEntropy(e, vs[0].Forward(e, e.Input(b.N, b.H, b.W, b.C, b.X)), b.Labels, 0)
	e.Backward()
	for _, p := range n.Params() {
		onlyInside(t, p.Name+", gradient", p.Grad, make([]float32, len(p.Grad)), inside[p.Name])
		p.ZeroGrad()
	}
	before := map[string][]float32{}
	for _, p := range n.Params() {
		before[p.Name] = slices.Clone(p.Data)
	}
	NewTraining(e, n.Params()).Step(b, vs)
	for _, p := range n.Params() {
		onlyInside(t, p.Name, p.Data, before[p.Name], inside[p.Name])
		if slices.ContainsFunc(p.Grad, func(g float32) bool { return g != 0 }) {
			t.Errorf("%s keeps a gradient after the step", p.Name)
		}
	}
}

// onlyInside demands that got differs from old inside somewhere, if there is an
// inside, and nowhere else.
func onlyInside(t *testing.T, name string, got, old []float32, inside map[int]bool) {
	t.Helper()
	changed := false
	for i, v := range got {
		if v != old[i] {
			changed = true
			if !inside[i] {
				t.Errorf("%s: [%d] lies outside the view and is %v; want %v", name, i, v, old[i])
				return
			}
		}
	}
	if changed != (len(inside) > 0) {
		t.Errorf("%s: changed is %t with %d values in the view", name, changed, len(inside))
	}
}

// smallestView marks the weights of the smallest network, from its definition:
// three times the input channels in the middle, 3x3 filters in the centre of
// 7x7 ones, first blocks only.
func smallestView(n *supernet.Net) map[string]map[int]bool {
	in := map[string]map[int]bool{}
	byName := map[string]*ops.Param{}
	for _, p := range n.Params() {
		byName[p.Name] = p
	}
	box := func(name string, outC, inC, k int) {
		p := byName[name]
		lo := (p.KH - k) / 2
		in[name] = map[int]bool{}
		for o := range outC {
			for i := range inC {
				for y := range k {
					for x := range k {
						in[name][p.Index(o, i, lo+y, lo+x)] = true
					}
				}
			}
		}
	}
	norm := func(conv string, c int) {
		box(conv+"/norm.scale", c, 1, 1)
		box(conv+"/norm.shift", c, 1, 1)
	}
	dense := func(name string, outC, inC, k int) {
		box(name, outC, inC, k)
		norm(name, outC)
	}
	dense("stem", 16, 1, 3)
	inC := 16
	for s, blocks := range []int{1, 2, 2, 2, 2} {
		for b := range blocks {
			name, outC := fmt.Sprintf("stage%d/block%d", s+1, b+1), []int{16, 24, 40, 80, 112}[s]
			dense(name+"/expand", 3*inC, inC, 1)
			box(name+"/depthwise", 3*inC, 1, 3)
			norm(name+"/depthwise", 3*inC)
			dense(name+"/project", outC, 3*inC, 1)
			inC = outC
		}
	}
	dense("head", 480, 112, 1)
	box("classifier", 10, 480, 1)
	box("classifier.bias", 10, 1, 1)
	return in
}

// The step that is timed is the step that trains: weights after two sandwich
// steps have the bits that a Trainer leaves.
func TestStepEqualsTrainer(t *testing.T) {
	const seed, batch, steps = 3, 4, 2
	f := ofa32(t, 1, 12)
	set := pictures(batch, 12)
	norm := data.Measure(set)
	o := supernet.TrainOptions{Batch: batch, Steps: steps, LR: Rate, MinLR: Rate, Momentum: Momentum, Seed: seed}
	n := supernet.New(f, 1)
	tr, err := supernet.NewTrainer(exec(t, 2), n, set, norm, cycle(f.Sandwiches()), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Run(context.Background(), steps, nil); err != nil {
		t.Fatal(err)
	}
	own := supernet.New(f, 1)
	mine := NewTraining(exec(t, 1), own.Params())
	loader := data.NewLoader(set, norm, data.Augment{}, batch, seed)
	var b data.Batch
	for i := range steps {
		loader.Fill(&b, i, 0)
		var vs []*View
		for _, a := range f.Sandwiches()[i] {
			vs = append(vs, ViewOf(own, a))
		}
		mine.Step(&b, vs)
	}
	if own.Hash() != n.Hash() || own.Hash() == supernet.New(f, 1).Hash() {
		t.Errorf("weights %s; the trainer's are %s", own.Hash(), n.Hash())
	}
}

// cycle is the sampler of sandwich steps.
type cycle [][]space.Arch

func (c cycle) Sample(step int, _ *rand.Rand, dst []supernet.Sample) []supernet.Sample {
	for i, a := range c[step%len(c)] {
		dst = append(dst, supernet.Sample{Arch: a, Distill: i > 0})
	}
	return dst
}

// pictures returns n grey pictures of noise.
func pictures(n, size int) *data.Set {
	r := rand.New(rand.NewPCG(1, 1))
	s := &data.Set{H: size, W: size, C: 1}
	for i := range Classes {
		s.Classes = append(s.Classes, string(rune('a'+i)))
	}
	for i := range n {
		for range size * size {
			s.Pix = append(s.Pix, uint8(r.IntN(256)))
		}
		s.Labels = append(s.Labels, uint16(i%Classes))
	}
	return s
}

// Both networks learn a batch by heart.
func TestStepsLearn(t *testing.T) {
	e := exec(t, 2)
	b := RandomBatch(8, 1, 8, 1)
	c, cv := conv6View(t, 1, 8)
	f := ofa32(t, 1, 8)
	n, vs := views(f, f.Sandwiches()[0][1:3])
	for name, s := range map[string]struct {
		params []*ops.Param
		views  []*View
	}{"conv6": {c.Params(), []*View{cv}}, "ofa32": {n.Params(), vs}} {
		tr := NewTraining(e, s.params)
		first := tr.Step(b, s.views)
		var last float64
		for range 30 {
			last = tr.Step(b, s.views)
		}
		if !(last < first/2) {
			t.Errorf("%s: loss %.3f after 31 steps, %.3f before; want less than half", name, last, first)
		}
	}
}

// A step allocates nothing once it has met its views, and neither does
// inference.
func TestNothingIsAllocated(t *testing.T) {
	e := exec(t, 2)
	b := RandomBatch(2, 1, 16, 1)
	c := conv6(t, 1, 16)
	cn, cv := conv6View(t, 1, 16)
	f := ofa32(t, 1, 16)
	n, vs := views(f, f.Sandwiches()[0])
	conv, ofa := NewTraining(e, cn.Params()), NewTraining(e, n.Params())
	serve := func(p space.Plan) func() {
		s, err := Serve(p)
		if err != nil {
			t.Fatal(err)
		}
		return func() {
			e.Begin(false)
			s.Forward(e, e.Input(b.N, b.H, b.W, b.C, b.X))
		}
	}
	for name, run := range map[string]func(){
		"conv6 step":      func() { conv.Step(b, []*View{cv}) },
		"ofa32 step":      func() { ofa.Step(b, vs) },
		"conv6 inference": serve(c.Plan(c.Arch())),
		"ofa32 inference": serve(f.Plan(f.Extremes().Largest)),
	} {
		run()
		run() // the second pass finds the memory that the first one asked for
		if a := allocs.PerRun(5, run); a != 0 {
			t.Errorf("%s: %v allocations; want none", name, a)
		}
	}
}

// The plan gives what its layers give one by one.
func TestConv6Forward(t *testing.T) {
	e := exec(t, 2)
	b := RandomBatch(3, 3, 16, 1)
	n, view := conv6View(t, 3, 16)
	e.Begin(true)
	x := e.Input(b.N, b.H, b.W, b.C, b.X)
	params := n.Params() // weight, scale and shift of each convolution, then the classifier's
	for i := range 6 {
		p := params[3*i:]
		x = ops.Conv(e, x, ops.ConvSpec{W: p[0].All(), S: 1, PadH: p[0].KH / 2, PadW: p[0].KW / 2})
		x = ops.BatchNorm(e, x, ops.NormSpec{Gamma: p[1], Beta: p[2], C: x.C, Eps: 1e-5, Act: ops.ReLU})
		if i == 1 || i == 3 {
			x = ops.MaxPool(e, x, ops.PoolSpec{KH: 2, KW: 2, S: 2})
		}
	}
	want := slices.Clone(ops.Linear(e, ops.GlobalAvgPool(e, x), params[18].All(), params[19]).Data)
	if got := logits(e, view, b); !slices.Equal(got, want) {
		t.Errorf("logits %v; want %v", got[:3], want[:3])
	}
}
