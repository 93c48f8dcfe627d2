package search

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// trialShare of the budget may go into finding out how long a step takes.
	trialShare = 0.01
	// onlyTrialShare is trialShare where the budget is for training alone: no later
	// phase makes up for what a short timing is wrong by.
	onlyTrialShare = 0.04
	// evaluationShare of the budget may go into evaluating subnets; where it does not
	// suffice for what is configured, fewer are evaluated on fewer images.
	evaluationShare = 0.08
	// endShare of the budget is kept for timing, testing and writing what is
	// handed over.
	endShare = 0.02
	// warmSteps pass before steps count: they make memory and fill caches.
	warmSteps = 5
	// leastTimed steps are timed at least; samplers differ from step to step.
	leastTimed = 20
	// timedSubnets are evaluated to time an evaluation.
	timedSubnets = 12
	// leastSteps of the supernet and of each rung are worth starting for.
	leastSteps = 20
)

// trialsPerSecond of the budget are proposed to the predictor at most: under tight
// limits most proposals are in vain, and all take time.
const trialsPerSecond = 30

// leastTrials are proposed in any case, if as many are configured.
const leastTrials = 200

// affordable returns how many steps the budget leaves for the supernet: its part
// of what the other phases leave. It times steps and evaluations on weights of
// their own, which are thrown away.
func (r *Run) affordable(ctx context.Context) (int, error) {
	budget := r.cfg.Budget
	trial := supernet.New(r.family, r.cfg.Seed)
	if r.cfg.Train.Arch != "" {
		return r.affordableAlone(ctx, trial)
	}
	if r.onlyTrain {
		each, err := r.stepTime(ctx, trial, time.Duration(onlyTrialShare*float64(budget)))
		return max(1, int(r.left()/max(1, each))), err
	}
	each, err := r.stepTime(ctx, trial, time.Duration(trialShare*float64(budget)))
	if err != nil {
		return 0, err
	}
	fit, err := r.fitPredicting()
	if err != nil {
		return 0, err
	}
	evaluating, image, err := r.fitEvaluation(ctx, trial)
	if err != nil {
		return 0, err
	}
	predicting := time.Duration(allFits(r.cfg) * float64(fit)) // from what evaluating has left of the subnets
	left := r.left() - evaluating - predicting - r.ending()
	share := 1 - r.cfg.Finish.Share
	if least := r.leastAfter(each, image); left < least {
		return 0, fmt.Errorf("budget is %v; want at least %v: reading and probing took %v, evaluating takes %v, learning to predict %v, and %d steps of the supernet with finishing %v", budget,
			roundUp(budget-left+least), r.spent().Round(time.Second/10), evaluating.Round(time.Second/10), predicting.Round(time.Second/10), leastSteps, least.Round(time.Second/10))
	}
	train := time.Duration(share * float64(left))
	r.monitor.Log.Info("budget", "of", budget.String(), "so far", r.spent().Round(time.Second/10).String(), "training", train.Round(time.Second/10).String(),
		"evaluating", evaluating.Round(time.Second/10).String(), "predicting", predicting.Round(time.Second/10).String(), "finishing", (left - train).Round(time.Second/10).String(), "step", each.Round(10*time.Microsecond).String())
	return max(1, int(train/each)), nil
}

// leastTime returns how long the run takes at least, what it has taken so far included, until
// its supernet has been trained for the least number of steps and finishing has had its share:
// what affordable will find, if a training step takes so long of the narrow network and of
// those that are no dearer. Steps that are timed on the way and evaluating, which it returns too,
// count.
func (r *Run) leastTime(narrow, step time.Duration) (least, evaluating time.Duration) {
	steps := leastSteps/(1-r.cfg.Finish.Share) + warmSteps + leastTimed/2
	seconds := step.Seconds() * steps
	if r.cfg.Finish.Reach == 0 {
		seconds += leastReach * narrow.Seconds()
	}
	image := time.Duration(forwardShare * r.cheapest() * float64(narrow) / float64(r.cfg.Train.Batch))
	c := r.cfg // a copy: here nothing is decided
	if all, may := r.evaluationTime(c, image), evaluationShare*float64(c.Budget); float64(all) > may {
		cutEvaluation(&c, r.splits.Val.Len(), may/float64(all))
	}
	evaluating = r.evaluationTime(c, image)
	seconds += (checkShare + endShare) * r.cfg.Budget.Seconds()
	return r.spent() + evaluating + time.Duration(seconds*float64(time.Second)), evaluating
}

// leastReach training steps of the narrow network are timed at least to find out what is within
// reach; see timeFew.
const leastReach = 3

// cheapDraws random architectures show what those cost that are no dearer than the narrow one.
// The first timedCheap of them are timed, as long as that takes no more than firstShare of the
// budget; cheapShare of their median is taken for what a step takes at least, and no more than
// mostCheap times what the narrow one's takes, in case something disturbed them: the mean of what
// will be trained is more than the median, but what of that is within reach is not known yet.
const (
	cheapDraws = 200
	timedCheap = 5
	cheapShare = 0.75
	mostCheap  = 2
)

