// Package cell is the search space of cells of NASNet (Zoph et al., CVPR 2018) and of
// ENAS's micro search (Pham et al., ICML 2018): a normal and a reduction cell of nodes that
// add two operations on earlier outputs. It may import space only. Read Config in config.go,
// ops.go (the operations) and plan.go; docs/spaces.md has the fields and the text form.
package cell

import (
	"fmt"
	"math"
	"strconv"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Family is networks of stages of normal cells with reduction cells between them:
//
//	stem        conv 3x3 to Stem, norm
//	stage       Repeats normal cells; the reduction cell between stages has twice the
//	            filters and halves the map
//	end         ReLU, mean over the map, linear
//
// A cell reads the outputs of the two cells before it, each brought to the cell's filters
// by ReLU, conv 1x1 and norm. Its nodes add what two operations make of two of these inputs
// or of earlier nodes; operations of a reduction cell have stride 2 where they read an
// input. The output is all nodes that no other one reads, side by side; with Inputs a normal
// cell puts out its first input too.
//
// Nothing is put side by side in the plan: the convolution or classifier that reads the
// output is a sum of one for each node, which is the same function. So weights belong to
// nodes, as in ENAS, and not to places in the output, which change with the architecture.
// Every (cell, node, half, source, operation) has weights of its own.
//
// In the text form a node is left source, left operation, right source and right operation,
// joined by ":"; source 0 is the cell before the last, 1 the last, 2 the first node. The
// nodes of the normal cell come first. Drop path and the auxiliary head of the published
// networks are options of training; see space.Step.
type Family struct {
	config  Config
	input   space.Input
	ops     []op
	space   *space.Space
	weights []space.Weight
	ends    space.Extremes
}

// cellTypes are the two cells that are searched.
var cellTypes = [...]string{"normal", "reduce"}

const (
	normal = iota
	reduce
)

// The decisions of a node, in order.
const (
	leftFrom = iota
	leftOp
	rightFrom
	rightOp
	perNode
)

// New returns the family that c declares for these images. The error lists every fault
// of c and input.
func New(c Config, input space.Input) (*Family, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("space %q: %w", c.Name, err)
	}
	if err := input.Validate(); err != nil {
		return nil, fmt.Errorf("space %q: %w", c.Name, err)
	}
	f := &Family{config: c, input: input}
	for _, name := range c.Ops {
		o, err := findOp(name)
		if err != nil {
			return nil, err
		}
		f.ops = append(f.ops, o)
	}
	s, err := space.NewSpace(f.decisions(), f.definition())
	if err != nil {
		return nil, fmt.Errorf("space %q: %w", c.Name, err)
	}
	f.space = s
	f.weights = f.list()
	f.ends = f.extremes()
	if err := f.Plan(f.ends.Largest).Validate(); err != nil {
		return nil, fmt.Errorf("space %q: %w", c.Name, err)
	}
	return f, nil
}

func (f *Family) definition() space.Definition {
	c := f.config
	c.Name = ""
	return space.Definition(fmt.Sprintf("cell 1: input %+v %+v", f.input, c))
}

// types returns the cells that are searched: a network of one stage has no reduction.
func (f *Family) types() []string {
	if f.config.Stages == 1 {
		return cellTypes[:1]
	}
	return cellTypes[:]
}

func (f *Family) decisions() []space.Decision {
	var ds []space.Decision
	for t, name := range f.types() {
		for n := range f.config.Nodes {
			add := func(kind space.Kind, what string, choices []string, sources []int) {
				ds = append(ds, space.Decision{Name: fmt.Sprintf("%s/node%d/%s", name, n+1, what), Kind: kind, Layer: t*f.config.Nodes + n, Choices: choices, Sources: sources})
			}
			names, sources := make([]string, n+2), make([]int, n+2)
			for i := range names {
				names[i] = strconv.Itoa(i)
				if sources[i] = t*f.config.Nodes + i - 2; i < 2 {
					sources[i] = -1 - i
				}
			}
			add(space.KindSource, "left", names, sources)
			add(space.KindOp, "left/op", f.config.Ops, nil)
			add(space.KindSource, "right", names, sources)
			add(space.KindOp, "right/op", f.config.Ops, nil)
		}
	}
	return ds
}

