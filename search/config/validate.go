package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/espalier-nas/espalier/bench/external"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
)

// SamplerENAS is the sampler that the controller of the search drives.
const SamplerENAS = "enas"

// Samplers lists the values of train.sampler.
func Samplers() []string { return append(supernet.Samplers(), SamplerENAS) }

// Validate reports every fault of the document in one error; each names the
// field and what was expected.
func (c *Config) Validate() error {
	var f faults
	f.check(c.Workers >= 0, "workers", c.Workers, "0 or more")
	f.oneOf("kernel", string(c.Kernel), append(Kernels(), ""))
	f.check(c.Budget >= 0, "budget", c.Budget, "a duration such as 20m")
	f.check(c.Budget > 0 || c.Train.Steps > 0 || c.Train.Epochs > 0, "budget", c.Budget, "a duration such as 20m, unless train.steps or train.epochs is given")
	c.Data.validate(&f)
	if d := c.Space.Declaration; d != nil {
		f.join("space."+c.Space.Kind, d.Validate())
	} else {
		f.check(false, "space.preset", c.Space.Preset, "a resolved space")
	}
	c.Train.validate(&f)
	c.Evaluate.validate(&f)
	c.Device.validate(&f)
	c.Predictor.validate(&f)
	c.Search.validate(&f)
	f.check(c.Predictor.Prior == "" || c.Search.Score == ScorePredictor, "predictor.prior", c.Predictor.Prior, "none where search.score is "+ScoreSupernet)
	growth := c.Search.Strategies.LSTM.Growth
	f.check(growth == 1 || c.Train.Sampler != SamplerENAS, "search.strategies.rl.growth", growth, "1 where train.sampler is "+SamplerENAS)
	c.Limits.validate(&f)
	c.Finish.validate(&f)
	f.finite(*c)
	return errors.Join(f...)
}

func (l Limits) validate(f *faults) {
	f.check(l.Latency >= 0, "limits.latency", l.Latency, "a duration such as 1ms, or 0 for none")
	f.check(l.FLOPs >= 0, "limits.flops", int64(l.FLOPs), "a number, or 0 for none")
	f.check(l.Params >= 0, "limits.params", int64(l.Params), "a number, or 0 for none")
	f.check(l.Memory >= 0, "limits.memory", int64(l.Memory), "bytes, such as 200k, or 0 for none")
	f.check(l.Size >= 0, "limits.size", int64(l.Size), "bytes, such as 1M, or 0 for none")
	f.check(l.Energy >= 0, "limits.energy", float64(l.Energy), "an energy such as 3mJ, or 0 for none")
	seen := make(map[string]bool)
	for i, e := range l.Elsewhere {
		field := fmt.Sprintf("limits.elsewhere[%d].", i)
		f.check(e.Table != "", field+"table", e.Table, "a latency file that measure has written on another machine")
		f.check(!seen[e.Device()], field+"table", e.Table, "a file of another name than those before, since reports call devices by it")
		f.check(e.Latency > 0, field+"latency", e.Latency, "a duration such as 5ms")
		seen[e.Device()] = true
	}
}

func (d Data) validate(f *faults) {
	f.oneOf("data.fit", d.Fit, data.Fits())
	_, err := regexp.Compile(d.Group)
	f.check(err == nil, "data.group", d.Group, "a regular expression")
	f.join("data", data.OpenOptions{LabelPattern: d.LabelPattern, Labels: d.Labels}.Validate())
	f.check(data.View{Background: d.Background}.Validate() == nil, "data.background", d.Background, "a colour such as #ffffff")
	f.check(d.Cache >= 0, "data.cache", int64(d.Cache), "bytes, such as 500M, or 0 for a share of the memory that is free")
	f.check(d.Size >= 0, "data.size", d.Size, "pixels, or 0 for the size of the pictures")
	f.check(d.Validation > 0 && d.Validation < 1, "data.validation", d.Validation, "a share between 0 and 1")
	f.check(d.Test > 0 && d.Test < 1, "data.test", d.Test, "a share between 0 and 1")
	f.check(d.Validation+d.Test < 1, "data.validation + data.test", d.Validation+d.Test, "less than 1")
	f.check(d.Dir != "" || d.Size == 0, "data.size", d.Size, "0 for the embedded pictures")
}

