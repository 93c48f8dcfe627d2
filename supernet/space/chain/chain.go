// Package chain is the family of chains: a fixed number of layers in a row, each free in
// operation, width, activation and in which earlier outputs it adds to its own (ENAS's macro
// search, Pham et al., ICML 2018, is one). It may import space only. Read Config in config.go,
// ops.go (the operations), rules.go (which combinations are allowed) and plan.go;
// docs/spaces.md has the fields and the text form.
package chain

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Chain is the family of networks that run through a fixed number of layers,
// each free in operation, width, activation and in which earlier outputs it adds
// to its own: the macro space of ENAS (Pham et al. 2018) with widths.
//
//	stem        conv 3x3, or StemKernel, to Stem channels, norm, activation
//	layer 1..L  main path: the layer's operation on the previous output
//	            conv KHxKW   conv, norm
//	            sep KHxKW    depthwise KHxKW, norm, activation; conv 1x1, norm
//	            pool         max or mean KHxKW; conv 1x1, norm
//	            identity     nothing; mean 3x3 with stride 2 where the map is halved
//	            with skips: plus a conv 1x1 of each chosen earlier output, the
//	            last norm of the main path moved behind the sum (identity: a norm
//	            of its own), then the activation (identity without skips: none)
//	head        conv 1x1 to Head channels, norm, activation; left out if Head is 0
//	classifier  mean over the map, linear
//
// Skips join at the layer's output, as in residual networks: each pair (source,
// layer) has one shared 1x1 projection whose stride is the ratio of the two map
// sizes, so that any widths and sizes can be joined. The raw convolutions are
// summed before a single norm, as in ENAS, which needs no projection while it
// searches: its layers have one width. One norm instead of one per summand halves
// the memory traffic of a layer with skips, and convolutions can add to one buffer.
// The networks that ENAS derives join by concatenation and a 1x1, another function
// than the one searched; here both are the same.
//
// Shared weights: each (layer, operation) owns one weight of the largest output
// and input width that can occur; a narrower choice uses its first channels. With
// ElasticKernel the kernels of one layer's dense (and of its separable)
// convolutions are the centre, in both directions, of the smallest that contains all. Norms always belong to one
// (layer, operation, kernel): kernels differ in the mean and the scale of what
// they compute.
//
// A layer that passes its input through (identity, stride 1, no skip) is not there
// as far as later layers can tell: it is no source of skips. Two architectures of
// Space have equal plans exactly if they are equal. Identities make the depth
// elastic; the same operation at another depth has weights of its own and counts
// as another network (the rule "identity conv" and its like would tell them to
// come last).
type Family struct {
	config Config
	input  space.Input
	acts   []space.Act
	layers []layer
	rules  *rules
	space  *space.Space
	ends   space.Extremes
}

// layer is one searched layer: what it offers and where its decisions are.
type layer struct {
	number         int // from 1, as in names
	ops            []op
	widths         []int
	stride         int
	shrink         int // by how much the strides up to this layer divide height and width
	h, w           int // of the layer's input, pixels
	maxIn, maxOut  int // channels
	op, width, act int // decisions; act is -1 if there is only one activation
	skips          []int
	named          layerNames
}

func (l *layer) chosenOp(genes []uint8) op { return l.ops[genes[l.op]] }

func (l *layer) isIdentity(genes []uint8) bool {
	return l.chosenOp(genes).class == identityOp
}

// skipChosen reports whether one of the skips among genes, perhaps a prefix, is chosen.
func (l *layer) skipChosen(genes []uint8) bool {
	for _, i := range l.skips {
		if i < len(genes) && genes[i] == 1 {
			return true
		}
	}
	return false
}

// skipFrom returns the decision whether to skip from layer j (-1: the stem), or
// -1 if the layer has none.
func (l *layer) skipFrom(j int) int {
	if j+1 >= len(l.skips) {
		return -1
	}
	return l.skips[j+1]
}

// passes reports whether the layer's output is its input: genes must hold all
// of its decisions.
func (l *layer) passes(genes []uint8) bool {
	return l.stride == 1 && l.isIdentity(genes) && !l.skipChosen(genes)
}

