package search

import (
	"context"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// rivalAuto names the plain network as a rival.
const rivalAuto = "auto"

const (
	// plainWidth is that of the plain network before it is scaled.
	plainWidth = 32
	// fits is how much slower than the network that it is set against a rival may
	// be: what a timing varies by.
	fits = 1.02
	// fitTries is how many widths are timed to find one that fits.
	fitTries = 9
	// leastFactor and mostFactor bound them.
	leastFactor, mostFactor = 0.1, 16
)

// rivals trains what somebody would have built by hand, for each network handed
// over one that is as fast, each alone for the time that the whole search took,
// with the recipe of the run.
func (r *Run) rivals(ctx context.Context, l *latency.Model, out *outcome) ([]report.Rival, error) {
	if r.state.Alone == 0 {
		r.state.Alone = r.spent().Seconds()
		if err := r.state.save(r.dir); err != nil {
			return nil, err
		}
	}
	var all []report.Rival
	for k, text := range r.cfg.Rivals {
		plan, err := r.rivalPlan(text)
		if err != nil {
			return nil, err
		}
		for i, f := range out.front {
			v, err := r.rival(ctx, l, fmt.Sprintf("rival-%d-%d", k+1, i+1), text, plan, f)
			if err != nil {
				return nil, err
			}
			v.Against = networkName(i)
			all = append(all, v)
		}
	}
	return all, nil
}

// checkRivals refuses, before anything is measured or trained, rivals that are no networks of
// the space, and rivals where nothing can be measured: they are fitted to latencies here.
func (r *Run) checkRivals(ctx context.Context) error {
	if len(r.cfg.Rivals) == 0 {
		return nil
	}
	for _, text := range r.cfg.Rivals {
		if _, err := r.rivalPlan(text); err != nil {
			return err
		}
	}
	l, err := r.openLatencies(ctx)
	if err != nil {
		return err
	}
	defer l.Close()
	if !l.Measurable() {
		return fmt.Errorf("rivals: %s is not this machine; want latencies that can be measured here, or no rivals (--rival)", l.Device())
	}
	return nil
}

// rivalPlan returns the network that text names, at its own size.
func (r *Run) rivalPlan(text string) (space.Plan, error) {
	if text == rivalAuto {
		return space.Plain(inputOf(r.splits.Train), plainWidth)
	}
	a, err := r.Arch(text)
	if err != nil {
		return nil, fmt.Errorf("rivals: %w", err)
	}
	return r.family.Plan(a), nil
}

// rival fits a network to the latency of f and trains it, unless the folder has
// it.
func (r *Run) rival(ctx context.Context, l *latency.Model, name, text string, plan space.Plan, f *finished) (report.Rival, error) {
	checkpoint := name + ".training"
	if v, done := r.state.Rivals[name]; done { // a process that ended after it was noted may have left its checkpoint
		return v, remove(r.dir.Path(checkpoint))
	}
	fit, err := r.fitRival(ctx, l, name, plan, f)
	if err != nil {
		return report.Rival{}, err
	}
	family, err := space.NewFixed(plan.Scale(fit.Factor))
	if err != nil {
		return report.Rival{}, err
	}
	net := supernet.New(family, r.cfg.Seed)
	pace := &pacing{kept: fit.Replans, clock: r.spent}
	pace.decided = func(change supernet.Replan) error {
		fit.Replans = append(fit.Replans, change)
		r.state.Fits[name] = fit
		return r.state.save(r.dir)
	}
	if fit.Steps == 0 {
		each, err := r.timeSteps(ctx, supernet.New(family, r.cfg.Seed), single(net), r.aloneOptions(manySteps), time.Duration(onlyTrialShare*r.state.Alone*float64(time.Second)), warmSteps, leastTimed)
		if err != nil {
			return report.Rival{}, err
		}
		fit.Steps = max(1, int(r.state.Alone/each.Seconds()))
		r.state.Fits[name] = fit
		if err := r.give(name, paced{Seconds: r.state.Alone, Each: each.Seconds()}); err != nil {
			return report.Rival{}, err
		}
	}
	pace.keepTo(r.state.Paces[name])
	r.monitor.Log.Info("rival", "name", name, "network", text, "width", fmt.Sprintf("x%.3g", fit.Factor), "latency", fmt.Sprintf("%.4g ms", 1e3*fit.Latency), "steps", fit.Steps)
	start, before := r.now(), time.Duration(0)
	label := supernet.Label{Arch: fmt.Sprintf("%s x%.3g", text, fit.Factor), SpaceID: r.family.Space().ID(), Classes: r.splits.Train.Classes, View: r.view()}
	n, s, err := r.alone(ctx, aloneTraining{net: net, label: label, options: r.aloneOptions(fit.Steps), checkpoint: checkpoint, before: &before, on: r.splits.Val, pace: pace})
	if err != nil {
		return report.Rival{}, err
	}
	took := (before + r.since(start)).Seconds()
	test, table, err := n.EvaluateByClass(ctx, r.exec, r.splits.Test, r.cfg.Evaluate.Batch)
	if err != nil {
		return report.Rival{}, err
	}
	paired, err := r.pairedError(ctx, f.net, n)
	if err != nil {
		return report.Rival{}, err
	}
	v := report.Rival{
		Name: name, Network: text, Factor: fit.Factor, FLOPs: family.Plan(family.Arch()).FLOPs(), Params: family.Plan(family.Arch()).Params(), Latency: fit.Latency,
		Steps: pace.stepsOf(fit.Steps), Seconds: took, Validation: s.Accuracy, Test: test.Accuracy, TestError: report.BinomialError(test.Accuracy, r.splits.Test.Len()),
		PairedError: paired, ByClass: report.Table(table),
	}
	if r.state.Rivals == nil {
		r.state.Rivals = make(map[string]report.Rival)
	}
	r.state.Rivals[name] = v
	if err := os.MkdirAll(r.dir.Path(rundir.Networks), 0o755); err != nil {
		return report.Rival{}, err
	}
	if err := r.save(name, n); err != nil {
		return report.Rival{}, err
	}
	if err := r.state.save(r.dir); err != nil {
		return report.Rival{}, err
	}
	return v, remove(r.dir.Path(checkpoint))
}

// pairedError returns half of the 95 % interval of the difference of two networks on the test split.
func (r *Run) pairedError(ctx context.Context, a, b *supernet.Network) (float64, error) {
	rightA, err := a.Right(ctx, r.exec, r.splits.Test, r.cfg.Evaluate.Batch)
	if err != nil {
		return 0, err
	}
	rightB, err := b.Right(ctx, r.exec, r.splits.Test, r.cfg.Evaluate.Batch)
	if err != nil {
		return 0, err
	}
	onlyA, onlyB := 0, 0
	for i, right := range rightA {
		switch {
		case right && !rightB[i]:
			onlyA++
		case rightB[i] && !right:
			onlyB++
		}
	}
	return report.PairedError(onlyA, onlyB, len(rightA)), nil
}

// fitted is a rival before its training.
type fitted struct {
	Factor  float64 `json:"factor"`
	Latency float64 `json:"latency"` // seconds per image
	Steps   int     `json:"steps"`

	Replans []supernet.Replan `json:"replans,omitempty"` // what kept its training to its time
}

// beside returns the latency of a network per image, s, as if it had been measured
// when that of f was: both are timed now, one after the other, since a machine
// changes its speed in the course of a search.
func beside(ctx context.Context, l *latency.Model, plan space.Plan, f *finished) (float64, error) {
	s, err := l.Seconds(ctx, plan)
	if err != nil {
		return 0, err
	}
	known, err := l.Seconds(ctx, l.Family().Plan(f.Arch))
	return f.latency() * s / known, err
}

// fitRival returns the widest version of a network that is as fast as f,
// by bisection of the factor on its widths; the narrowest if none is.
func (r *Run) fitRival(ctx context.Context, l *latency.Model, name string, plan space.Plan, f *finished) (fitted, error) {
	if fit, known := r.state.Fits[name]; known {
		return fit, nil
	}
	latency := f.latency()
	low, high := leastFactor, float64(mostFactor)
	best := fitted{}
	for range fitTries {
		factor := math.Sqrt(low * high)
		took, err := beside(ctx, l, plan.Scale(factor), f)
		if err != nil {
			return fitted{}, err
		}
		if took <= fits*latency {
			low = factor
			best = fitted{Factor: factor, Latency: took}
		} else {
			high = factor
		}
	}
	if best.Factor == 0 {
		took, err := beside(ctx, l, plan.Scale(leastFactor), f)
		if err != nil {
			return fitted{}, err
		}
		best = fitted{Factor: leastFactor, Latency: took}
	}
	if r.state.Fits == nil {
		r.state.Fits = make(map[string]fitted)
	}
	r.state.Fits[name] = best
	return best, r.state.save(r.dir)
}