func (t Train) validate(f *faults) {
	f.oneOf("train.sampler", t.Sampler, Samplers())
	least := supernet.LeastRandom(t.Sampler)
	f.check(t.Random >= least, "train.random", t.Random, fmt.Sprintf("%d or more random subnets for %s", least, t.Sampler))
	f.check(t.Between >= 0 && t.Between <= 1, "train.between", t.Between, "a share from 0 to 1")
	f.check(t.Alone >= 0 && t.Alone <= 1, "train.alone", t.Alone, "a share from 0 to 1")
	f.check(t.Batch >= 1, "train.batch", t.Batch, "at least 1")
	f.check(t.Steps >= 0, "train.steps", t.Steps, "0 or more")
	f.replans("train.replans", t.Replans)
	f.check(t.Epochs >= 0, "train.epochs", t.Epochs, "0 or more")
	f.check(t.Steps == 0 || t.Epochs == 0, "train.epochs", t.Epochs, "0 when train.steps is given")
	f.check(t.LR > 0, "train.lr", t.LR, "more than 0")
	f.check(t.MinLR >= 0 && t.MinLR <= t.LR, "train.min_lr", t.MinLR, "0 to train.lr")
	f.share("train.warmup", t.Warmup)
	f.oneOf("train.schedule", t.Schedule, supernet.Schedules())
	f.oneOf("train.optimizer", t.Optimizer, supernet.Optimizers())
	f.check(t.MuonRatio > 0, "train.muon_ratio", t.MuonRatio, "more than 0")
	f.share("train.momentum", t.Momentum)
	f.share("train.drop_path", t.DropPath)
	f.check(t.Auxiliary >= 0 && t.Auxiliary <= 1, "train.auxiliary", t.Auxiliary, "a weight from 0 to 1")
	f.share("train.smoothing", t.Smoothing)
	f.check(t.WeightDecay >= 0, "train.weight_decay", t.WeightDecay, "0 or more")
	f.check(t.Clip >= 0, "train.clip", t.Clip, "0 or more")
	f.check(t.Average >= 0 && t.Average <= supernet.MostAverage, "train.average", t.Average, fmt.Sprintf("a share from 0 to %v", supernet.MostAverage))
	t.validateAugment(f)
	f.check(t.Checkpoint > 0, "train.checkpoint", t.Checkpoint, "a duration such as 1m")
	if t.Sampler == SamplerENAS {
		t.ENAS.validate(f)
	}
}

func (t Train) validateAugment(f *faults) {
	f.check(t.Small >= 0 && t.Small < 1 || t.Small == AutoAmount, "train.small", float64(t.Small), "a share from 0 to below 1, or auto")
	f.check(t.Plain >= 0 || t.Plain == AutoAmount, "train.plain", float64(t.Plain), "0 or more passes, or auto")
	f.oneOf("train.reflect", string(t.Reflect), []string{string(Auto), string(On), string(Off)})
	f.oneOf("train.flip", string(t.Flip), []string{string(Auto), string(On), string(Off)})
	f.check(t.Crop >= 0, "train.crop", t.Crop, "0 or more pixels")
	f.check(t.Cutout >= 0, "train.cutout", t.Cutout, "0 or more pixels")
	f.check(t.Erase >= 0 && t.Erase <= 1, "train.erase", t.Erase, "a share from 0 to 1")
	f.check(t.EraseMost >= data.EraseLeast && t.EraseMost <= 1, "train.erase_most", t.EraseMost, fmt.Sprintf("a share from %v to 1", data.EraseLeast))
}

func (e ENAS) validate(f *faults) {
	f.check(e.Every >= 1, "train.enas.every", e.Every, "at least 1 step")
	f.check(e.Updates >= 1, "train.enas.updates", e.Updates, "at least 1")
	f.check(e.Batch >= 1, "train.enas.batch", e.Batch, "at least 1")
	f.check(e.Images >= 1, "train.enas.images", e.Images, "at least 1")
}

func (e Evaluate) validate(f *faults) {
	f.check(e.Calibration >= 2, "evaluate.calibration", e.Calibration, "at least 2 images")
	f.check(e.Batch >= 2 || e.Batch == 0, "evaluate.batch", e.Batch, "at least 2 images, or 0")
	f.check(e.Images >= 0, "evaluate.images", e.Images, "a number of images, or 0 for all")
}

func (d Device) validate(f *faults) {
	f.check(d.Batch >= 1, "device.batch", d.Batch, "at least 1 image")
	f.check(d.Workers >= 0, "device.workers", d.Workers, "0 or more")
	f.check(d.Samples >= 10, "device.samples", d.Samples, "at least 10 networks")
	if d.Probe != "" {
		_, err := external.New(d.Probe, d.Batch)
		f.join("device", err)
	}
	f.check(len(d.Probed) == 0 || len(d.Probed) == 2 && d.Probed[0] >= 10 && d.Probed[1] >= 1, "device.probed", d.Probed, "at least 10 networks to learn from and 1 candidate, or none of both")
}

func (p Predictor) validate(f *faults) {
	f.oneOf("predictor.model", p.Model, predictor.Names())
	f.check(p.Samples >= 10, "predictor.samples", p.Samples, "at least 10 architectures")
	f.check(p.Folds >= 2 && p.Folds <= p.Samples, "predictor.folds", p.Folds, "2 to predictor.samples")
	for _, r := range p.Ranks {
		f.check(r >= 0 && r <= 64, "predictor.ranks", r, "ranks from 0 to 64")
	}
	f.check(p.Holdout > 0 && p.Holdout < 1, "predictor.holdout", p.Holdout, "a share between 0 and 1")
}

