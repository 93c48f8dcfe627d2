package chain

import "github.com/espalier-nas/espalier/supernet/space"

// Kind is the chain among the kinds of families.
var Kind = space.FamilyKind{
	Name:  "chain",
	Doc:   "layers in a row, each free in operation, width, activation and skips",
	Empty: func() space.Declaration { return new(Config) },
	Presets: []space.Preset{
		{Name: "chain", Declare: func() space.Declaration { return rich() }},
		{Name: "basic", Declare: func() space.Declaration { return basic() }},
		{Name: "enas", Declare: func() space.Declaration { return enas() }},
	},
}

// Title returns the name of the space.
func (c *Config) Title() string { return c.Name }

// Open returns the family that c declares; see New.
func (c *Config) Open(in space.Input) (space.Family, error) {
	f, err := New(*c, in)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// basic returns three operations, three widths and skips.
func basic() *Config {
	return &Config{
		Name:        "basic",
		Stem:        16,
		Layers:      6,
		Ops:         []string{"conv3x3", "conv5x5", "maxpool3x3"},
		Widths:      []int{16, 32, 64},
		Skips:       true,
		Activations: []string{"relu"},
		Downsample:  []int{2, 4},
	}
}

// rich returns the default: more operations and widths, pooling not twice in a row.
func rich() *Config {
	// While maps are large a dense 5x5 costs more than all that follows it.
	early := []string{"conv3x3", "sep3x3", "sep5x5", "maxpool3x3", "avgpool3x3", "identity"}
	return &Config{
		Name:          "chain",
		Stem:          16,
		Head:          128,
		Layers:        6,
		Ops:           []string{"conv3x3", "conv5x5", "sep3x3", "sep5x5", "maxpool3x3", "avgpool3x3", "identity"},
		Widths:        []int{24, 32, 48, 64},
		Skips:         true,
		Activations:   []string{"relu"},
		Downsample:    []int{1, 4},
		ElasticKernel: true,
		Forbid:        []string{"pool pool"},
		Overrides: []Override{
			{Layer: 1, Ops: early, Widths: []int{16, 24, 32, 48}},
			{Layer: 2, Ops: early, Widths: []int{16, 24, 32, 48}},
			{Layer: 3, Ops: early, Widths: []int{16, 24, 32, 48}},
		},
	}
}

// enas returns the macro space of ENAS (Pham et al. 2018): 12 layers of 36 channels, six
// operations, skips from all earlier layers, the map halved behind layers 4 and 8.
func enas() *Config {
	return &Config{
		Name: "enas", Stem: 36, Layers: 12,
		Ops:    []string{"conv3x3", "conv5x5", "sep3x3", "sep5x5", "avgpool3x3", "maxpool3x3"},
		Widths: []int{36}, Skips: true, Activations: []string{"relu"}, Downsample: []int{5, 9},
	}
}
