package onnx

import (
	"fmt"
	"io"
	"math"
)

// Interpret reads any model that Write may write and returns what its nodes compute for n
// pictures, n x classes. Each node is a plain loop over the operator's definition in
// float64, apart from everything else in this program: it is slow, and what other
// computations are checked against. The pictures are what the model's input wants: batch,
// channels, height, width.
func Interpret(r io.Reader, pictures []float32, n int) ([]float32, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("onnx: interpret: %w", err)
	}
	m, err := decode(b)
	if err != nil {
		return nil, fmt.Errorf("onnx: interpret: %w", err)
	}
	if len(m.graph.in) != 1 || len(m.graph.in[0].dims) != 4 || len(m.graph.out) != 1 {
		return nil, fmt.Errorf("onnx: interpret: the graph has inputs %v and outputs %v; want one of each, the input with four dimensions", m.graph.in, m.graph.out)
	}
	d := m.graph.in[0].dims
	x := array{[]int{n, int(d[1].size), int(d[2].size), int(d[3].size)}, wide(pictures)}
	if count(x.dims) != len(pictures) {
		return nil, fmt.Errorf("onnx: interpret: %d numbers; want %d for %d pictures", len(pictures), count(x.dims), n)
	}
	y, err := interpret(&m.graph, x)
	if err != nil {
		return nil, fmt.Errorf("onnx: interpret: %w", err)
	}
	return narrow(y.v), nil
}

// array holds numbers in row-major order.
type array struct {
	dims []int
	v    []float64
}

func (a array) like() array { return array{a.dims, make([]float64, len(a.v))} }

// each returns f of every element.
func (a array) each(f func(float64) float64) array {
	y := a.like()
	for i, v := range a.v {
		y.v[i] = f(v)
	}
	return y
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// interpret returns the graph's output.
func interpret(g *graph, x array) (array, error) {
	known := map[string]array{g.in[0].name: x}
	for _, t := range g.tensors {
		a := array{v: wide(t.floats)}
		for _, d := range t.dims {
			a.dims = append(a.dims, int(d))
		}
		for _, v := range t.ints {
			a.v = append(a.v, float64(v))
		}
		known[t.name] = a
	}
	for i := range g.nodes {
		n := &g.nodes[i]
		var in []array
		for _, name := range n.in {
			a, ok := known[name]
			if !ok {
				return array{}, fmt.Errorf("node %s reads %q before it is there", n.name, name)
			}
			in = append(in, a)
		}
		y, err := apply(n, in)
		if err != nil {
			return array{}, err
		}
		known[n.out] = y
	}
	return known[g.out[0].name], nil
}

// apply computes one node as the operator set defines it.
func apply(n *node, in []array) (array, error) {
	x := in[0]
	switch n.op {
	case "Conv":
		return convolve(n, in), nil
	case "MaxPool":
		return pool(n, x, math.Inf(-1), math.Max, func(v float64, _ int) float64 { return v }), nil
	case "AveragePool":
		return pool(n, x, 0, func(a, b float64) float64 { return a + b }, func(v float64, taps int) float64 { return v / float64(taps) }), nil
	case "GlobalAveragePool":
		return mean(x), nil
	case "BatchNormalization":
		y, eps := x.like(), float64(n.attr("epsilon").f)
		for i := range x.v {
			c := i / (len(x.v) / x.dims[0] / x.dims[1]) % x.dims[1]
			y.v[i] = (x.v[i]-in[3].v[c])/math.Sqrt(in[4].v[c]+eps)*in[1].v[c] + in[2].v[c]
		}
		return y, nil
	case "Add", "Sub", "Mul", "Div":
		return elementwise(n.op, x, in[1]), nil
	case "Sum":
		for _, a := range in[1:] {
			x = elementwise("Add", x, a)
		}
		return x, nil
	case "Identity":
		return x, nil
	case "MatMul":
		return matmul(x, in[1]), nil
	case "Flatten":
		return array{[]int{x.dims[0], len(x.v) / x.dims[0]}, x.v}, nil
	case "Unsqueeze":
		return array{append(append([]int(nil), x.dims...), 1, 1), x.v}, nil
	case "Gemm":
		return gemm(x, in[1], in[2]), nil
	}
	return activate(n, in)
}

func activate(n *node, in []array) (array, error) {
	x := in[0]
	clip := func(v, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, v)) }
	switch n.op {
	case "Relu":
		return x.each(func(v float64) float64 { return math.Max(v, 0) }), nil
	case "Clip":
		return x.each(func(v float64) float64 { return clip(v, in[1].v[0], in[2].v[0]) }), nil
	case "HardSwish":
		return x.each(func(v float64) float64 { return v * clip(v/6+0.5, 0, 1) }), nil
	case "HardSigmoid":
		a, b := float64(n.attr("alpha").f), float64(n.attr("beta").f)
		return x.each(func(v float64) float64 { return clip(a*v+b, 0, 1) }), nil
	case "Sigmoid":
		return x.each(func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }), nil
	case "Tanh":
		return x.each(math.Tanh), nil
	case "Erf":
		return x.each(math.Erf), nil
	}
	return array{}, fmt.Errorf("node %s: operation %s is not among those of the documentation", n.name, n.op)
}