// New returns the family that c declares for these images. The error lists
// every fault of c and input, or names the layer at which the rules leave nothing
// to choose.
func New(c Config, input space.Input) (*Family, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("space %q: %w", c.Name, err)
	}
	if err := input.Validate(); err != nil {
		return nil, fmt.Errorf("space %q: %w", c.Name, err)
	}
	ch := &Family{config: c, input: input, acts: activations(c)}
	ch.layers = layersOf(c, input)
	if err := checkHalvings(ch.layers); err != nil {
		return nil, fmt.Errorf("space %q: %w", c.Name, err)
	}
	ds := ch.decisions()
	for i := range ch.layers {
		l := &ch.layers[i]
		l.named = l.names(c.ElasticKernel)
	}
	ch.rules = newRules(c, ch.layers, ds, ch.definition())
	s, err := space.NewSpace(ds, ch.rules)
	switch {
	case errors.Is(err, space.ErrNone):
		return nil, fmt.Errorf("space %q: forbid and at_most leave no network: %w", c.Name, err)
	case err != nil:
		return nil, fmt.Errorf("space %q: layers, skips, forbid and at_most make too many networks to count; want less of them: %w", c.Name, err)
	}
	ch.space = s
	ch.ends = space.Extremes{Smallest: ch.smallest(), Largest: ch.largest(), Narrow: ch.narrow(), Uniform: ch.uniform()}
	return ch, nil
}

// activations returns what the layers offer; Validate has checked the names.
func activations(c Config) []space.Act {
	acts := []space.Act{}
	for _, name := range c.Activations {
		if a, err := space.ParseAct(name); err == nil {
			acts = append(acts, a)
		}
	}
	if len(acts) == 0 {
		acts = append(acts, space.ReLU)
	}
	return acts
}

// layersOf lays out the layers: what each offers, strides, sizes and the
// widest input and output that it can have.
func layersOf(c Config, input space.Input) []layer {
	layers := make([]layer, c.Layers)
	h, w, shrink, widest := input.H, input.W, 1, c.Stem
	for i := range layers {
		l := layer{number: i + 1, widths: c.Widths, stride: 1, h: h, w: w, maxIn: widest}
		ops := c.Ops
		for _, o := range c.Overrides {
			if o.Layer != l.number {
				continue
			}
			if len(o.Ops) > 0 {
				ops = o.Ops
			}
			if len(o.Widths) > 0 {
				l.widths = o.Widths
			}
		}
		for _, name := range ops {
			if op, err := findOp(name); err == nil {
				l.ops = append(l.ops, op)
			}
		}
		if slices.Contains(c.Downsample, l.number) {
			l.stride = 2
		}
		shrink *= l.stride
		l.shrink = shrink
		h, w = l.outSize()
		widest = l.widest()
		l.maxOut = widest
		layers[i] = l
	}
	return layers
}

// checkHalvings reports layers that halve a map of one pixel.
func checkHalvings(layers []layer) error {
	var f space.Faults
	for _, l := range layers {
		if l.stride > 1 && l.h == 1 && l.w == 1 {
			f.Addf("downsample: layer %d has an input of 1x1 pixels; want one that can be halved", l.number)
		}
	}
	return errors.Join(f...)
}

// outSize returns height and width of the layer's output, pixels.
func (l *layer) outSize() (h, w int) {
	return (l.h-1)/l.stride + 1, (l.w-1)/l.stride + 1
}

// shrinkOf returns by how much the output of layer number n is smaller than the
// picture; 0 is the stem.
func (ch *Family) shrinkOf(n int) int {
	if n == 0 {
		return 1
	}
	return ch.layers[n-1].shrink
}

// widest returns the largest number of channels of the layer's output.
func (l *layer) widest() int {
	n := 0
	for _, op := range l.ops {
		if op.class == identityOp {
			n = max(n, l.maxIn)
		} else {
			n = max(n, slices.Max(l.widths))
		}
	}
	return n
}

