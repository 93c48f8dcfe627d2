// Package stages is the search space of Once-for-All (Cai et al., ICLR 2020) and of
// elastic residual networks: stages of blocks that vary in depth, width, kernel and
// expansion, and pictures in several resolutions. It may import space only. Read Config in
// config.go, blocks.go (the kinds of block) and plan.go; docs/spaces.md has the fields.
package stages

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Family is networks of a stem, stages of blocks and a head; see Config and the kinds of
// blocks.
//
// A subnet uses the first blocks of each stage, the first channels of each convolution and
// the centre of each kernel. Norms are cut like their convolutions, and all kernels and
// widths share them: subnets are evaluated after a calibration of their statistics.
//
// In the text form a block is its choices in the order depth (the first of a stage), width
// (likewise), kernel, expansion, squeeze and excitation, joined by ":"; a block that the
// depth leaves out is "-"; a resolution stands before all blocks. What has only one choice
// is left out.
type Family struct {
	config  Config
	input   space.Input
	act     space.Act
	stages  []stage
	resized int // decision of the resolution, -1: none
	space   *space.Space
	weights []space.Weight
	ends    space.Extremes
}

// stage is a declared stage with its decisions.
type stage struct {
	Stage
	number       int // from 1
	stride       int
	act          space.Act
	depth, width int // decisions, -1: there is nothing to decide
	blocks       []block
}

// expands reports whether an inverted block has its first convolution.
func (s *stage) expands() bool { return last(s.Expansions) != 1 || len(s.Expansions) > 1 }

// block is where the decisions of a block are.
type block struct {
	name                   string
	kernel, expand, excite int
}

// New returns the family that c declares for these images. The error lists every fault
// of c and input.
func New(c Config, input space.Input) (*Family, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("space %q: %w", c.Name, err)
	}
	if err := input.Validate(); err != nil {
		return nil, fmt.Errorf("space %q: %w", c.Name, err)
	}
	f := &Family{config: c, input: input, act: act(c.Activation, space.NoAct)}
	s, err := space.NewSpace(f.decisions(), f.definition())
	if err != nil {
		return nil, fmt.Errorf("space %q: %w", c.Name, err)
	}
	f.space = s
	f.weights = f.list()
	f.ends = space.Extremes{Smallest: f.smallest(), Largest: f.level(1), Narrow: f.level(0), Uniform: f.levels()}
	for _, a := range []space.Arch{f.ends.Smallest, f.ends.Largest} {
		if err := f.Plan(a).Validate(); err != nil {
			return nil, fmt.Errorf("space %q: %w", c.Name, err)
		}
	}
	return f, nil
}

// act returns the activation called name, whose name Validate has checked; other if it
// has none.
func act(name string, other space.Act) space.Act {
	if name == "" {
		return other
	}
	a, err := space.ParseAct(name)
	if err != nil {
		return other
	}
	return a
}

// definition tells this family from others with the same decisions.
func (f *Family) definition() space.Definition {
	c := f.config
	c.Name = ""
	return space.Definition(fmt.Sprintf("stages 1: input %+v %+v", f.input, c))
}

// decisions lists the resolution, then depth and width of each stage in its first block,
// and each block's own; blocks beyond the least depth are decided on if the depth keeps
// them.
func (f *Family) decisions() []space.Decision {
	var ds []space.Decision
	layer := -1
	add := func(kind space.Kind, name string, choices []string, when ...space.Any) int {
		if len(choices) < 2 {
			return -1
		}
		ds = append(ds, space.Decision{Name: name, Kind: kind, Layer: layer, Choices: choices, When: when})
		return len(ds) - 1
	}
	f.resized = add(space.KindResolution, "resolution", integers(f.config.Resolutions))
	for i, declared := range f.config.Stages {
		s := stage{Stage: declared, number: i + 1, stride: max(1, declared.Stride), act: act(declared.Activation, f.act)}
		for b := range last(s.Depths) {
			layer++
			name := fmt.Sprintf("stage%d/block%d", s.number, b+1)
			var kept []space.Any
			if b == 0 {
				s.depth = add(space.KindDepth, fmt.Sprintf("stage%d/depth", s.number), integers(s.Depths))
				s.width = add(space.KindWidth, fmt.Sprintf("stage%d/width", s.number), integers(s.Widths))
			} else if b >= s.Depths[0] {
				kept = []space.Any{{{Decision: s.depth, Options: deeper(s.Depths, b)}}}
			}
			s.blocks = append(s.blocks, block{
				name:   name,
				kernel: add(space.KindKernel, name+"/kernel", integers(s.Kernels), kept...),
				expand: add(space.KindExpand, name+"/expand", numbers(s.Expansions), kept...),
				excite: add(space.KindSwitch, name+"/excite", excites(s.Excite), kept...),
			})
		}
		f.stages = append(f.stages, s)
	}
	return ds
}

