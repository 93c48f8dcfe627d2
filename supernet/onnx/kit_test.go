package onnx

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	dense "gorgonia.org/tensor"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
	"github.com/espalier-nas/espalier/supernet/space/families"
	"github.com/espalier-nas/espalier/supernet/space/nb201"
)

// newExec returns an Exec that ends with the test.
func newExec(t testing.TB) *ops.Exec {
	t.Helper()
	e, err := ops.NewExec(ops.Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// network is a network to write, with its name.
type network struct {
	name string
	net  *supernet.Network
}

// networks returns a network with every operation, one that ends in a mean, and random ones
// of each space, each as it is and folded. Those of nb201 at its published depth have random
// statistics: with those of pictures, float32 is up to 6e-5 from float64.
func networks(t testing.TB, random int) []network {
	t.Helper()
	if testing.Short() {
		random = 1
	}
	r := rand.New(rand.NewPCG(7, 1))
	list := []network{{"every op", fill(t, everyOp(), r, true)}, {"mean at the end", fill(t, endsInMean(), r, false)}, {"joined", fill(t, joined(), r, true)}}
	grey, colour := space.Input{H: 28, W: 28, C: 1, Classes: 10}, space.Input{H: 15, W: 17, C: 3, Classes: 100}
	for _, d := range spaces(t) {
		list = append(list, deployed(t, d, grey, (random+1)/2, r)...)
		list = append(list, deployed(t, d, colour, random/2, r)...)
	}
	published := preset(t, "nb201").Declaration
	for i := range random {
		family, err := published.Open([]space.Input{grey, colour}[i%2])
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, network{fmt.Sprintf("%s %d", published.Title(), i), fill(t, family.Plan(family.Space().Random(r)), r, true)})
	}
	list = append(list, deployed(t, signals(), space.Input{H: 1, W: 40, C: 2, Classes: 7}, random, r)...)
	for _, n := range list {
		list = append(list, network{n.name + ", folded", n.net.Fold()})
	}
	return list
}

// deployed returns count random networks of a space, cut out of a supernet as a search does
// it: with the norm statistics of pictures like those that the networks are compared on.
// Every scale, shift, bias and kernel transform of the supernet is moved away from where
// training begins.
func deployed(t testing.TB, d space.Declaration, in space.Input, count int, r *rand.Rand) []network {
	t.Helper()
	family, err := d.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	net := supernet.New(family, r.Uint64())
	for _, p := range net.Params() {
		if p.Layout == ops.VectorLayout {
			for i, v := range normals(r, len(p.Data), 0, 0.2) {
				p.Data[i] += v
			}
		}
		if transform := p.Layout == ops.DenseLayout && p.KH*p.KW == 1 && p.OutC == p.InC && p.G == 1; transform {
			for o := range p.OutC {
				for i, v := range normals(r, p.InC, 0, 0.02) {
					p.Data[p.Index(o, i, 0, 0)] += v
				}
			}
		}
	}
	set := &data.Set{H: in.H, W: in.W, C: in.C, Classes: make([]string, in.Classes)}
	for i := range 32 {
		set.Labels = append(set.Labels, uint16(i%in.Classes))
		for range in.H * in.W * in.C {
			set.Pix = append(set.Pix, uint8(r.IntN(256)))
		}
	}
	norm := data.Normalization{Mean: normals(r, in.C, 0.5, 0.05), Std: normals(r, in.C, 0.3, 0.02)}
	eval, err := supernet.NewEvaluator(newExec(t), net, set, set, norm, supernet.EvalOptions{Calibration: 32, Batch: 16})
	if err != nil {
		t.Fatal(err)
	}
	var list []network
	for i := range count {
		a := family.Space().Random(r)
		l := supernet.Label{Arch: family.Space().Format(a), SpaceID: "0123456789abcdef"}
		if i%2 == 0 {
			l.View = &data.View{Fit: data.FitPad, Background: "#00ff7f"}
		}
		for c := range in.Classes {
			l.Classes = append(l.Classes, fmt.Sprintf("class <%d>", c))
		}
		n, err := eval.Deploy(t.Context(), a, l)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, network{fmt.Sprintf("%s %dx%d %d", d.Title(), in.H, in.W, i), n})
	}
	return list
}

