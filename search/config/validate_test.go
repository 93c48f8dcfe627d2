package config

import (
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

func TestValidateReportsEveryFault(t *testing.T) {
	c := resolved(t, Default())
	c.Workers, c.Train.LR, c.Search.Strategy, c.Predictor.Folds = -1, 0, "guess", 1
	c.Space.Declaration.(*chain.Config).Layers = 0
	err := c.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"workers is -1; want 0 or more", "train.lr is 0; want more than 0", `search.strategy is "guess"; want one of`,
		"predictor.folds is 1", "space.chain: layers",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
}

// spoilt breaks one field of a document each, by what the error is to name.
var spoilt = map[string]func(*Config){
	"budget":                    func(c *Config) { c.Budget = 0 },
	"kernel":                    func(c *Config) { c.Kernel = "sse" },
	"kernel is":                 func(c *Config) { c.Kernel = "go-direct" },
	"data.validation":           func(c *Config) { c.Data.Validation = 0 },
	"data.test":                 func(c *Config) { c.Data.Test = 1 },
	"data.size":                 func(c *Config) { c.Data.Size = 32 },
	"train.sampler":             func(c *Config) { c.Train.Sampler = "lazy" },
	"train.random":              func(c *Config) { c.Train.Random = -1 },
	"train.random is 0":         func(c *Config) { c.Train.Sampler, c.Train.Random = "worstup", 0 },
	"train.alone":               func(c *Config) { c.Train.Alone = 1.5 },
	"train.batch":               func(c *Config) { c.Train.Batch = 0 },
	"train.steps":               func(c *Config) { c.Train.Steps = -1 },
	"train.epochs":              func(c *Config) { c.Train.Steps, c.Train.Epochs = 1, 1 },
	"train.min_lr":              func(c *Config) { c.Train.MinLR = 9 },
	"train.warmup":              func(c *Config) { c.Train.Warmup = 1 },
	"train.auxiliary":           func(c *Config) { c.Train.Auxiliary = -1 },
	"train.drop_path":           func(c *Config) { c.Train.DropPath = 1 },
	"train.optimizer":           func(c *Config) { c.Train.Optimizer = "adam" },
	"train.muon_ratio":          func(c *Config) { c.Train.MuonRatio = 0 },
	"train.momentum":            func(c *Config) { c.Train.Momentum = 1 },
	"train.smoothing":           func(c *Config) { c.Train.Smoothing = -1 },
	"train.weight_decay":        func(c *Config) { c.Train.WeightDecay = -1 },
	"train.clip":                func(c *Config) { c.Train.Clip = -1 },
	"train.crop":                func(c *Config) { c.Train.Crop = -1 },
	"train.reflect":             func(c *Config) { c.Train.Reflect = "maybe" },
	"train.small":               func(c *Config) { c.Train.Small = 1 },
	"train.cutout":              func(c *Config) { c.Train.Cutout = -1 },
	"train.schedule":            func(c *Config) { c.Train.Schedule = "steps" },
	"train.average":             func(c *Config) { c.Train.Average = 0.6 },
	"train.erase is":            func(c *Config) { c.Train.Erase = 1.1 },
	"train.erase_most":          func(c *Config) { c.Train.EraseMost = 0.01 },
	"train.checkpoint":          func(c *Config) { c.Train.Checkpoint = 0 },
	"train.enas.every":          func(c *Config) { c.Train.Sampler, c.Train.ENAS.Every = SamplerENAS, 0 },
	"evaluate.calibration":      func(c *Config) { c.Evaluate.Calibration = 1 },
	"evaluate.batch":            func(c *Config) { c.Evaluate.Batch = 1 },
	"evaluate.images":           func(c *Config) { c.Evaluate.Images = -1 },
	"device.batch":              func(c *Config) { c.Device.Batch = 0 },
	"device.workers":            func(c *Config) { c.Device.Workers = -1 },
	"device.samples":            func(c *Config) { c.Device.Samples = 3 },
	"device: probe":             func(c *Config) { c.Device.Probe = "node 'probe.mjs" },
	"device.probed":             func(c *Config) { c.Device.Probed = []int{9, 4} },
	"predictor.model":           func(c *Config) { c.Predictor.Model = "mlp" },
	"predictor.samples":         func(c *Config) { c.Predictor.Samples = 3 },
	"predictor.ranks":           func(c *Config) { c.Predictor.Ranks = []int{65} },
	"predictor.holdout":         func(c *Config) { c.Predictor.Holdout = 0 },
	"search.score":              func(c *Config) { c.Search.Score = "taste" },
	"search.trials":             func(c *Config) { c.Search.Trials = 0 },
	"search.batch":              func(c *Config) { c.Search.Batch = 0 },
	"search.sweep":              func(c *Config) { c.Search.Sweep = 0 },
	"search.top":                func(c *Config) { c.Search.Top = 0 },
	"search.seeds":              func(c *Config) { c.Search.Seeds = 0 },
	"search.repeat":             func(c *Config) { c.Search.Repeat = -1 },
	"search.by":                 func(c *Config) { c.Search.By = "taste" },
	"search.reward.weight":      func(c *Config) { c.Search.Reward.Weight = 1 },
	"search: reward":            func(c *Config) { c.Search.Reward.Kind = "soft" },
	"search.strategies.rl":      func(c *Config) { c.Search.Strategies.LSTM.Rate = 0 },
	"strategies.rl.growth":      func(c *Config) { c.Train.Sampler, c.Search.Strategies.LSTM.Growth = SamplerENAS, 10 },
	"search.strategies: evol":   func(c *Config) { c.Search.Strategies.Evolution.Population = 1 },
	"search.strategies: local":  func(c *Config) { c.Search.Strategies.Local.Starts = 0 },
	"search.strategies: bayes":  func(c *Config) { c.Search.Strategies.Bayes.Starts = 0 },
	"search.strategies: guided": func(c *Config) { c.Search.Strategies.Guided.Window = 0 },
	"search.strategies: nsga2":  func(c *Config) { c.Search.Strategies.NSGA2.Objectives = []string{"size"} },
	"search.strategies.ppo":     func(c *Config) { c.Search.Strategies.PPO.Epochs = 0 },
	"limits.latency":            func(c *Config) { c.Limits.Latency = -1 },
	"limits.flops":              func(c *Config) { c.Limits.FLOPs = -1 },
	"limits.params":             func(c *Config) { c.Limits.Params = -1 },
	"limits.energy":             func(c *Config) { c.Limits.Energy = -1 },
	"limits.memory":             func(c *Config) { c.Limits.Memory = -1 },
	"limits.size":               func(c *Config) { c.Limits.Size = -1 },
	"limits.elsewhere[0].table": func(c *Config) { c.Limits.Elsewhere = []Elsewhere{{Latency: 1}} },
	"limits.elsewhere[1].table": func(c *Config) {
		c.Limits.Elsewhere = []Elsewhere{{Table: "a/phone.json", Latency: 1}, {Table: "b/phone.json", Latency: 1}}
	},
	"limits.elsewhere[0].latency": func(c *Config) { c.Limits.Elsewhere = []Elsewhere{{Table: "phone.json"}} },
	"finish.networks":             func(c *Config) { c.Finish.Networks = 0 },
	"finish.share":                func(c *Config) { c.Finish.Share = 1 },
	"finish.steps":                func(c *Config) { c.Finish.Steps = -1 },
	"finish.lr":                   func(c *Config) { c.Finish.LR = 0 },
	"finish.batch":                func(c *Config) { c.Finish.Batch = -1 },
	"finish.distill":              func(c *Config) { c.Finish.Distill = 1.5 },
	"finish.epochs":               func(c *Config) { c.Finish.Epochs = -1 },
	"finish.power":                func(c *Config) { c.Finish.Power = 2 },
	"finish.plan":                 func(c *Config) { c.Finish.Plan = []int{3, 0} },
	"finish.replans.search-00":    func(c *Config) { c.Finish.Replans = map[string][]supernet.Replan{"search-00": {{At: 5, Steps: 5}}} },
}

func TestValidateNamesTheField(t *testing.T) {
	for field, spoil := range spoilt {
		c := resolved(t, Default())
		spoil(&c)
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v; want an error that names it", field, err)
		}
	}
}
