package space

import "fmt"

// PresetNames lists the chain spaces that Preset knows, the default first.
func PresetNames() []string { return []string{"chain", "basic"} }

// Preset returns a ready-made chain space by name: "basic" (three operations,
// three widths, skips) or the richer default "chain".
func Preset(name string) (ChainConfig, error) {
	switch name {
	case "basic":
		return ChainConfig{
			Name:        "basic",
			Stem:        16,
			Layers:      6,
			Ops:         []string{"conv3x3", "conv5x5", "maxpool3x3"},
			Widths:      []int{16, 32, 64},
			Skips:       true,
			Activations: []string{"relu"},
			Downsample:  []int{2, 4},
		}, nil
	case "chain":
		// While maps are large a dense 5x5 costs more than all that follows it.
		early := []string{"conv3x3", "sep3x3", "sep5x5", "maxpool3x3", "avgpool3x3", "identity"}
		return ChainConfig{
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
			Overrides: []LayerOverride{
				{Layer: 1, Ops: early, Widths: []int{16, 24, 32, 48}},
				{Layer: 2, Ops: early, Widths: []int{16, 24, 32, 48}},
				{Layer: 3, Ops: early, Widths: []int{16, 24, 32, 48}},
			},
		}, nil
	}
	return ChainConfig{}, fmt.Errorf("space preset %q is unknown; want one of %v", name, PresetNames())
}
