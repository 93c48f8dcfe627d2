// Package nb201 is the search space of NAS-Bench-201 (Dong and Yang, ICLR 2020): all
// networks made of one cell of four nodes, which its public tables know, with the benchmark's
// own text form. It may import space only. Read cell.go (decisions and canonical form) and
// plan.go.
package nb201

import (
	"fmt"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Family is the networks of NAS-Bench-201. A cell has four nodes, the first of which is
// its input and the last its output; each node is the sum over the earlier nodes of what
// the operation of the edge between them makes:
//
//	none          nothing
//	skip_connect  the node itself
//	nor_conv_1x1  ReLU, conv 1x1, norm
//	nor_conv_3x3  ReLU, conv 3x3, norm
//	avg_pool_3x3  mean of 3x3, padding left out
//
// The network is
//
//	stem          conv 3x3 to Channels, norm
//	3 stages      Cells cells; between stages a residual block of stride 2 that doubles
//	              the channels: ReLU, conv 3x3, norm, ReLU, conv 3x3, norm, plus a mean of
//	              2x2 (3x3 on odd maps) and a conv 1x1 of the block's input
//	end           norm, ReLU, mean over the map, linear
//
// What cannot reach the output is left out: edges from nodes without input and to nodes
// that nothing reads. A cell whose output has no input puts out zeros.
//
// Each (cell, edge, convolution) has weights of its own, and all cells of a network have
// the same operations.
type Family struct {
	config Config
	input  space.Input
	space  *space.Space
	ends   space.Extremes
}

// op is an operation of an edge, its index in the benchmark's order.
type op uint8

const (
	none op = iota
	skip
	conv1
	conv3
	pool
)

// opNames are the benchmark's own.
var opNames = []string{none: "none", skip: "skip_connect", conv1: "nor_conv_1x1", conv3: "nor_conv_3x3", pool: "avg_pool_3x3"}

const (
	nodes  = 4
	edges  = nodes * (nodes - 1) / 2
	stages = 3
)

// edge returns the index of the edge from node i to node j.
func edge(i, j int) int { return j*(j-1)/2 + i }

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
	var ds []space.Decision
	for j := 1; j < nodes; j++ {
		for i := range j {
			ds = append(ds, space.Decision{Name: fmt.Sprintf("node%d/from%d", j, i), Kind: space.KindOp, Layer: j - 1, Choices: opNames})
		}
	}
	text := space.Definition(fmt.Sprintf("nb201 1: input %+v channels %d cells %d", input, c.Channels, c.Cells))
	s, err := space.NewSpace(ds, text)
	if err != nil {
		return nil, fmt.Errorf("space %q: %w", c.Name, err)
	}
	f.space = s.WithNotation(notation{})
	f.ends = space.Extremes{
		Smallest: arch(none, none, none, skip, none, none),
		Largest:  arch(conv3, conv3, conv3, conv3, conv3, conv3),
		Narrow:   arch(conv3, none, skip, skip, none, skip),
		Uniform: []space.Arch{
			arch(conv3, none, skip, skip, none, skip),
			arch(conv3, none, conv3, skip, none, skip),
			arch(conv3, none, conv3, skip, none, conv3),
			arch(conv3, conv3, conv3, conv3, conv3, conv3),
		},
	}
	return f, nil
}

// arch returns the architecture with these operations, in the order of edges.
func arch(ops ...op) space.Arch {
	genes := make([]uint8, len(ops))
	for i, o := range ops {
		genes[i] = uint8(o)
	}
	return space.NewArch(genes)
}

// Space returns six decisions, the operations of the edges, in the benchmark's order.
func (f *Family) Space() *space.Space { return f.space }

// Extremes returns the ends of the space. The smallest network is the cheapest whose
// output depends on the picture.
func (f *Family) Extremes() space.Extremes { return f.ends }

// Config returns the configuration that the family was made from.
func (f *Family) Config() Config { return f.config }
