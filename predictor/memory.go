package predictor

import (
	"slices"
	"sync"

	"github.com/espalier-nas/espalier/supernet/space"
)

// memory keeps what is read from plans, each architecture's once.
type memory struct {
	graphs, flops, params sync.Map // by space.Arch
}

// Remembering returns inputs that read each architecture's plan once and keep what models
// look at, for tables whose networks are predicted again and again. It takes some kilobytes
// an architecture. Predictions do not change.
func (in Inputs) Remembering() Inputs {
	m := new(memory)
	in.memory = m
	in.FLOPs, in.Params = remember(&m.flops, in.FLOPs), remember(&m.params, in.Params)
	return in
}

func remember(known *sync.Map, of func(space.Arch) float64) func(space.Arch) float64 {
	if of == nil {
		return nil
	}
	return func(a space.Arch) float64 {
		v, ok := known.Load(a)
		if !ok {
			v, _ = known.LoadOrStore(a, of(a))
		}
		return v.(float64)
	}
}

// Structure returns numbers of what a network computes, as many for each: those of its
// signals, of the lengths of paths, and the logarithms of FLOPs and parameters. Plan must be
// given.
func (in Inputs) Structure(a space.Arch) []float64 {
	g := in.graph(a)
	return slices.Concat(g.signals, g.numbers)
}

// graph returns the graph of an architecture's plan.
func (in Inputs) graph(a space.Arch) graph {
	if in.memory == nil {
		return newGraph(in.Plan(a))
	}
	g, ok := in.memory.graphs.Load(a)
	if !ok {
		g, _ = in.memory.graphs.LoadOrStore(a, newGraph(in.Plan(a)))
	}
	return g.(graph)
}
