package nb201

import (
	"errors"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Config declares a NAS-Bench-201 space: the skeleton around the cell. The published
// benchmark has 16 channels and 5 cells a stage.
type Config struct {
	Name     string `yaml:"name"`     // for reports only
	Channels int    `yaml:"channels"` // of the first stage; each reduction doubles them
	Cells    int    `yaml:"cells"`    // of each of the three stages
}

// Most that a configuration may ask for.
const (
	maxChannels = 1024
	maxCells    = 32
)

// Kind is NAS-Bench-201 among the kinds of families.
var Kind = space.FamilyKind{
	Name:  "nb201",
	Doc:   "NAS-Bench-201: one cell of 4 nodes and 6 edges with one of 5 operations each, repeated",
	Empty: func() space.Declaration { return new(Config) },
	Presets: []space.Preset{
		{Name: "nb201", Declare: func() space.Declaration { return &Config{Name: "nb201", Channels: 16, Cells: 5} }},
	},
}

// Title returns the name of the space.
func (c *Config) Title() string { return c.Name }

// Validate reports every fault of the configuration in one error.
func (c *Config) Validate() error {
	var f space.Faults
	f.Between("channels", c.Channels, 1, maxChannels)
	f.Between("cells", c.Cells, 1, maxCells)
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
