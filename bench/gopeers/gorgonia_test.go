package gopeers

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// gorgoniaSide runs a layer as graphs of one convolution, channels first, on
// gorgonia's tape machine.
func gorgoniaSide(t testing.TB, o *operands) side {
	t.Helper()
	inference, training := newGraph(t, o), newGraph(t, o)
	training.differentiate(t)
	return side{
		forward: inference.machine(t),
		both:    training.machine(t, gorgonia.BindDualValues(training.x, training.w)),
		y:       func() []float32 { return channelsLast(t, inference.y.Value()) },
		dx:      func() []float32 { return channelsLast(t, gradient(t, training.x)) },
		dw:      func() []float32 { return gradient(t, training.w).Data().([]float32) },
	}
}

// graph is a convolution as gorgonia's nodes.
type graph struct {
	*gorgonia.ExprGraph
	x, w, y *gorgonia.Node // N x InC x H x W, OutC x InC x K x K, N x OutC x H x W
}

func newGraph(t testing.TB, o *operands) graph {
	t.Helper()
	g := gorgonia.NewGraph()
	x := tensor.New(tensor.WithShape(o.n, o.inC, o.size, o.size), tensor.WithBacking(channelsFirst(o)))
	w := tensor.New(tensor.WithShape(o.outC, o.inC, o.k, o.k), tensor.WithBacking(append([]float32(nil), o.w...)))
	xn := gorgonia.NewTensor(g, tensor.Float32, 4, gorgonia.WithShape(x.Shape()...), gorgonia.WithName("x"), gorgonia.WithValue(x))
	wn := gorgonia.NewTensor(g, tensor.Float32, 4, gorgonia.WithShape(w.Shape()...), gorgonia.WithName("w"), gorgonia.WithValue(w))
	pad := o.k / 2
	y, err := gorgonia.Conv2d(xn, wn, tensor.Shape{o.k, o.k}, []int{pad, pad}, []int{1, 1}, []int{1, 1})
	if err != nil {
		t.Fatal(err)
	}
	return graph{g, xn, wn, y}
}

// differentiate adds the gradients of the sum of y.
func (g graph) differentiate(t testing.TB) {
	t.Helper()
	sum, err := gorgonia.Sum(g.y)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gorgonia.Grad(sum, g.x, g.w); err != nil {
		t.Fatal(err)
	}
}

// machine returns a function that runs the graph once.
func (g graph) machine(t testing.TB, options ...gorgonia.VMOpt) func() {
	vm := gorgonia.NewTapeMachine(g.ExprGraph, options...)
	t.Cleanup(func() { vm.Close() })
	return func() {
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		vm.Reset()
	}
}

func gradient(t testing.TB, n *gorgonia.Node) gorgonia.Value {
	t.Helper()
	v, err := n.Grad()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// channelsFirst returns the input as N x InC x H x W.
func channelsFirst(o *operands) []float32 {
	rows := o.size * o.size
	x := make([]float32, len(o.x))
	for i, v := range o.x {
		c, p := i%o.inC, i/o.inC
		x[(p/rows*o.inC+c)*rows+p%rows] = v
	}
	return x
}

// channelsLast returns a value of shape N x C x H x W, in whatever order it is
// stored, as N x H x W x C.
func channelsLast(t testing.TB, v gorgonia.Value) []float32 {
	t.Helper()
	d, ok := v.(*tensor.Dense)
	if !ok {
		t.Fatalf("value is a %T; want a dense tensor", v)
	}
	n, c, h, w := d.Shape()[0], d.Shape()[1], d.Shape()[2], d.Shape()[3]
	var out []float32
	for i := range n * h * w {
		for k := range c {
			x, err := d.At(i/(h*w), k, i/w%h, i%w)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, x.(float32))
		}
	}
	return out
}