// half is what one half of a node reads and does.
type half struct{ from, op int }

// halves returns the two halves of a node, from 0, of a type of cell.
func (f *Family) halves(a space.Arch, t, node int) [2]half {
	at := (t*f.config.Nodes + node) * perNode
	return [2]half{{a.Gene(at + leftFrom), a.Gene(at + leftOp)}, {a.Gene(at + rightFrom), a.Gene(at + rightOp)}}
}

// loose returns the sources that a cell puts out: nodes that no other one reads, and
// perhaps the first input.
func (f *Family) loose(a space.Arch, t int) (sources []int) {
	read := make([]bool, f.config.Nodes+2)
	for n := range f.config.Nodes {
		for _, h := range f.halves(a, t, n) {
			read[h.from] = true
		}
	}
	for i := range read {
		if i >= 2 && !read[i] || i == 0 && f.config.Inputs && t == normal {
			sources = append(sources, i)
		}
	}
	return sources
}

// Space returns the decisions: node by node of the normal cell, then of the reduction cell.
func (f *Family) Space() *space.Space { return f.space }

// Weights lists the shared tensors from stem to classifier.
func (f *Family) Weights() []space.Weight { return f.weights }

// Extremes returns the ends of the space.
func (f *Family) Extremes() space.Extremes { return f.ends }

// Config returns the configuration that the family was made from.
func (f *Family) Config() Config { return f.config }

// extremes returns the ends. The smallest network is a row of the cheapest operations that
// reads only the cell before the last, so that every second cell is not there; the largest
// has only loose nodes and the operation with most weights.
func (f *Family) extremes() space.Extremes {
	light, strided := f.cheapest(1, 0), f.cheapest(2, 0)
	working, heavy := f.cheapest(1, 1), f.heaviest()
	build := func(node func(t, n int) [2]half) space.Arch {
		var genes []uint8
		for t := range f.types() {
			for n := range f.config.Nodes {
				for _, h := range node(t, n) {
					genes = append(genes, uint8(h.from), uint8(h.op))
				}
			}
		}
		return space.NewArch(genes)
	}
	row := func(first int) func(t, n int) [2]half {
		return func(t, n int) [2]half {
			switch {
			case n > 0:
				return [2]half{{n + 1, light}, {n + 1, light}}
			case t == reduce:
				return [2]half{{first, strided}, {first, strided}}
			}
			return [2]half{{first, light}, {first, light}}
		}
	}
	narrow := build(func(t, n int) [2]half { return [2]half{{n + 1, working}, row(1)(t, n)[1]} })
	return space.Extremes{
		Smallest: build(row(0)),
		Largest:  build(func(int, int) [2]half { return [2]half{{0, heavy}, {1, heavy}} }),
		Narrow:   narrow,
		Uniform: f.distinct( // with one operation of weights, or one cell, some of them are one
			narrow,
			build(func(_, n int) [2]half { return [2]half{{1, working}, {n % 2, working}} }),
			build(func(_, n int) [2]half { return [2]half{{1, heavy}, {n % 2, heavy}} }),
		),
	}
}

// cheapest returns the operation with the fewest FLOPs for each input pixel, of those
// with at least so many weights.
func (f *Family) cheapest(stride int, weights int64) int {
	best, least := 0, int64(math.MaxInt64)
	for i, o := range f.ops {
		b := space.NewPlanner(8)
		o.build(b, space.Map{Step: space.Image, H: 4, W: 4, C: f.config.Filters}, "x", stride)
		if n := b.Plan.FLOPs(); n < least && b.Plan.Params() >= weights {
			best, least = i, n
		}
	}
	return best
}

// heaviest returns the operation with the most weights.
func (f *Family) heaviest() int {
	best, most := 0, int64(-1)
	for i, o := range f.ops {
		var t space.WeightTable
		o.list(&t, "x", f.config.Filters, 1)
		n := int64(0)
		for _, w := range t.List() {
			n += w.Numbers()
		}
		if n > most {
			best, most = i, n
		}
	}
	return best
}