func (s Search) validate(f *faults) {
	f.oneOf("search.strategy", s.Strategy, controller.Strategies())
	f.oneOf("search.score", s.Score, []string{ScorePredictor, ScoreSupernet})
	f.check(s.Trials >= 1, "search.trials", s.Trials, "at least 1")
	f.check(s.Rounds >= 1, "search.rounds", s.Rounds, "at least 1")
	f.check(s.Picks >= 1, "search.picks", s.Picks, "at least 1")
	f.check(s.Batch >= 1, "search.batch", s.Batch, "at least 1")
	f.check(s.Sweep >= 1 && s.Rounds >= 1 && s.Sweep*s.AllRounds() <= s.Trials, "search.sweep", s.Sweep, fmt.Sprintf("at least 1, and no more searches in all of %d rounds than search.trials", s.AllRounds()))
	f.check(s.Top >= 1, "search.top", s.Top, "at least 1")
	f.oneOf("search.by", s.By, []string{ByLoss, ByAccuracy})
	f.check(s.Seeds >= 1, "search.seeds", s.Seeds, "at least 1")
	f.check(s.Repeat >= 0, "search.repeat", s.Repeat, "0 or more")
	o := s.Strategies
	f.join("search.strategies", o.Bayes.Validate())
	f.join("search.strategies", o.Evolution.Validate())
	f.join("search.strategies", o.Guided.Validate())
	f.join("search.strategies", o.Local.Validate())
	f.join("search.strategies", o.NSGA2.Validate())
	f.join("search.strategies.rl", o.LSTM.Validate())
	f.join("search.strategies.ppo", o.PPO.Validate())
	f.join("search.strategies.tunas", o.Tunas.Validate())
	f.check(s.Reward.Weight <= 0, "search.reward.weight", s.Reward.Weight, "a number below 0, or 0 for the kind's own")
	if s.Reward.Kind != "" {
		f.join("search", s.Reward.Controller().Validate())
	}
}

func (t Finish) validate(f *faults) {
	f.check(t.Networks >= 1, "finish.networks", t.Networks, "at least 1")
	f.check(t.Share > 0 && t.Share < 1, "finish.share", t.Share, "a share between 0 and 1")
	f.check(t.Steps >= 0, "finish.steps", t.Steps, "0 or more")
	f.check(t.LR > 0, "finish.lr", t.LR, "more than 0")
	f.check(t.Batch >= 0, "finish.batch", t.Batch, "a number of images, or 0 for train.batch")
	f.check(t.Distill >= 0 && t.Distill <= 1, "finish.distill", t.Distill, "0 to 1")
	f.check(t.Epochs >= 0, "finish.epochs", t.Epochs, "0 or more")
	f.check(t.Reach >= 0, "finish.reach", t.Reach, "0 or more")
	f.check(t.Power >= 0 && t.Power <= 1, "finish.power", t.Power, "0 to 1")
	for _, n := range t.Plan {
		f.check(n >= 1, "finish.plan", n, "numbers of at least 1")
	}
	f.check(t.BySize >= 0, "finish.by_size", t.BySize, "a number of pictures, or 0 for any")
	f.check(t.Linear >= 0, "finish.linear", t.Linear, "0 or more")
	for name, all := range t.Replans {
		f.replans("finish.replans."+name, all)
	}
}

// Controller returns the reward that the fields describe; it may be invalid.
func (r Reward) Controller() controller.Reward {
	out, err := controller.NewReward(controller.RewardKind(r.Kind), r.Target.Seconds())
	if err != nil {
		return controller.Reward{Kind: controller.RewardKind(r.Kind), Target: r.Target.Seconds(), Weight: r.Weight}
	}
	if r.Weight != 0 {
		out.Weight = r.Weight
	}
	return out
}

// faults collects what is wrong with a document.
type faults []error

func (f *faults) check(ok bool, field string, have any, want string) {
	if d, isDuration := have.(time.Duration); isDuration {
		have = d.String()
	}
	if s, isString := have.(string); isString {
		have = fmt.Sprintf("%q", s)
	}
	if !ok {
		*f = append(*f, fmt.Errorf("%s is %v; want %s", field, have, want))
	}
}

func (f *faults) share(field string, v float64) {
	f.check(v >= 0 && v < 1, field, v, "a share from 0 to below 1")
}

func (f *faults) replans(field string, all []supernet.Replan) {
	for _, r := range all {
		f.check(r.At >= 1 && r.Steps > r.At, field, r, "a step of at least 1 and more steps in all than that")
	}
}

func (f *faults) oneOf(field, have string, want []string) {
	if slices.Contains(want, have) {
		return
	}
	quoted := make([]string, len(want))
	for i, w := range want {
		quoted[i] = fmt.Sprintf("%q", w)
	}
	f.check(false, field, have, "one of "+strings.Join(quoted, ", "))
}

// join adds the faults that another package found, under the field's name.
func (f *faults) join(field string, err error) {
	if err == nil {
		return
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			f.join(field, e)
		}
		return
	}
	if strings.HasPrefix(err.Error(), field+": ") {
		*f = append(*f, err)
		return
	}
	*f = append(*f, fmt.Errorf("%s: %w", field, err))
}