// cheapStep returns how long a training step takes at least of the networks that are left to
// train if nothing dearer than the narrow one is, whose step takes so long.
func (r *Run) cheapStep(ctx context.Context, net *supernet.Net, narrow time.Duration) (time.Duration, error) {
	rng, start := stream.New(r.cfg.Seed, "cheap networks"), r.now()
	var timed []time.Duration
	for range cheapDraws {
		a := r.family.Space().Random(rng)
		if r.flops(a) > r.flops(r.family.Extremes().Narrow) {
			continue
		}
		took, err := r.timeSteps(ctx, net, supernet.Single{Arch: a}, r.trainOptions(manySteps), 0, 1, 1)
		if err != nil {
			return 0, err
		}
		timed = append(timed, took)
		if len(timed) == timedCheap || r.since(start).Seconds() > firstShare*r.cfg.Budget.Seconds() {
			break
		}
	}
	least := time.Duration(r.cheapest() * float64(narrow))
	if len(timed) == 0 {
		return least, nil
	}
	slices.Sort(timed)
	median := timed[(len(timed)-1)/2]
	return max(least, min(mostCheap*narrow, time.Duration(cheapShare*float64(median)))), nil
}

// cheapest returns what a training step takes, over one of the narrow network, of the random
// networks that are left to train if nothing dearer is within reach: the lesser of their shares
// of its operations and of the memory of its maps, on average, and no more than 1.
func (r *Run) cheapest() float64 {
	cost := func(a space.Arch) (flops, bytes float64) {
		p := r.family.Plan(a)
		return float64(p.FLOPs()), float64(supernet.TrainingBytes(p, r.trainOptions(manySteps)))
	}
	flops, bytes := cost(r.family.Extremes().Narrow)
	rng, sum, n := stream.New(r.cfg.Seed, "cheap networks"), 0.0, 0.0
	for range cheapDraws {
		if f, b := cost(r.family.Space().Random(rng)); f <= flops {
			sum, n = sum+min(f/flops, b/bytes), n+1
		}
	}
	if n == 0 {
		return 1
	}
	return min(1, sum/n)
}

// roundUp returns a duration that reads well and is not less, with some room.
func roundUp(d time.Duration) time.Duration {
	d += d / 10
	return (d + time.Second - 1).Truncate(time.Second)
}

// affordableAlone is affordable for the one architecture of train.arch, which
// has the whole budget for itself.
func (r *Run) affordableAlone(ctx context.Context, trial *supernet.Net) (int, error) {
	a, err := r.Arch(r.cfg.Train.Arch)
	if err != nil {
		return 0, err
	}
	net := trial.Extract(a, r.exec.Kernel())
	each, err := r.timeSteps(ctx, net, single(net), r.aloneOptions(manySteps), time.Duration(onlyTrialShare*float64(r.cfg.Budget)), warmSteps, leastTimed)
	if err != nil {
		return 0, err
	}
	return max(1, int(r.left()/each)), nil
}

// stepTime returns the mean time of a step, measured over about the given span.
// Random subnets stand for those of an ENAS controller; the first steps of samplers that
// begin with the largest alone are timed apart.
func (r *Run) stepTime(ctx context.Context, n *supernet.Net, span time.Duration) (time.Duration, error) {
	timed := func(s supernet.Sampler, err error) (time.Duration, error) {
		if err != nil {
			return 0, err
		}
		return r.timeSteps(ctx, n, s, r.trainOptions(manySteps), span/2, warmSteps, leastTimed/2)
	}
	if r.enas() {
		return timed(supernet.NewSampler("uniform", r.family.Space(), supernet.SamplerOptions{}))
	}
	later, err := timed(r.samplerAlone(0))
	if err != nil || !supernet.BeginsAlone(r.cfg.Train.Sampler) {
		return later, err
	}
	first, err := timed(r.samplerAlone(manySteps))
	alone := r.cfg.Train.Alone
	return time.Duration(alone*float64(first) + (1-alone)*float64(later)), err
}

// manySteps is a number of steps that no timing reaches.
const manySteps = 1 << 20

// timeSteps returns the mean time of a step of a whole training, as one on whole pictures tells it: after a third of the span and so many
// steps to warm up, measured over the rest and at least so many steps.
func (r *Run) timeSteps(ctx context.Context, n *supernet.Net, s supernet.Sampler, o supernet.TrainOptions, span time.Duration, warm, least int) (time.Duration, error) {
	return r.timeStepsOn(ctx, r.exec, n, s, o, span, warm, least)
}

// onWhole returns options by which the steps of a training of n by o are timed, on whole pictures all of
// them, and what a step of that training takes on average over one of those.
func onWhole(o supernet.TrainOptions, n *supernet.Net) (whole supernet.TrainOptions, cost float64) {
	cost = o.For(n).MeanCost()
	o.Small = 0
	return o, cost
}

