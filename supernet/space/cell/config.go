package cell

import (
	"errors"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Config declares a space of cells in the manner of NASNet and ENAS's micro search: one
// normal cell that is repeated and one reduction cell that halves the map.
type Config struct {
	Name    string   `yaml:"name"`             // for reports only
	Nodes   int      `yaml:"nodes"`            // of a cell; each adds two
	Ops     []string `yaml:"ops"`              // operations that each half of a node offers
	Filters int      `yaml:"filters"`          // channels of a node in the first stage; each reduction doubles them
	Stem    int      `yaml:"stem"`             // channels of the first convolution, 3x3
	Repeats int      `yaml:"repeats"`          // normal cells in each stage
	Stages  int      `yaml:"stages"`           // with a reduction cell between two
	Inputs  bool     `yaml:"inputs,omitempty"` // a normal cell puts out its first input too, as the code of NASNet-A does
}

// What a configuration may ask for.
const (
	maxNodes   = 12
	maxFilters = 1024
	maxRepeats = 24
	maxStages  = 6
)

// Title returns the name of the space.
func (c *Config) Title() string { return c.Name }

// Validate reports every fault of the configuration in one error.
func (c *Config) Validate() error {
	var f space.Faults
	f.Between("nodes", c.Nodes, 1, maxNodes)
	f.Between("filters", c.Filters, 2, maxFilters)
	f.Between("stem", c.Stem, 2, maxFilters)
	f.Between("repeats", c.Repeats, 1, maxRepeats)
	f.Between("stages", c.Stages, 1, maxStages)
	if len(c.Ops) == 0 {
		f.Addf("ops: empty; want some of %v", Ops())
	}
	for i, name := range c.Ops {
		if _, err := findOp(name); err != nil {
			f.Add("ops", err)
		}
		f.Once("ops", c.Ops, i)
	}
	return errors.Join(f...)
}

// Open returns the family for these images.
func (c *Config) Open(in space.Input) (space.Family, error) {
	f, err := New(*c, in)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Kind is cells among the kinds of families.
var Kind = space.FamilyKind{
	Name:  "cell",
	Doc:   "a normal and a reduction cell of nodes that join two earlier ones, repeated (NASNet, ENAS micro)",
	Empty: func() space.Declaration { return new(Config) },
	Presets: []space.Preset{{Name: "cell", Declare: func() space.Declaration {
		return &Config{Name: "cell", Nodes: 4, Ops: []string{"sep3x3", "sep5x5", "avgpool3x3", "maxpool3x3", "identity"}, Filters: 12, Stem: 16, Repeats: 1, Stages: 3}
	}}},
}
