package supernet

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
)

// TrainOptions are the numbers of a training run. Rates are per step.
type TrainOptions struct {
	Batch       int          // images per step
	Steps       int          // optimiser steps in all
	LR, MinLR   float64      // peak and final learning rate of the schedule
	Warmup      float64      // share of the steps over which the rate rises linearly from 0
	Schedule    string       // how the rate falls: one of Schedules; empty: the first
	Optimizer   string       // one of Optimizers; empty: the first
	MuonRatio   float64      // rate of matrices over LR, with muon
	Momentum    float64      // of SGD, and of matrices with muon
	Nesterov    bool         // Nesterov momentum
	WeightDecay float64      // L2, on convolution and linear weights only
	Smoothing   float64      // label smoothing
	Clip        float64      // largest global gradient norm; 0: no limit
	DropPath    float64      // share of the pictures that the deepest paths lose at the end, see space.Step.Path; less before and above
	Auxiliary   float64      // weight of an auxiliary head's loss, see space.Plan.WithAuxiliary; 0: there is none
	Average     float64      // mean age of averaged weights, a share of the steps done, see Averaged; 0: no average
	Seed        uint64       // of order, augmentation and sampled subnets
	Augment     data.Augment // of the training images
	Small       float64      // share of the steps, at the beginning, on pictures of SmallSide of their sides; see For
	Plain       float64      // passes over the training images at the end, at least, that show them as they are
	Balance     bool         // show every class equally often, see data.NewBalancedLoader
}

// The schedules of the learning rate.
const (
	ScheduleCosine = "cosine" // half a cosine
	ScheduleLinear = "linear" // a straight line
	// ScheduleRestarts is three cosines, each twice as long as the one before (Loshchilov
	// and Hutter 2017).
	ScheduleRestarts = "restarts"
)

// Schedules lists the values of TrainOptions.Schedule.
func Schedules() []string { return []string{ScheduleCosine, ScheduleLinear, ScheduleRestarts} }

// MostAverage is the largest TrainOptions.Average, the plain mean over all steps.
const MostAverage = 0.5

// Validate reports every value that is out of range.
func (o TrainOptions) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(o.Batch >= 1, "batch is %d; want at least 1", o.Batch)
	check(o.Steps >= 1, "steps is %d; want at least 1", o.Steps)
	check(o.LR > 0, "lr is %v; want more than 0", o.LR)
	check(o.MinLR >= 0 && o.MinLR <= o.LR, "min_lr is %v; want 0 to lr", o.MinLR)
	check(o.Warmup >= 0 && o.Warmup < 1, "warmup is %v; want a share below 1", o.Warmup)
	check(o.Schedule == "" || slices.Contains(Schedules(), o.Schedule), "schedule is %q; want one of %v", o.Schedule, Schedules())
	check(o.Optimizer == "" || slices.Contains(Optimizers(), o.Optimizer), "optimizer is %q; want one of %v", o.Optimizer, Optimizers())
	check(o.Optimizer != OptimizerMuon || o.MuonRatio > 0, "muon_ratio is %v; want more than 0", o.MuonRatio)
	check(o.Momentum >= 0 && o.Momentum < 1, "momentum is %v; want 0 to below 1", o.Momentum)
	check(o.WeightDecay >= 0, "weight_decay is %v; want 0 or more", o.WeightDecay)
	check(o.Smoothing >= 0 && o.Smoothing < 1, "smoothing is %v; want 0 to below 1", o.Smoothing)
	check(o.Clip >= 0, "clip is %v; want 0 or more", o.Clip)
	check(o.DropPath >= 0 && o.DropPath < 1, "drop_path is %v; want 0 to below 1", o.DropPath)
	check(o.Auxiliary >= 0 && o.Auxiliary <= 1, "auxiliary is %v; want 0 to 1", o.Auxiliary)
	check(o.Small >= 0 && o.Small < 1, "small is %v; want 0 to below 1", o.Small)
	check(o.Plain >= 0, "plain is %v; want 0 or more passes", o.Plain)
	check(o.Average >= 0 && o.Average <= MostAverage, "average is %v; want 0 to %v", o.Average, MostAverage)
	return errors.Join(errs...)
}

// resolved returns o with what empty fields stand for.
func (o TrainOptions) resolved() TrainOptions {
	o.Schedule = cmp.Or(o.Schedule, ScheduleCosine)
	o.Optimizer = cmp.Or(o.Optimizer, OptimizerSGD)
	return o
}

// loader returns the loader of the training images, varied as aug says.
func (o TrainOptions) loader(set *data.Set, norm data.Normalization, aug data.Augment) *data.Loader {
	if o.Balance {
		return data.NewBalancedLoader(set, norm, aug, o.Batch, o.Seed)
	}
	return data.NewLoader(set, norm, aug, o.Batch, o.Seed)
}

// augment returns how images are varied when an epoch has so many steps: not in the
// last Plain passes, which leaves whole epochs before them, or none.
func (o TrainOptions) augment(perEpoch int) data.Augment {
	a := o.Augment
	if o.Plain == 0 {
		return a
	}
	if a.Until = int(float64(o.Steps)/float64(perEpoch) - o.Plain); a.Until <= 0 {
		return data.Augment{}
	}
	return a
}

// rate returns the schedule of the learning rate.
func (o TrainOptions) rate() ops.Schedule {
	warmup := int(o.Warmup * float64(o.Steps))
	switch o.Schedule {
	case ScheduleLinear:
		return ops.Triangle{Base: o.LR, Min: o.MinLR, Warmup: warmup, Total: o.Steps}
	case ScheduleRestarts:
		return ops.Restarts{Base: o.LR, Min: o.MinLR, Warmup: warmup, Total: o.Steps, Cycles: 3}
	}
	return ops.Cosine{Base: o.LR, Min: o.MinLR, Warmup: warmup, Total: o.Steps}
}
