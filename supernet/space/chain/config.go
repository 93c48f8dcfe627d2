package chain

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/espalier-nas/espalier/supernet/space"
)

// What a chain may declare. The largest values are far above what a machine without
// an accelerator can train, low enough that sizes never overflow.
const (
	maxLayers = 64
	minWidth  = 2 // on one channel a depthwise convolution is a dense one
	maxWidth  = 4096
	maxRule   = 8 // operations in one forbidden sequence
)

// Config declares a chain space: a stem, Layers layers that each choose an
// operation, a width, skips and an activation, and a classifier. See Chain for
// the network. Layers are numbered from 1.
type Config struct {
	Name          string         `yaml:"name"`                     // for reports only
	Stem          int            `yaml:"stem"`                     // output channels of the first convolution
	StemKernel    string         `yaml:"stem_kernel,omitempty"`    // taps of the first convolution in height and width, such as 1x3; empty: 3x3
	Head          int            `yaml:"head,omitempty"`           // channels of a 1x1 convolution before the classifier; 0: none
	Layers        int            `yaml:"layers"`                   // number of layers that are searched
	Ops           []string       `yaml:"ops"`                      // operations that each layer offers
	Widths        []int          `yaml:"widths"`                   // output channels that each layer offers
	Skips         bool           `yaml:"skips"`                    // offer a connection from every earlier layer but the last
	Activations   []string       `yaml:"activations,omitempty"`    // offered by each layer, the first used by stem and head; empty: relu
	Downsample    []int          `yaml:"downsample,omitempty"`     // layers that halve height and width
	ElasticKernel bool           `yaml:"elastic_kernel,omitempty"` // smaller kernels are the centre of the largest, in shared weights
	Forbid        []string       `yaml:"forbid,omitempty"`         // sequences of operations of consecutive layers, such as "pool pool"
	AtMost        map[string]int `yaml:"at_most,omitempty"`        // operation or group: how many layers may choose it
	Overrides     []Override     `yaml:"overrides,omitempty"`      // layers that offer something else
}

// Override replaces what one layer offers; an empty list leaves it as it is.
type Override struct {
	Layer  int      `yaml:"layer"` // from 1
	Ops    []string `yaml:"ops,omitempty"`
	Widths []int    `yaml:"widths,omitempty"`
}

// Validate reports every fault of the configuration in one error (errors.Join);
// each names the field and what was expected.
func (c Config) Validate() error {
	var f faults
	f.Between("stem", c.Stem, minWidth, maxWidth)
	if _, known := stemKernels[c.StemKernel]; !known {
		f.Addf("stem_kernel: %q; want 3x3, 1x3 or 3x1", c.StemKernel)
	}
	f.Between("head", c.Head, 0, maxWidth)
	f.Between("layers", c.Layers, 1, maxLayers)
	f.ops("ops", c.Ops, c.needsDefault(func(o Override) bool { return len(o.Ops) > 0 }))
	f.widths("widths", c.Widths, c.needsDefault(func(o Override) bool { return len(o.Widths) > 0 }))
	for i, a := range c.Activations {
		if _, err := space.ParseAct(a); err != nil {
			f.Add("activations", err)
		}
		f.Once("activations", c.Activations, i)
	}
	for i, l := range c.Downsample {
		f.Between("downsample", l, 1, c.Layers)
		if slices.Contains(c.Downsample[:i], l) {
			f.Addf("downsample: layer %d is given twice", l)
		}
	}
	f.rules(c)
	f.overrides(c)
	return errors.Join(f.Faults...)
}

// stemKernels are the kernels that the first convolution may have.
var stemKernels = map[string]space.Sides{"": space.Square(3), "3x3": space.Square(3), "1x3": row(3), "3x1": column(3)}

// stemKernel returns the kernel of the first convolution.
func (c Config) stemKernel() space.Sides { return stemKernels[c.StemKernel] }

// needsDefault reports whether some layer has no override of its own.
func (c Config) needsDefault(has func(Override) bool) bool {
	own := make(map[int]bool)
	for _, o := range c.Overrides {
		if has(o) {
			own[o.Layer] = true
		}
	}
	return len(own) < c.Layers
}

// faults collects what is wrong with a configuration.
type faults struct{ space.Faults }

func (f *faults) ops(field string, ops []string, required bool) {
	if len(ops) == 0 && required {
		f.Addf("%s: empty; want some of %s", field, strings.Join(Ops(), ", "))
	}
	for i, name := range ops {
		if _, err := findOp(name); err != nil {
			f.Add(field, err)
		}
		f.Once(field, ops, i)
	}
}

func (f *faults) widths(field string, widths []int, required bool) {
	if len(widths) == 0 && required {
		f.Addf("%s: empty; want at least one number of channels", field)
	}
	if len(widths) > 0 {
		f.Rising(field, widths, minWidth, maxWidth)
	}
}

func (f *faults) rules(c Config) {
	for _, text := range c.Forbid {
		words := strings.Fields(text)
		if len(words) < 2 || len(words) > maxRule {
			f.Addf("forbid: %q has %d operations; want 2 to %d of consecutive layers", text, len(words), maxRule)
		}
		for _, w := range words {
			if err := checkRuleWord(w); err != nil {
				f.Add(fmt.Sprintf("forbid: %q", text), err)
			}
		}
	}
	for _, word := range slices.Sorted(maps.Keys(c.AtMost)) {
		if err := checkRuleWord(word); err != nil {
			f.Add("at_most", err)
		}
		f.Between("at_most: "+word, c.AtMost[word], 0, c.Layers)
	}
}

func (f *faults) overrides(c Config) {
	seen := make(map[int]bool)
	for _, o := range c.Overrides {
		field := fmt.Sprintf("overrides: layer %d", o.Layer)
		f.Between("overrides: layer", o.Layer, 1, c.Layers)
		if seen[o.Layer] {
			f.Addf("%s: given twice", field)
		}
		seen[o.Layer] = true
		if len(o.Ops) == 0 && len(o.Widths) == 0 {
			f.Addf("%s: changes nothing; want ops or widths", field)
		}
		f.ops(field+": ops", o.Ops, false)
		f.widths(field+": widths", o.Widths, false)
	}
}