// deeper returns which depths use block b, from 0.
func deeper(depths []int, b int) (options []uint8) {
	for i, d := range depths {
		if d > b {
			options = append(options, uint8(i))
		}
	}
	return options
}

func excites(declared string) []string {
	if declared == exciteSearch {
		return []string{"plain", "excite"}
	}
	return nil
}

func integers(list []int) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = strconv.Itoa(n)
	}
	return out
}

func numbers(list []float64) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = strconv.FormatFloat(n, 'g', -1, 64)
	}
	return out
}

func last[T any](list []T) T { return list[len(list)-1] }

// level returns the architecture of the choices at a share of each list, from 0 for the
// first to 1 for the last.
func (f *Family) level(share float64) space.Arch {
	ds := f.space.Decisions()
	genes := make([]uint8, len(ds))
	for i, d := range ds {
		if f.space.Active(genes, i) {
			genes[i] = uint8(math.Round(share * float64(len(d.Choices)-1)))
		}
	}
	return space.NewArch(genes)
}

// smallest returns the architecture of the fewest operations: all choices the first, but
// perhaps the resolution, as pictures that are as large as they were need no resizing, and
// widths, as a block whose input is as wide as its output needs no projection.
//
// Shares of operations depend on the widths of neighbours only. Of the networks that are
// alike from a width on, the one with the fewest operations therefore stays the best,
// whatever the widths after it are: for each width of a stage one network is kept.
func (f *Family) smallest() space.Arch {
	best := f.level(0)
	fewest := f.Plan(best).FLOPs()
	for r := range max(1, len(f.config.Resolutions)) {
		genes := slices.Clone(f.level(0).Genes())
		if f.resized >= 0 {
			genes[f.resized] = uint8(r)
		}
		kept := []space.Arch{space.NewArch(genes)}
		for _, s := range f.stages {
			if s.width >= 0 {
				kept = f.cheapest(kept, s.width, len(s.Widths))
			}
		}
		for _, a := range kept {
			if flops := f.Plan(a).FLOPs(); flops < fewest {
				best, fewest = a, flops
			}
		}
	}
	return best
}

// cheapest returns for each of n choices at a gene that of the architectures which has the
// fewest operations with it.
func (f *Family) cheapest(archs []space.Arch, gene, n int) []space.Arch {
	kept := make([]space.Arch, n)
	for c := range n {
		fewest := int64(math.MaxInt64)
		for _, a := range archs {
			genes := slices.Clone(a.Genes())
			genes[gene] = uint8(c)
			a = space.NewArch(genes)
			if flops := f.Plan(a).FLOPs(); flops < fewest {
				kept[c], fewest = a, flops
			}
		}
	}
	return kept
}

// levels returns what a person would try first: everything small, middling, large.
func (f *Family) levels() []space.Arch {
	const steps = 4
	var all []space.Arch
	for i := range steps {
		a := f.level(float64(i) / (steps - 1))
		if len(all) == 0 || last(all) != a {
			all = append(all, a)
		}
	}
	return all
}

// Space returns the decisions; those of blocks that the depth leaves out are not made.
func (f *Family) Space() *space.Space { return f.space }

// Weights lists the shared tensors from stem to classifier.
func (f *Family) Weights() []space.Weight { return f.weights }

// Extremes returns the ends of the space.
func (f *Family) Extremes() space.Extremes { return f.ends }

// Config returns the configuration that the family was made from.
func (f *Family) Config() Config { return f.config }