// timeStepsOn is timeSteps on processors of the caller's.
func (r *Run) timeStepsOn(ctx context.Context, x *ops.Exec, n *supernet.Net, s supernet.Sampler, o supernet.TrainOptions, span time.Duration, warm, least int) (time.Duration, error) {
	whole, cost := onWhole(o, n)
	t, err := supernet.NewTrainer(x, n, r.splits.Train, r.norm, s, whole)
	if err != nil {
		return 0, err
	}
	run := func(steps int, span time.Duration) error {
		from, start := t.Step(), r.now()
		for t.Step() < from+steps || r.since(start) < span {
			if err := t.Run(ctx, t.Step()+steps, nil); err != nil {
				return err
			}
		}
		return nil
	}
	if err := run(warm, span/3); err != nil { // every new subnet touches memory for the first time
		return 0, err
	}
	from, start := t.Step(), r.now()
	if err := run(least, span*2/3); err != nil {
		return 0, err
	}
	each := r.since(start) / time.Duration(t.Step()-from)
	return time.Duration(cost * float64(each)), nil
}

// ending returns how long checks, and timing, testing and writing what is handed over, may take: their shares of the
// budget, or what the pictures that they evaluate take if that is more, as where nothing could be cut any further.
func (r *Run) ending() time.Duration {
	image, budget := r.state.Image, r.cfg.Budget.Seconds()
	tested := float64(r.splits.Test.Len() * r.cfg.Finish.Networks)
	seconds := max(checkShare*budget, float64(r.checkPictures())*image) + max(endShare*budget, tested*image)
	return time.Duration(seconds * float64(time.Second))
}

// leastAfter returns how long training the supernet and finishing take at least, of which a step and evaluating an
// image take so long: the least steps with their part of finishing, the linear classifier, and evaluating one network
// on each rung, on all of the validation split and on the test split.
func (r *Run) leastAfter(step, image time.Duration) time.Duration {
	calibration := r.cfg.Evaluate.Calibration
	images := rungs*(calibration+r.comparedOn().Len()) + calibration + r.splits.Val.Len()
	images = images*r.laneCount(r.cfg.Search.Top) + r.splits.Test.Len() // on a part of the workers
	return time.Duration(float64(leastSteps*step)/(1-r.cfg.Finish.Share)+linearShare*float64(r.cfg.Budget)) + time.Duration(images)*image
}

// fitEvaluation returns how long evaluating subnets takes, after cutting down what is
// configured so that it fits its share of the budget, and how long it takes for an image.
func (r *Run) fitEvaluation(ctx context.Context, n *supernet.Net) (all, image time.Duration, err error) {
	before := r.cfg
	if s := &r.cfg.Search; s.Score == config.ScorePredictor {
		s.Trials = min(s.Trials, max(leastTrials, s.Sweep*s.AllRounds(), int(trialsPerSecond*r.cfg.Budget.Seconds())))
		r.cfg.NoteDecided(before)
	}
	if image, err = r.timeEvaluation(ctx, n); err != nil {
		return 0, 0, err
	}
	r.state.Image = image.Seconds()
	whole, may := r.evaluationTime(r.cfg, image), time.Duration(evaluationShare*float64(r.cfg.Budget))
	if whole <= may {
		return whole, image, nil
	}
	cutEvaluation(&r.cfg, r.splits.Val.Len(), float64(may)/float64(whole))
	r.cfg.NoteDecided(before)
	now := r.evaluationTime(r.cfg, image)
	r.monitor.Log.Info("evaluating is cut to fit the budget", "subnets", fmt.Sprintf("%d of %d", toEvaluate(r.cfg), toEvaluate(before)), "images", r.comparedOn().Len(),
		"takes", now.Round(time.Second/10).String(), "instead of", whole.Round(time.Second/10).String())
	return now, image, r.saveConfig()
}

// timeEvaluation returns the mean time that evaluating a random subnet takes per image.
func (r *Run) timeEvaluation(ctx context.Context, n *supernet.Net) (time.Duration, error) {
	by, err := r.evaluator(n, r.comparedOn())
	if err != nil {
		return 0, err
	}
	draw, err := supernet.NewSampler("uniform", r.family.Space(), supernet.SamplerOptions{Fits: r.fits()})
	if err != nil {
		return 0, err
	}
	rng := stream.New(r.cfg.Seed, "timed subnets")
	archs := make([]space.Arch, timedSubnets)
	for i := range archs {
		archs[i] = draw.Sample(i, rng, nil)[0].Arch
	}
	start, done := r.now(), 0
	for _, a := range archs {
		if _, err := by.Evaluate(ctx, []space.Arch{a}); err != nil {
			return 0, fmt.Errorf("time an evaluation: %w", err)
		}
		done++
		if r.since(start) > time.Duration(trialShare*float64(r.cfg.Budget)) {
			break
		}
	}
	return r.since(start) / time.Duration(done*(r.cfg.Evaluate.Calibration+r.comparedOn().Len())), nil
}