// spaces returns presets, nb201 with one cell a stage, and a space with all that a chain can
// have.
func spaces(t testing.TB) []space.Declaration {
	t.Helper()
	list := []space.Declaration{&chain.Config{
		Name: "all", Stem: 7, Head: 19, Layers: 5,
		Ops:         []string{"conv1x1", "conv3x3", "conv5x5", "conv7x7", "sep3x3", "sep5x5", "sep7x7", "maxpool3x3", "avgpool3x3", "identity"},
		Widths:      []int{9, 16, 21},
		Activations: []string{"relu", "relu6", "hardswish", "hardsigmoid", "sigmoid", "tanh", "silu", "gelu"},
		Skips:       true, Downsample: []int{2, 4}, ElasticKernel: true,
	}}
	for _, name := range families.Presets() {
		if name == "ofa-224" {
			continue // ofa has its blocks, and a picture of 224 pixels takes seconds
		}
		d := preset(t, name).Declaration
		if published, ok := d.(*nb201.Config); ok {
			d = &nb201.Config{Name: "nb201, one cell a stage", Channels: published.Channels, Cells: 1}
		}
		list = append(list, d)
	}
	return list
}

// signals returns a space of 1-D convolutions.
func signals() space.Declaration {
	return &chain.Config{
		Name: "signals", Stem: 7, StemKernel: "1x3", Layers: 4,
		Ops:    []string{"conv1x3", "conv1x7", "conv1x3d2", "sep1x5", "sep1x7", "maxpool1x3", "avgpool1x3", "identity"},
		Widths: []int{9, 16}, Skips: true, Downsample: []int{2, 3}, ElasticKernel: true,
	}
}

