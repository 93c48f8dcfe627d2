package stages

import "github.com/espalier-nas/espalier/supernet/space"

// Kind is stages among the kinds of families.
var Kind = space.FamilyKind{
	Name:  "stages",
	Doc:   "stages of residual or mobile blocks, elastic in depth, width, kernel, expansion and resolution",
	Empty: func() space.Declaration { return new(Config) },
	Presets: []space.Preset{
		{Name: "resnet", Declare: func() space.Declaration { return resnet() }},
		{Name: "ofa", Declare: func() space.Declaration { return ofa() }},
		{Name: "ofa-224", Declare: func() space.Declaration { return ofa224() }},
	},
}

// resnet returns residual networks for pictures of 28 to 64 pixels, ResNet-8 of MLPerf
// Tiny and ResNet-20 (He et al. 2016) among them.
func resnet() *Config {
	stage := func(stride int, widths ...int) Stage {
		return Stage{Block: Basic, Widths: widths, Depths: []int{1, 2, 3}, Kernels: []int{3}, Expansions: []float64{0.5, 1}, Stride: stride}
	}
	return &Config{
		Name: "resnet", Stem: 16, Activation: "relu",
		Stages: []Stage{stage(1, 8, 16, 24, 32), stage(2, 16, 24, 32, 48, 64), stage(2, 32, 48, 64, 96)},
	}
}

// ofa returns networks in the style of MobileNetV3 for pictures of 28 to 64 pixels.
func ofa() *Config {
	stage := func(width, stride int, act string, depths ...int) Stage {
		return Stage{
			Block: MBConv, Widths: []int{width}, Depths: depths, Kernels: []int{3, 5, 7}, Expansions: []float64{3, 4, 6},
			Stride: stride, Activation: act, Excite: exciteSearch,
		}
	}
	return &Config{
		Name: "ofa", Stem: 16, Activation: "hardswish", Head: 480, Transforms: true,
		Stages: []Stage{
			stage(16, 1, "relu", 1, 2), stage(24, 2, "relu", 2, 3), stage(40, 2, "hardswish", 2, 3),
			stage(80, 2, "hardswish", 2, 3), stage(112, 1, "hardswish", 2, 3),
		},
	}
}

// ofa224 returns the space of Once-for-All with MobileNetV3 for ImageNet, as published:
// 224 pixels at most.
func ofa224() *Config {
	stage := func(width, stride int, act, excite string) Stage {
		return Stage{
			Block: MBConv, Widths: []int{width}, Depths: []int{2, 3, 4}, Kernels: []int{3, 5, 7}, Expansions: []float64{3, 4, 6},
			Stride: stride, Activation: act, Excite: excite,
		}
	}
	c := &Config{
		Name: "ofa-224", Stem: 16, StemStride: 2, Activation: "hardswish", Head: 960, Mix: 1280, Transforms: true,
		Stages: []Stage{
			{Block: MBConv, Widths: []int{16}, Depths: []int{1}, Kernels: []int{3}, Expansions: []float64{1}, Activation: "relu"},
			stage(24, 2, "relu", exciteNo), stage(40, 2, "relu", exciteYes), stage(80, 2, "hardswish", exciteNo),
			stage(112, 1, "hardswish", exciteYes), stage(160, 2, "hardswish", exciteYes),
		},
	}
	for side := 128; side <= 224; side += 4 {
		c.Resolutions = append(c.Resolutions, side)
	}
	return c
}