// decisions lists the decisions of all layers and notes their places. In each
// layer the operation comes first, then the width, then the skips, stem first,
// then the activation, which depends on all of them.
func (ch *Family) decisions() []space.Decision {
	var ds []space.Decision
	for i := range ch.layers {
		l := &ch.layers[i]
		add := func(kind space.Kind, what string, from int, choices []string) int {
			name := fmt.Sprintf("layer%d/%s", l.number, what)
			ds = append(ds, space.Decision{Name: name, Kind: kind, Layer: i, From: from, Choices: choices})
			return len(ds) - 1
		}
		l.op = add(space.KindOp, "op", 0, opNamesOf(l.ops))
		l.width = add(space.KindWidth, "width", 0, formatInts(l.widths))
		for from := -1; ch.config.Skips && from <= i-2; from++ {
			l.skips = append(l.skips, add(space.KindSkip, fmt.Sprintf("from%d", from+1), from, []string{"no", "yes"}))
		}
		l.act = -1
		if len(ch.acts) > 1 {
			l.act = add(space.KindAct, "act", 0, actNamesOf(ch.acts))
		}
		ch.conditions(ds, i)
	}
	return ds
}

// conditions says when the decisions of layer i are made: an identity layer has the width
// of its input, and without a chosen skip it computes nothing that an activation could
// follow; a layer that passes its input through is no source of skips, since its output
// is one already.
func (ch *Family) conditions(ds []space.Decision, i int) {
	l := &ch.layers[i]
	if computes := l.computes(); computes != nil {
		ds[l.width].When = []space.Any{computes}
		if l.act >= 0 {
			ds[l.act].When = []space.Any{append(computes, l.joins()...)}
		}
	}
	for k, d := range l.skips[min(1, len(l.skips)):] {
		from := &ch.layers[k]
		if computes := from.computes(); computes != nil && from.stride == 1 {
			ds[d].When = []space.Any{append(computes, from.joins()...)}
		}
	}
}

// computes says that the layer's operation is no identity; nil if it offers none.
func (l *layer) computes() space.Any {
	var others []uint8
	for k, o := range l.ops {
		if o.class != identityOp {
			others = append(others, uint8(k))
		}
	}
	if len(others) == len(l.ops) {
		return nil
	}
	return space.Any{{Decision: l.op, Options: others}}
}

// joins says that a skip of the layer is chosen.
func (l *layer) joins() space.Any {
	var any space.Any
	for _, d := range l.skips {
		any = append(any, space.Choice{Decision: d, Options: []uint8{1}})
	}
	return any
}

func opNamesOf(ops []op) []string {
	out := make([]string, len(ops))
	for i, o := range ops {
		out[i] = o.name
	}
	return out
}

func actNamesOf(acts []space.Act) []string {
	out := make([]string, len(acts))
	for i, a := range acts {
		out[i] = a.String()
	}
	return out
}

func formatInts(ns []int) []string {
	out := make([]string, len(ns))
	for i, n := range ns {
		out[i] = strconv.Itoa(n)
	}
	return out
}

// definition returns everything but the name that tells this family from others
// with the same decisions; it enters the space's ID.
func (ch *Family) definition() string {
	c := ch.config
	down := slices.Sorted(slices.Values(c.Downsample))
	forbid := slices.Sorted(slices.Values(c.Forbid))
	text := fmt.Sprintf("chain 1: input %+v stem %d head %d downsample %v elastic %t activations %v forbid %q at most %v",
		ch.input, c.Stem, c.Head, down, c.ElasticKernel, ch.acts, forbid, c.AtMost)
	if k := c.stemKernel(); k != space.Square(3) {
		text += " stem kernel " + k.String()
	}
	return text
}

// Config returns the configuration that the family was made from.
func (ch *Family) Config() Config { return ch.config }

// Input returns the images that the networks read.
func (ch *Family) Input() space.Input { return ch.input }

// Space returns the decisions and rules of the family.
func (ch *Family) Space() *space.Space { return ch.space }

// Extremes returns the ends of the space.
func (ch *Family) Extremes() space.Extremes { return ch.ends }
