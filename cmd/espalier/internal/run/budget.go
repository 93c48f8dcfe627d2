package run

import (
	"context"
	"fmt"
	"time"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/config"
	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// trialShare of the budget may go into finding out how long a step takes.
	trialShare = 0.02
	// trainShare of the budget is trained for in any case, whatever the other
	// phases are expected to take.
	trainShare = 0.25
	// warmSteps pass before steps count: they make memory and fill caches.
	warmSteps = 5
	// leastTimed steps are timed at least; samplers differ from step to step.
	leastTimed = 20
	// timedSubnets are judged to time an evaluation.
	timedSubnets = 12
)

// affordable returns how many steps the budget leaves after the other phases.
// It times steps and evaluations on weights of their own, which are thrown away.
func (r *Run) affordable(ctx context.Context) (int, error) {
	budget := r.cfg.Budget
	trial := supernet.New(r.family, r.cfg.Seed)
	if r.cfg.Train.Arch != "" {
		return r.affordableAlone(ctx, trial)
	}
	each, err := r.stepTime(ctx, trial, time.Duration(trialShare*float64(budget)))
	if err != nil {
		return 0, err
	}
	rest, err := r.timeRest(ctx, trial)
	if err != nil {
		return 0, err
	}
	left := max(budget-time.Since(r.started)-rest, time.Duration(trainShare*float64(budget)))
	r.screen.Log.Info("budget", "of", budget.String(), "training", left.Round(time.Second).String(), "other phases", rest.Round(time.Second).String(),
		"step", each.Round(10*time.Microsecond).String())
	return max(1, int(left/each)), nil
}

// affordableAlone is affordable for the one architecture of train.arch, which
// has the whole budget for itself.
func (r *Run) affordableAlone(ctx context.Context, trial *supernet.Net) (int, error) {
	a, err := r.Arch(r.cfg.Train.Arch)
	if err != nil {
		return 0, err
	}
	net := trial.Extract(a)
	each, err := r.timeSteps(ctx, net, single(net), r.trainOptions(manySteps), time.Duration(trialShare*float64(r.cfg.Budget)))
	if err != nil {
		return 0, err
	}
	return max(1, int((r.cfg.Budget-time.Since(r.started))/each)), nil
}

// stepTime returns the mean time of a step, measured over about the given span.
// Random subnets stand for those of an ENAS controller; a sandwich's two stages
// are timed apart.
func (r *Run) stepTime(ctx context.Context, n *supernet.Net, span time.Duration) (time.Duration, error) {
	timed := func(s supernet.Sampler, err error) (time.Duration, error) {
		if err != nil {
			return 0, err
		}
		return r.timeSteps(ctx, n, s, r.trainOptions(manySteps), span/2)
	}
	if r.enas() {
		return timed(supernet.NewSampler("uniform", r.family.Space(), supernet.SamplerOptions{}))
	}
	later, err := timed(r.samplerAlone(0))
	if err != nil || r.cfg.Train.Sampler != "sandwich" {
		return later, err
	}
	first, err := timed(r.samplerAlone(manySteps))
	alone := r.cfg.Train.Alone
	return time.Duration(alone*float64(first) + (1-alone)*float64(later)), err
}

// manySteps is a number of steps that no timing reaches.
const manySteps = 1 << 20

// timeSteps returns the mean time of a training step, measured over about the
// given span.
func (r *Run) timeSteps(ctx context.Context, n *supernet.Net, s supernet.Sampler, o supernet.TrainOptions, span time.Duration) (time.Duration, error) {
	t, err := supernet.NewTrainer(r.exec, n, r.splits.Train, r.norm, s, o)
	if err != nil {
		return 0, err
	}
	if err := t.Run(ctx, warmSteps, nil); err != nil {
		return 0, err
	}
	start := time.Now()
	for t.Step() < warmSteps+leastTimed || time.Since(start) < span {
		if err := t.Run(ctx, t.Step()+leastTimed, nil); err != nil {
			return 0, err
		}
	}
	return time.Since(start) / time.Duration(t.Step()-warmSteps), nil
}

// timeRest estimates how long all phases after training take.
func (r *Run) timeRest(ctx context.Context, n *supernet.Net) (time.Duration, error) {
	if r.onlyTrain {
		return 0, nil
	}
	judge, err := r.evaluator(n, r.comparedOn())
	if err != nil {
		return 0, err
	}
	rng := stream.New(r.cfg.Seed, "timed subnets")
	archs := make([]space.Arch, timedSubnets)
	for i := range archs {
		archs[i] = r.family.Space().Random(rng)
	}
	if _, err := judge.Evaluate(ctx, archs[:1]); err != nil {
		return 0, err
	}
	start := time.Now()
	if _, err := judge.Evaluate(ctx, archs); err != nil {
		return 0, fmt.Errorf("time an evaluation: %w", err)
	}
	one := time.Since(start) / timedSubnets
	images := float64(r.cfg.Evaluate.Calibration + r.comparedOn().Len())
	whole := float64(r.cfg.Evaluate.Calibration + r.splits.Val.Len() + r.splits.Test.Len())
	evals := float64(r.evaluations()) + float64(r.cfg.Search.Top)*whole/images
	if r.cfg.Search.Random {
		evals *= 2
	}
	return time.Duration(evals * float64(one)), nil
}

// evaluations is how many architectures the search will judge on the supernet,
// and the random arm beside it too.
func (r *Run) evaluations() int {
	if r.cfg.Search.Score == config.ScoreSupernet {
		return r.cfg.Search.Trials
	}
	return r.cfg.Predictor.Samples + r.cfg.Search.Rounds*r.cfg.Search.Picks + r.cfg.Search.Top
}