// preset returns a ready-made space.
func preset(t testing.TB, name string) families.Space {
	t.Helper()
	d, err := families.Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fill returns a network of a plan with random numbers, norms included, and a
// label if it is to have one.
func fill(t testing.TB, p space.Plan, r *rand.Rand, labelled bool) *supernet.Network {
	t.Helper()
	in, end := p[0].Layer, p[len(p)-1].Layer
	l := supernet.Label{Arch: "a b+0", SpaceID: "0123456789abcdef"}
	if labelled {
		l.Mean, l.Std = normals(r, in.InC, 0.4, 0.1), normals(r, in.InC, 0.3, 0.02)
		for i := range end.OutC {
			l.Classes = append(l.Classes, fmt.Sprintf("class <%d>", i))
		}
	}
	values := make([]supernet.Values, len(p))
	for i, s := range p {
		v, c := &values[i], s.Layer.OutC
		if s.Weight != "" {
			fanIn := s.Layer.InC / max(1, s.Layer.G) * max(1, s.Layer.K.Area())
			v.Weight = normals(r, c*fanIn, 0, math.Sqrt(2/float64(fanIn)))
		}
		if s.Bias {
			v.Bias = normals(r, c, 0, 0.3)
		}
		if s.Norm != "" {
			v.Scale, v.Shift, v.Mean = normals(r, c, 1, 0.2), normals(r, c, 0, 0.3), normals(r, c, 0, 0.3)
			for range c {
				v.Var = append(v.Var, 0.5+r.Float32())
			}
		}
	}
	n, err := supernet.Assemble(p, l, values)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func normals(r *rand.Rand, n int, mean, deviation float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(mean + deviation*r.NormFloat64())
	}
	return v
}

// everyOp returns a plan with every operation, activation and rank of its
// values: odd sizes, strides, even kernels, groups, norms of sums and of linear
// layers, sums of one to four inputs, a linear layer in the middle.
func everyOp() space.Plan {
	conv := func(h, w, in, out, k, s, g int, a space.Act) space.Layer {
		return space.Layer{Op: space.Conv, H: h, W: w, InC: in, OutC: out, K: space.Square(k), S: s, G: g, Act: a}
	}
	pool := func(op space.Op, h, w, c, k, s int, a space.Act) space.Layer {
		return space.Layer{Op: op, H: h, W: w, InC: c, OutC: c, K: space.Square(k), S: s, Act: a}
	}
	sum := func(h, w, c, n int, a space.Act) space.Layer {
		return space.Layer{Op: space.Add, H: h, W: w, InC: c, OutC: c, FanIn: n, Act: a}
	}
	linear := func(in, out int, a space.Act) space.Layer {
		return space.Layer{Op: space.Linear, H: 1, W: 1, InC: in, OutC: out, Act: a}
	}
	return space.Plan{
		{Layer: conv(9, 7, 3, 10, 3, 1, 1, space.ReLU), Weight: "stem", Norm: "stem/norm", In: []int{space.Image}},
		{Layer: conv(9, 7, 10, 10, 5, 1, 10, space.ReLU6), Weight: "dw", Norm: "dw/norm", In: []int{0}},
		{Layer: conv(9, 7, 10, 14, 3, 1, 2, space.HardSwish), Weight: "grouped", Norm: "grouped/norm", In: []int{1}},
		{Layer: pool(space.MaxPool, 9, 7, 14, 3, 2, space.NoAct), In: []int{2}},
		{Layer: pool(space.AvgPool, 5, 4, 14, 3, 1, space.Sigmoid), In: []int{3}},
		{Layer: conv(5, 4, 14, 14, 1, 1, 1, space.NoAct), Weight: "from3", Bias: true, In: []int{3}},
		{Layer: sum(5, 4, 14, 4, space.SiLU), Norm: "sum/norm", In: []int{5, 4, 3, 3}},
		{Layer: conv(5, 4, 14, 6, 2, 2, 1, space.GELU), Weight: "even", Bias: true, In: []int{6}},
		{Layer: sum(2, 2, 6, 1, space.Tanh), In: []int{7}},
		{Layer: sum(2, 2, 6, 2, space.HardSigmoid), In: []int{7, 8}},
		{Layer: conv(2, 2, 6, 5, 7, 3, 1, space.GELU), Weight: "wide", Norm: "wide/norm", In: []int{9}},
		{Layer: space.Layer{Op: space.GlobalPool, H: 5, W: 4, InC: 14, OutC: 14}, In: []int{6}},
		{Layer: linear(14, 5, space.ReLU6), Weight: "middle", Bias: true, Norm: "middle/norm", In: []int{11}},
		{Layer: pool(space.AvgPool, 9, 7, 3, 8, 5, space.NoAct), In: []int{space.Image}},
		{Layer: conv(2, 2, 3, 5, 3, 2, 1, space.SiLU), Weight: "picture", Bias: true, In: []int{13}},
		{Layer: sum(1, 1, 5, 3, space.NoAct), In: []int{10, 12, 14}},
		{Layer: space.Layer{Op: space.Conv, H: 9, W: 7, InC: 10, OutC: 10, K: space.Square(3), S: 2, G: 10, Dil: 2}, Weight: "dilated", Norm: "dilated/norm", In: []int{0}},
		{Layer: space.Layer{Op: space.Conv, H: 5, W: 4, InC: 10, OutC: 5, K: space.Square(5), S: 7, G: 1, Dil: 3, Act: space.ReLU}, Weight: "far", Bias: true, In: []int{16}},
		{Layer: space.Layer{Op: space.Conv, H: 9, W: 7, InC: 10, OutC: 10, K: space.Sides{H: 1, W: 5}, S: 2, G: 10}, Weight: "row", Norm: "row/norm", In: []int{0}},
		{Layer: space.Layer{Op: space.MaxPool, H: 5, W: 4, InC: 10, OutC: 10, K: space.Sides{H: 3, W: 1}, S: 1}, In: []int{18}},
		{Layer: space.Layer{Op: space.Conv, H: 5, W: 4, InC: 10, OutC: 5, K: space.Sides{H: 3, W: 1}, S: 7, G: 1, Dil: 2, Act: space.ReLU}, Weight: "column", Bias: true, In: []int{19}},
		{Layer: sum(1, 1, 5, 3, space.NoAct), In: []int{15, 17, 20}},
		{Layer: linear(5, 4, space.NoAct), Weight: "classifier", Bias: true, In: []int{21}},
	}
}

// joined returns a plan with the ops by which branches of cells and gates meet: the picture
// in another size, squeeze and excitation with a gate that could be taken for a part of an
// activation, a norm of its own, zeros.
func joined() space.Plan {
	b := space.NewPlanner(16)
	x := b.Resize(space.Picture(space.Input{H: 9, W: 7, C: 3, Classes: 4}), 6, 8)
	x = b.Conv(x, space.ConvSpec{Weight: "stem", Norm: "stem/norm", K: space.Square(3), S: 1, OutC: 6, Act: space.SiLU})
	y := b.Excite(x, "se", 3, space.ReLU, space.Sigmoid)
	z := b.Unary(y, space.Identity, "own/norm", space.HardSwish)
	none := b.Unary(z, space.Zero, "", space.NoAct)
	x = b.Add("", space.NoAct, x, none, b.Excite(z, "se2", 2, space.SiLU, space.HardSigmoid))
	x = b.Conv(x, space.ConvSpec{Weight: "last", Norm: "last/norm", K: space.Square(1), S: 2, OutC: 5, Act: space.ReLU})
	b.Classify(b.Add("sum/norm", space.ReLU, x, b.Unary(x, space.Identity, "", space.NoAct)), 4)
	return b.Plan
}

// endsInMean returns a plan that ends in no linear layer, nor begins with a
// convolution.
func endsInMean() space.Plan {
	return space.Plan{
		{Layer: space.Layer{Op: space.MaxPool, H: 6, W: 5, InC: 2, OutC: 2, K: space.Square(2), S: 2}, In: []int{space.Image}},
		{Layer: space.Layer{Op: space.Conv, H: 3, W: 2, InC: 2, OutC: 5, K: space.Square(3), S: 1, G: 1}, Weight: "conv", Norm: "norm", In: []int{0}},
		{Layer: space.Layer{Op: space.GlobalPool, H: 3, W: 2, InC: 5, OutC: 5, Act: space.Tanh}, In: []int{1}},
	}
}

// encoded returns the network as Write writes it.
func encoded(t testing.TB, n *supernet.Network) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, n); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pictures returns count random pictures for n in 0..1 as models take them: N, C,
// H, W.
func pictures(n *supernet.Network, count int, r *rand.Rand) []float32 {
	h, w, c := n.Input()
	x := make([]float32, count*h*w*c)
	for i := range x {
		x[i] = r.Float32()
	}
	return x
}

// predict returns n's logits for pictures.
func predict(t testing.TB, e *ops.Exec, n *supernet.Network, x []float32) []float32 {
	t.Helper()
	h, w, c := n.Input()
	count, norm := len(x)/(h*w*c), n.Normalization()
	own := make([]float32, len(x))
	for i := range x {
		pixel, ch := i%(h*w), i/(h*w)%c
		v := float64(x[i])
		if norm.Std != nil {
			v = (v - float64(norm.Mean[ch])) / float64(norm.Std[ch])
		}
		own[(i/(h*w*c)*h*w+pixel)*c+ch] = float32(v)
	}
	y, err := n.Predict(e, dense.New(dense.WithShape(count, h, w, c), dense.WithBacking(own)))
	if err != nil {
		t.Fatal(err)
	}
	return y.Data().([]float32)
}

// difference returns the largest difference of two lists relative to the
// largest number of want.
func difference(have, want []float32) float64 {
	if len(have) != len(want) {
		return math.Inf(1)
	}
	var most, scale float64
	for i := range want {
		d := math.Abs(float64(have[i]) - float64(want[i]))
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		most, scale = max(most, d), max(scale, math.Abs(float64(want[i])))
	}
	return most / scale
}