// elementwise combines a with b, which has one number, one per channel of a, or as
// many as a.
func elementwise(op string, a, b array) array {
	y := a.like()
	for i, v := range a.v {
		w := b.v[i%len(b.v)]
		switch pixels := len(a.v) / a.dims[0] / a.dims[1]; {
		case len(b.v) == a.dims[0]*a.dims[1] && len(b.dims) == 4: // a map of one pixel for each image
			w = b.v[i/pixels]
		case len(b.v) < len(a.v) && len(b.v) > 1:
			w = b.v[i/pixels%a.dims[1]]
		}
		switch op {
		case "Add":
			y.v[i] = v + w
		case "Sub":
			y.v[i] = v - w
		case "Mul":
			y.v[i] = v * w
		default:
			y.v[i] = v / w
		}
	}
	return y
}

// matmul multiplies the last two dimensions; one of the two has no others.
func matmul(a, b array) array {
	rows, inner, cols := a.dims[len(a.dims)-2], a.dims[len(a.dims)-1], b.dims[len(b.dims)-1]
	long := a
	if len(b.dims) > len(a.dims) {
		long = b
	}
	y := array{dims: append(append([]int(nil), long.dims[:len(long.dims)-2]...), rows, cols)}
	for m := range count(long.dims[:len(long.dims)-2]) {
		at := func(x array, size, i int) float64 {
			if len(x.dims) == 2 {
				return x.v[i]
			}
			return x.v[m*size+i]
		}
		for r := range rows {
			for c := range cols {
				sum := 0.0
				for k := range inner {
					sum += at(a, rows*inner, r*inner+k) * at(b, inner*cols, k*cols+c)
				}
				y.v = append(y.v, sum)
			}
		}
	}
	return y
}

func count(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

func gemm(x, w, bias array) array {
	y := array{dims: []int{x.dims[0], w.dims[0]}}
	for n := range x.dims[0] {
		for o := range w.dims[0] {
			sum := bias.v[o]
			for i := range w.dims[1] {
				sum += x.v[n*w.dims[1]+i] * w.v[o*w.dims[1]+i]
			}
			y.v = append(y.v, sum)
		}
	}
	return y
}

func mean(x array) array {
	y, pixels := array{dims: []int{x.dims[0], x.dims[1], 1, 1}}, x.dims[2]*x.dims[3]
	for i := range x.dims[0] * x.dims[1] {
		sum := 0.0
		for _, v := range x.v[i*pixels:][:pixels] {
			sum += v
		}
		y.v = append(y.v, sum/float64(pixels))
	}
	return y
}

// windows calls f for every output pixel of a node with the taps of its window
// that lie inside the map: their place in the kernel and in the map.
func windows(n *node, x array, f func(taps [][2]int)) (h, w int) {
	k, s, p := n.attr("kernel_shape").ints, n.attr("strides").ints, n.attr("pads").ints
	d := []int64{1, 1}
	if a := n.attr("dilations"); a != nil {
		d = a.ints
	}
	out := func(size int, axis int) int {
		return (size+int(p[axis]+p[axis+2]-d[axis]*(k[axis]-1))-1)/int(s[axis]) + 1
	}
	h, w = out(x.dims[2], 0), out(x.dims[3], 1)
	for oy := range h {
		for ox := range w {
			var taps [][2]int
			for ky := range int(k[0]) {
				for kx := range int(k[1]) {
					y, z := oy*int(s[0])-int(p[0])+ky*int(d[0]), ox*int(s[1])-int(p[1])+kx*int(d[1])
					if y >= 0 && y < x.dims[2] && z >= 0 && z < x.dims[3] {
						taps = append(taps, [2]int{ky*int(k[1]) + kx, y*x.dims[3] + z})
					}
				}
			}
			f(taps)
		}
	}
	return h, w
}

func pool(n *node, x array, start float64, add func(a, b float64) float64, end func(v float64, taps int) float64) array {
	y, size := array{}, x.dims[2]*x.dims[3]
	var h, w int
	for m := range x.dims[0] * x.dims[1] {
		h, w = windows(n, x, func(taps [][2]int) {
			v := start
			for _, t := range taps {
				v = add(v, x.v[m*size+t[1]])
			}
			y.v = append(y.v, end(v, len(taps)))
		})
	}
	y.dims = []int{x.dims[0], x.dims[1], h, w}
	return y
}

func convolve(n *node, in []array) array {
	x, w := in[0], in[1]
	y, groups, size := array{}, int(n.attr("group").ints[0]), x.dims[2]*x.dims[3]
	depth, taps := w.dims[1], w.dims[2]*w.dims[3]
	var height, width int
	for img := range x.dims[0] {
		for o := range w.dims[0] {
			first := img*x.dims[1] + o/(w.dims[0]/groups)*depth
			height, width = windows(n, x, func(window [][2]int) {
				sum := 0.0
				if len(in) > 2 {
					sum = in[2].v[o]
				}
				for i := range depth {
					for _, t := range window {
						sum += w.v[(o*depth+i)*taps+t[0]] * x.v[(first+i)*size+t[1]]
					}
				}
				y.v = append(y.v, sum)
			})
		}
	}
	y.dims = []int{x.dims[0], w.dims[0], height, width}
	return y
}
