package nets

import (
	"fmt"
	"strconv"

	"github.com/espalier-nas/espalier/supernet/space"
)

// OFA32 is a family of MobileNetV3-like networks for pictures of about 32
// pixels, elastic in the manner of Once-for-All (Cai et al. 2020): depth of each
// stage, kernel and expansion of each block.
//
//	stem        conv 3x3 to 16, norm, hard-swish
//	block       conv 1x1 to expand*InC, norm, act; depthwise KxK, norm, act;
//	            conv 1x1, norm; plus the block's input where shapes allow
//	stage 1     1 or 2 blocks to  16 channels, ReLU
//	stage 2     2 or 3 blocks to  24 channels, ReLU, halves the map
//	stage 3     2 or 3 blocks to  40 channels, hard-swish, halves the map
//	stage 4     2 or 3 blocks to  80 channels, hard-swish, halves the map
//	stage 5     2 or 3 blocks to 112 channels, hard-swish
//	head        conv 1x1 to 480, norm, hard-swish, mean over the map, linear
//
// A subnet uses the first blocks of each stage, the first channels of each
// block's middle and the centre of its 7x7 filters. Norms are cut like their
// convolutions and shared by all kernels.
//
// In the text form a block is kernel:expand, the first of a stage is
// depth:kernel:expand, and a block that is left out is "-".
type OFA32 struct {
	input   space.Input
	space   *space.Space
	weights []space.Weight

	drawn      space.Arch
	sandwiches [][]space.Arch
}

// stage is a run of blocks of one width.
type stage struct {
	depths []int // choices, rising: blocks in use
	outC   int
	stride int // of the first block
	act    space.Act
}

func (s *stage) blocks() int { return s.depths[len(s.depths)-1] }

const (
	stemC = 16
	headC = 480
)

var (
	stages = [...]stage{
		{[]int{1, 2}, 16, 1, space.ReLU},
		{[]int{2, 3}, 24, 2, space.ReLU},
		{[]int{2, 3}, 40, 2, space.HardSwish},
		{[]int{2, 3}, 80, 2, space.HardSwish},
		{[]int{2, 3}, 112, 1, space.HardSwish},
	}
	kernels = []int{3, 5, 7}
	expands = []int{3, 4, 6}
)

// NewOFA32 returns the family for pictures of size x size pixels. It fails
// unless size and channels are those of an Input.
func NewOFA32(channels, size int) (*OFA32, error) {
	f := &OFA32{input: space.Input{H: size, W: size, C: channels, Classes: Classes}}
	if err := f.input.Validate(); err != nil {
		return nil, fmt.Errorf("ofa32: %w", err)
	}
	ds, rules := f.decisions()
	s, err := space.NewSpace(ds, rules)
	if err != nil {
		return nil, fmt.Errorf("ofa32: %w", err)
	}
	f.space = s
	whole, err := space.NewFixed(f.Plan(f.largest())) // reads every shared tensor at its full size
	if err != nil {
		return nil, fmt.Errorf("ofa32: %w", err)
	}
	f.weights = whole.Weights()
	if err := f.parseDraws(); err != nil {
		return nil, fmt.Errorf("ofa32: %w", err)
	}
	return f, nil
}

// decisions lists depth, then kernel and expansion of each block, stage by
// stage, and where the depth of each is found.
func (f *OFA32) decisions() ([]space.Decision, *depthRules) {
	var ds []space.Decision
	rules := &depthRules{text: fmt.Sprintf("ofa32 1: input %+v", f.input)}
	layer := 0
	for s := range stages {
		st := &stages[s]
		depth := len(ds)
		for b := range st.blocks() {
			add := func(kind space.Kind, name string, choices []int) {
				ds = append(ds, space.Decision{Name: name, Kind: kind, Layer: layer, Choices: texts(choices)})
				rules.places = append(rules.places, place{st, depth, b})
			}
			if b == 0 {
				add(space.KindDepth, fmt.Sprintf("stage%d/depth", s+1), st.depths)
			}
			name := blockName(s, b)
			add(space.KindKernel, name+"/kernel", kernels)
			add(space.KindExpand, name+"/expand", expands)
			layer++
		}
	}
	return ds, rules
}

func blockName(stage, block int) string { return fmt.Sprintf("stage%d/block%d", stage+1, block+1) }

func texts(ns []int) []string {
	out := make([]string, len(ns))
	for i, n := range ns {
		out[i] = strconv.Itoa(n)
	}
	return out
}

// Space returns the decisions: those of blocks that the depth leaves out are
// not made, so equal networks are equal architectures.
func (f *OFA32) Space() *space.Space { return f.space }

// Weights lists the shared tensors in the order of the largest network.
func (f *OFA32) Weights() []space.Weight { return f.weights }

// largest returns the largest network: all blocks, kernel 7, expansion 6.
func (f *OFA32) largest() space.Arch {
	ds := f.space.Decisions()
	genes := make([]uint8, len(ds))
	for i, d := range ds {
		genes[i] = uint8(len(d.Choices) - 1)
	}
	return space.NewArch(genes)
}

// smallest returns the smallest network: fewest blocks, kernel 3, expansion 3.
func (f *OFA32) smallest() space.Arch {
	return space.NewArch(make([]uint8, len(f.space.Decisions())))
}

// Extremes returns the ends of the space.
func (f *OFA32) Extremes() space.Extremes {
	return space.Extremes{Smallest: f.smallest(), Largest: f.largest(), Narrow: f.smallest(), Uniform: []space.Arch{f.smallest(), f.largest()}}
}
