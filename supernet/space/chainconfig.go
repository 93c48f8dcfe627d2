package space

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// What a chain may declare. The largest values are far above what a machine without
// an accelerator can train, low enough that sizes never overflow.
const (
	maxLayers = 64
	minWidth  = 2 // on one channel a depthwise convolution is a dense one
	maxWidth  = 4096
	maxSide   = 4096
	maxRule   = 8 // operations in one forbidden sequence
)

// ChainConfig declares a chain space: a stem, Layers layers that each choose an
// operation, a width, skips and an activation, and a classifier. See Chain for
// the network. Layers are numbered from 1.
type ChainConfig struct {
	Name          string          `yaml:"name"`                     // for reports only
	Stem          int             `yaml:"stem"`                     // output channels of the first convolution
	Head          int             `yaml:"head,omitempty"`           // channels of a 1x1 convolution before the classifier; 0: none
	Layers        int             `yaml:"layers"`                   // number of layers that are searched
	Ops           []string        `yaml:"ops"`                      // operations that each layer offers
	Widths        []int           `yaml:"widths"`                   // output channels that each layer offers
	Skips         bool            `yaml:"skips"`                    // offer a connection from every earlier layer but the last
	Activations   []string        `yaml:"activations,omitempty"`    // offered by each layer, the first used by stem and head; empty: relu
	Downsample    []int           `yaml:"downsample,omitempty"`     // layers that halve height and width
	ElasticKernel bool            `yaml:"elastic_kernel,omitempty"` // smaller kernels are the centre of the largest, in shared weights
	Forbid        []string        `yaml:"forbid,omitempty"`         // sequences of operations of consecutive layers, such as "pool pool"
	AtMost        map[string]int  `yaml:"at_most,omitempty"`        // operation or group: how many layers may choose it
	Overrides     []LayerOverride `yaml:"overrides,omitempty"`      // layers that offer something else
}

// LayerOverride replaces what one layer offers; an empty list leaves it as it is.
type LayerOverride struct {
	Layer  int      `yaml:"layer"` // from 1
	Ops    []string `yaml:"ops,omitempty"`
	Widths []int    `yaml:"widths,omitempty"`
}

// Input describes the images that a network reads.
type Input struct {
	H, W    int // pixels
	C       int // colour channels
	Classes int
}

// Validate reports every fault of the input in one error.
func (in Input) Validate() error {
	var f faults
	f.between("input height", in.H, 1, maxSide)
	f.between("input width", in.W, 1, maxSide)
	f.between("input channels", in.C, 1, maxWidth)
	f.between("input classes", in.Classes, 2, 1<<16)
	return errors.Join(f...)
}

// Validate reports every fault of the configuration in one error (errors.Join);
// each names the field and what was expected.
func (c ChainConfig) Validate() error {
	var f faults
	f.between("stem", c.Stem, minWidth, maxWidth)
	f.between("head", c.Head, 0, maxWidth)
	f.between("layers", c.Layers, 1, maxLayers)
	f.ops("ops", c.Ops, c.needsDefault(func(o LayerOverride) bool { return len(o.Ops) > 0 }))
	f.widths("widths", c.Widths, c.needsDefault(func(o LayerOverride) bool { return len(o.Widths) > 0 }))
	for i, a := range c.Activations {
		if _, err := ParseAct(a); err != nil {
			f.add("activations", err)
		}
		f.once("activations", c.Activations, i)
	}
	for i, l := range c.Downsample {
		f.between("downsample", l, 1, c.Layers)
		if slices.Contains(c.Downsample[:i], l) {
			f.addf("downsample: layer %d is given twice", l)
		}
	}
	f.rules(c)
	f.overrides(c)
	return errors.Join(f...)
}

// needsDefault reports whether some layer has no override of its own.
func (c ChainConfig) needsDefault(has func(LayerOverride) bool) bool {
	own := make(map[int]bool)
	for _, o := range c.Overrides {
		if has(o) {
			own[o.Layer] = true
		}
	}
	return len(own) < c.Layers
}

// faults collects what is wrong with a configuration.
type faults []error

func (f *faults) add(field string, err error) { *f = append(*f, fmt.Errorf("%s: %w", field, err)) }

func (f *faults) addf(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

func (f *faults) between(field string, n, lo, hi int) {
	if n < lo || n > hi {
		f.addf("%s: %d; want %d to %d", field, n, lo, hi)
	}
}

func (f *faults) once(field string, list []string, i int) {
	if slices.Contains(list[:i], list[i]) {
		f.addf("%s: %q is given twice", field, list[i])
	}
}

func (f *faults) ops(field string, ops []string, required bool) {
	if len(ops) == 0 && required {
		f.addf("%s: empty; want some of %s", field, strings.Join(chainOpNames(), ", "))
	}
	for i, name := range ops {
		if _, err := findOp(name); err != nil {
			f.add(field, err)
		}
		f.once(field, ops, i)
	}
}

func (f *faults) widths(field string, widths []int, required bool) {
	if len(widths) == 0 && required {
		f.addf("%s: empty; want at least one number of channels", field)
	}
	if len(widths) > 255 {
		f.addf("%s: %d of them; want at most 255", field, len(widths))
	}
	for i, w := range widths {
		f.between(field, w, minWidth, maxWidth)
		if i > 0 && w <= widths[i-1] {
			f.addf("%s: %d follows %d; want rising numbers", field, w, widths[i-1])
		}
	}
}

func (f *faults) rules(c ChainConfig) {
	for _, text := range c.Forbid {
		words := strings.Fields(text)
		if len(words) < 2 || len(words) > maxRule {
			f.addf("forbid: %q has %d operations; want 2 to %d of consecutive layers", text, len(words), maxRule)
		}
		for _, w := range words {
			if err := checkRuleWord(w); err != nil {
				f.add(fmt.Sprintf("forbid: %q", text), err)
			}
		}
	}
	for _, word := range slices.Sorted(maps.Keys(c.AtMost)) {
		if err := checkRuleWord(word); err != nil {
			f.add("at_most", err)
		}
		f.between("at_most: "+word, c.AtMost[word], 0, c.Layers)
	}
}

func (f *faults) overrides(c ChainConfig) {
	seen := make(map[int]bool)
	for _, o := range c.Overrides {
		field := fmt.Sprintf("overrides: layer %d", o.Layer)
		f.between("overrides: layer", o.Layer, 1, c.Layers)
		if seen[o.Layer] {
			f.addf("%s: given twice", field)
		}
		seen[o.Layer] = true
		if len(o.Ops) == 0 && len(o.Widths) == 0 {
			f.addf("%s: changes nothing; want ops or widths", field)
		}
		f.ops(field+": ops", o.Ops, false)
		f.widths(field+": widths", o.Widths, false)
	}
}
