package config

import (
	"time"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
)

// Default returns the document that an empty file stands for: the embedded
// pictures, the default space (see Space.Resolve), and figures with which a
// whole search takes three and a half minutes on two cores. docs/log/recipes.md has the
// trials behind the figures of training.
func Default() Config {
	return Config{
		Seed:   1,
		Budget: 210 * time.Second,
		Data:   Data{Validation: 0.15, Test: 0.15, Fit: data.FitCrop, Background: "#ffffff"},
		Train: Train{
			Sampler: "uniform", Random: 2, Between: 0.5, Sort: true, Alone: 0.3, Batch: 64,
			LR: 0.2, MinLR: 0, Warmup: 0.2, Schedule: supernet.ScheduleLinear, Optimizer: supernet.OptimizerMuon, MuonRatio: 0.1, Momentum: 0.9, Nesterov: true,
			WeightDecay: 5e-4, Smoothing: 0.1, Clip: 5,
			Crop: 2, Reflect: Auto, Flip: Auto, Alternate: true, EraseMost: 0.4, Small: AutoAmount, Plain: AutoAmount,
			Checkpoint: time.Minute,
			ENAS:       ENAS{Every: 50, Updates: 5, Batch: 10, Images: 128},
		},
		Evaluate:  Evaluate{Calibration: 512, Images: 2000},
		Device:    Device{Batch: 1, Samples: 48},
		Predictor: Predictor{Model: "blend", Samples: 96, Folds: 8, Holdout: 0.4},
		Search: Search{
			Strategy: "evolution", Score: ScorePredictor, Trials: 6000, Rounds: 4, Picks: 24, Batch: 10, Sweep: 5, By: ByLoss, Top: 16, Seeds: 1,
			Strategies: controller.DefaultStrategyOptions(0),
		},
		Finish: Finish{Networks: 8, Share: 0.88, LR: 0.2, Epochs: 60, Power: 0.6, BySize: 13_000},
	}
}
