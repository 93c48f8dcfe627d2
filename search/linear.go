package search

import (
	"context"
	"fmt"

	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// linearPictures are learnt from in all by the linear classifier, at least one
	// epoch and at most linearEpochs.
	linearPictures = 200_000
	linearEpochs   = 40
	linearRate     = 0.01
	// With a budget it learns from no more than it can in linearShare of that: pictures of many
	// pixels and classes would take longer than all the rest. Weights go by a speed that
	// every machine has, so that how much it learns from hangs on the machine only where
	// reading the pixels takes longer.
	linearShare = 0.05
	linearSpeed = 5e9 // weights times pictures, in a second
)

// linear returns the accuracy on the validation split of a linear classifier of
// the pixels, trained as plainly as it can be: a network that is no better is of
// no use. It is trained once in the life of the folder.
func (r *Run) linear(ctx context.Context) (float64, error) {
	if r.state.Linear != nil {
		return *r.state.Linear, nil
	}
	train, val := r.splits.Train.Flat(), r.splits.Val.Flat()
	f, err := space.NewFixed(space.Plan{{
		Layer: space.Layer{Op: space.Linear, H: 1, W: 1, InC: train.C, OutC: len(train.Classes)}, Weight: "linear", Bias: true, In: []int{space.Image},
	}})
	if err != nil {
		return 0, err
	}
	look, err := train.Survey(nil)
	if err != nil {
		return 0, err
	}
	norm := look.Normalization()
	begin := func(net *supernet.Net, o supernet.TrainOptions) (*supernet.Trainer, error) {
		return supernet.NewTrainer(r.exec, net, train, norm, single(net), o)
	}
	o := r.linearOptions(train)
	if r.budgeted() && r.cfg.Finish.Linear == 0 {
		timed := o
		timed.Steps = manySteps
		trial, err := begin(supernet.New(f, r.cfg.Seed), timed)
		if err != nil {
			return 0, err
		}
		if o.Steps, err = r.linearSteps(ctx, trial, o.Steps); err != nil {
			return 0, err
		}
	}
	net := supernet.New(f, r.cfg.Seed)
	t, err := begin(net, o)
	if err != nil {
		return 0, err
	}
	if err := t.Run(ctx, o.Steps, nil); err != nil {
		return 0, err
	}
	e := r.cfg.Evaluate
	by, err := supernet.NewEvaluator(r.exec, net, train, val, norm, supernet.EvalOptions{Calibration: e.Calibration, Batch: e.Batch, Seed: r.cfg.Seed})
	if err != nil {
		return 0, err
	}
	scores, err := by.Evaluate(ctx, []space.Arch{f.Arch()})
	if err != nil {
		return 0, err
	}
	r.state.Linear = &scores[0].Accuracy
	r.monitor.Log.Info("linear classifier", "validation accuracy", fmt.Sprintf("%.4f", scores[0].Accuracy), "steps", o.Steps)
	return scores[0].Accuracy, r.state.save(r.dir)
}

// linearSteps decides, once in the life of the folder, for how many steps the linear classifier is trained: at
// most so many, and those that take no longer than its share of the budget, by what a trial's take.
func (r *Run) linearSteps(ctx context.Context, trial *supernet.Trainer, steps int) (int, error) {
	each, err := r.fastestStep(ctx, trial)
	if err != nil {
		return 0, err
	}
	if each > 0 {
		steps = min(steps, max(1, int(linearShare*r.cfg.Budget.Seconds()/each)))
	}
	r.cfg.Finish.Linear = steps
	return steps, r.saveConfig()
}

// linearOptions returns how the linear classifier is trained; train is flat. Its steps are those
// that were decided on, if they were: a run from the configuration of another has no budget.
func (r *Run) linearOptions(train *data.Set) supernet.TrainOptions {
	pictures := train.Len()
	batch := min(r.cfg.Train.Batch, pictures)
	epochs := min(linearEpochs, max(1, linearPictures/pictures))
	steps := max(1, epochs*(pictures/batch))
	if budget := r.cfg.Budget.Seconds(); budget > 0 {
		each := float64(batch) * float64(train.C) * float64(len(train.Classes))
		steps = min(steps, max(1, int(linearShare*budget*linearSpeed/each)))
	}
	if decided := r.cfg.Finish.Linear; decided > 0 {
		steps = decided
	}
	return supernet.TrainOptions{
		Batch: batch, Steps: steps, LR: linearRate, Warmup: 0.05, Momentum: 0.9, Nesterov: true,
		WeightDecay: 1e-3, Clip: 5, Seed: r.cfg.Seed, Balance: r.cfg.Data.Balance,
	}
}
