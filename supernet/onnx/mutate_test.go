package onnx

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMutatedModels changes models at random, a few things at once. Read must
// refuse the result, or return a network that runs and that is written as the
// model that was read.
func TestMutatedModels(t *testing.T) {
	e, r := newExec(t), rand.New(rand.NewPCG(6, 2))
	var sources [][]byte
	for _, labelled := range []bool{false, true} {
		sources = append(sources, encoded(t, fill(t, everyOp(), r, labelled)), encoded(t, fill(t, endsInMean(), r, labelled)))
	}
	taken, refused := 0, 0
	for range 2000 {
		m, err := decode(sources[r.IntN(len(sources))])
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + r.IntN(3) {
			mutate(m, r)
		}
		var b bytes.Buffer
		if err := m.writeTo(&b); err != nil {
			t.Fatal(err)
		}
		n, err := Read(bytes.NewReader(b.Bytes()))
		if err != nil {
			refused++
			continue
		}
		taken++
		if !bytes.Equal(encoded(t, n), b.Bytes()) {
			t.Fatal("a model was read as the network of another model")
		}
		if p := n.Plan(); p.PeakActivations() < 1<<20 && p.FLOPs() < 1<<22 {
			predict(t, e, n, pictures(n, 1, r))
		}
	}
	if taken < 50 || refused < 500 {
		t.Errorf("%d models taken, %d refused; want many of both", taken, refused)
	}
}

// mutate changes one thing of a model; sometimes it finds nothing to change.
func mutate(m *model, r *rand.Rand) {
	g := &m.graph
	switch r.IntN(5) {
	case 0:
		mutateNodes(g, r)
	case 1:
		mutateInputs(g, r)
	case 2:
		if n := pick(g.nodes, r); n != nil {
			mutateAttr(n, r)
		}
	case 3:
		mutateTensor(g, r)
	default:
		g.in[0].dims[r.IntN(4)].size = oddNumber(r)
	}
}

func mutateNodes(g *graph, r *rand.Rand) {
	i, j := r.IntN(len(g.nodes)), r.IntN(len(g.nodes))
	switch r.IntN(4) {
	case 0:
		g.nodes[i], g.nodes[j] = g.nodes[j], g.nodes[i]
	case 1:
		if len(g.nodes) > 1 {
			g.nodes = slices.Delete(g.nodes, i, i+1)
		}
	case 2:
		g.nodes = slices.Insert(g.nodes, i, g.nodes[j])
	default:
		g.nodes[i].op = g.nodes[j].op
	}
}

// mutateInputs gives a node another input, one more or one less.
func mutateInputs(g *graph, r *rand.Rand) {
	n, other := pick(g.nodes, r), pick(g.nodes, r)
	name := other.out
	if t := pick(g.tensors, r); t != nil && r.IntN(2) == 0 {
		name = t.name
	}
	switch in := pick(n.in, r); {
	case in == nil || r.IntN(3) == 0:
		n.in = append(n.in, name)
	case r.IntN(2) == 0:
		*in = name
	default:
		n.in = n.in[:len(n.in)-1]
	}
}

func mutateAttr(n *node, r *rand.Rand) {
	a := pick(n.attrs, r)
	switch {
	case a == nil || r.IntN(6) == 0:
		n.attrs = append(n.attrs, integers("strides", 1, 1))
	case len(a.ints) == 0:
		a.f = r.Float32()
	case r.IntN(4) == 0:
		for i := range a.ints {
			a.ints[i] = 1 + r.Int64N(3)
		}
	default:
		*pick(a.ints, r) = oddNumber(r)
	}
}

func mutateTensor(g *graph, r *rand.Rand) {
	t := pick(g.tensors, r)
	switch v := pick(t.floats, r); {
	case r.IntN(4) == 0:
		t.name = pick(g.tensors, r).name
	case r.IntN(4) == 0 && len(t.dims) > 1:
		slices.Reverse(t.dims)
	case v != nil:
		*v = float32(r.NormFloat64())
	}
}

// pick returns a random element, or nil.
func pick[T any](list []T, r *rand.Rand) *T {
	if len(list) == 0 {
		return nil
	}
	return &list[r.IntN(len(list))]
}

// oddNumber returns a size at or beyond some limit.
func oddNumber(r *rand.Rand) int64 {
	return *pick([]int64{-1 << 63, -1, 0, 1, 2, 3, 5, 16, 17, 255, 256, 1 << 16, 1<<16 + 1, 1 << 32, 1<<63 - 1}, r)
}
