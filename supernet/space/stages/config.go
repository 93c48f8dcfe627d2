package stages

import (
	"errors"
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Config declares a space of stages in the manner of Once-for-All: a stem, stages of equal
// blocks that are elastic in depth, width, kernel and expansion, a head. A list with one
// entry leaves nothing to decide.
type Config struct {
	Name        string  `yaml:"name"`                  // for reports only
	Resolutions []int   `yaml:"resolutions,omitempty"` // sides that pictures are resized to, the longer one, rising; empty: as they are
	Stem        int     `yaml:"stem"`                  // channels of the first convolution, 3x3
	StemStride  int     `yaml:"stem_stride,omitempty"` // 1 or 2; 0: 1
	Activation  string  `yaml:"activation"`            // of stem and head
	Stages      []Stage `yaml:"stages"`
	Head        int     `yaml:"head,omitempty"`       // channels of a 1x1 convolution before the mean over the map; 0: none
	Mix         int     `yaml:"mix,omitempty"`        // channels of a 1x1 convolution after it; 0: none
	ZeroGamma   bool    `yaml:"zero_gamma,omitempty"` // scales of the norms that end a block begin at 0 where its input is added: it is the identity at first (basic, bottleneck)
	Transforms  bool    `yaml:"transforms,omitempty"` // mbconv: smaller kernels are made of larger ones by matrices that are trained, not cut out
}

// Stage is a run of blocks of one kind and width. The first Depth of them are used.
type Stage struct {
	Block      string    `yaml:"block"`                // mbconv, basic, bottleneck or plain
	Widths     []int     `yaml:"widths"`               // output channels, rising
	Depths     []int     `yaml:"depths"`               // blocks in use, rising
	Kernels    []int     `yaml:"kernels"`              // odd, rising; smaller ones are the centre of the largest
	Expansions []float64 `yaml:"expansions,omitempty"` // middle channels, as a multiple of the block's input (mbconv) or output (basic, bottleneck), rising
	Stride     int       `yaml:"stride,omitempty"`     // of the first block, 1 or 2; 0: 1
	Activation string    `yaml:"activation,omitempty"` // empty: that of the stem
	Excite     string    `yaml:"excite,omitempty"`     // mbconv: squeeze and excitation: no, yes or search; empty: no
}

// The kinds of blocks.
const (
	MBConv     = "mbconv"     // conv 1x1 to the middle, depthwise KxK, conv 1x1; plus the input where shapes allow
	Basic      = "basic"      // conv KxK to the middle, conv KxK; plus the input, projected where shapes differ
	Bottleneck = "bottleneck" // conv 1x1 to the middle, conv KxK, conv 1x1; plus the input, projected where shapes differ
	Plain      = "plain"      // conv KxK
)

// Values of Stage.Excite.
const (
	exciteNo     = "no"
	exciteYes    = "yes"
	exciteSearch = "search"
)

// What a configuration may ask for.
const (
	minWidth      = 2 // on one channel a depthwise convolution is a dense one
	maxWidth      = 4096
	maxStages     = 16
	maxDepth      = 32
	maxKernel     = 15
	maxSide       = 4096
	mostExpansion = 16
)

// Title returns the name of the space.
func (c *Config) Title() string { return c.Name }

// Validate reports every fault of the configuration in one error.
func (c *Config) Validate() error {
	var f space.Faults
	if len(c.Resolutions) > 0 {
		f.Rising("resolutions", c.Resolutions, 1, maxSide)
	}
	f.Between("stem", c.Stem, minWidth, maxWidth)
	f.Between("stem_stride", c.StemStride, 0, 2)
	f.Between("head", c.Head, 0, maxWidth)
	f.Between("mix", c.Mix, 0, maxWidth)
	activation(&f, "activation", c.Activation)
	f.Between("stages: number", len(c.Stages), 1, maxStages)
	for i, s := range c.Stages {
		s.validate(&f, fmt.Sprintf("stages[%d]", i))
	}
	return errors.Join(f...)
}

func activation(f *space.Faults, field, name string) {
	if _, err := space.ParseAct(name); err != nil {
		f.Add(field, err)
	}
}

func (s *Stage) validate(f *space.Faults, field string) {
	oneOf(f, field+".block", s.Block, MBConv, Basic, Bottleneck, Plain)
	oneOf(f, field+".excite", s.Excite, "", exciteNo, exciteYes, exciteSearch)
	if s.Block != MBConv && s.Excite != "" && s.Excite != exciteNo {
		f.Addf("%s.excite: %q; only mbconv has squeeze and excitation", field, s.Excite)
	}
	f.Rising(field+".widths", s.Widths, minWidth, maxWidth)
	f.Rising(field+".depths", s.Depths, 1, maxDepth)
	f.Rising(field+".kernels", s.Kernels, 1, maxKernel)
	for _, k := range s.Kernels {
		if k%2 == 0 {
			f.Addf("%s.kernels: %d; want odd numbers", field, k)
		}
	}
	f.Between(field+".stride", s.Stride, 0, 2)
	if s.Activation != "" {
		activation(f, field+".activation", s.Activation)
	}
	switch n := len(s.Expansions); {
	case s.Block == Plain && n > 0:
		f.Addf("%s.expansions: %v; plain blocks have none", field, s.Expansions)
	case s.Block != Plain && (n < 1 || n > 255):
		f.Addf("%s.expansions: %d of them; want 1 to 255", field, n)
	}
	for i, e := range s.Expansions {
		if !(e > 0 && e <= mostExpansion) || i > 0 && e <= s.Expansions[i-1] {
			f.Addf("%s.expansions: %v; want rising numbers above 0, at most %d", field, s.Expansions, mostExpansion)
			break
		}
	}
}

func oneOf(f *space.Faults, field, have string, want ...string) {
	if !slices.Contains(want, have) {
		f.Addf("%s: %q; want one of %q", field, have, want)
	}
}

// Open returns the family for these images.
func (c *Config) Open(in space.Input) (space.Family, error) {
	f, err := New(*c, in)
	if err != nil {
		return nil, err
	}
	return f, nil
}
