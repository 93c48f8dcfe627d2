package search

import (
	"context"
	"errors"
	"fmt"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Search is a whole search: from pictures to networks that run. It writes
// networks and report into the folder and returns the report.
func (r *Run) Search(ctx context.Context) (report.Report, error) {
	if a := r.cfg.Train.Arch; a != "" {
		return report.Report{}, r.refused(fmt.Errorf("train.arch is %q; want it empty: a search trains the supernet", a))
	}
	if _, err := phase(r, "check", func() (struct{}, error) { return struct{}{}, r.check(ctx) }); err != nil {
		return report.Report{}, r.refused(err)
	}
	lat, err := phase(r, phaseLatency, func() (*latency.Model, error) { return r.latencies(ctx) })
	if err != nil && !r.dir.Has(rundir.Latency) { // the table that was given is of no use
		err = r.refused(err)
	}
	if err != nil {
		return report.Report{}, err
	}
	defer lat.Close()
	if _, err := phase(r, "limits and reach", func() (struct{}, error) { return struct{}{}, r.restrict(ctx, lat) }); err != nil {
		return report.Report{}, err
	}
	if err := r.Train(ctx); err != nil {
		return report.Report{}, err
	}
	if err := r.openEvaluators(); err != nil {
		return report.Report{}, err
	}
	var out outcome
	if err := r.look(ctx, lat, &out); err != nil {
		return report.Report{}, err
	}
	if err := r.finishAll(ctx, lat, &out); err != nil {
		return report.Report{}, err
	}
	if out.checks, err = phase(r, "checks", func() (*report.Checks, error) { return r.checks(ctx, lat, &out) }); err != nil {
		return report.Report{}, err
	}
	if _, err = phase(r, "hand over", func() (struct{}, error) { return struct{}{}, r.handOver(ctx, lat, &out) }); err != nil {
		return report.Report{}, err
	}
	if len(r.cfg.Rivals) > 0 {
		if out.rivals, err = phase(r, "rivals", func() ([]report.Rival, error) { return r.rivals(ctx, lat, &out) }); err != nil {
			return report.Report{}, err
		}
	}
	rep, err := phase(r, "test", func() (report.Report, error) { return r.report(ctx, lat, &out) })
	if err != nil {
		return report.Report{}, err
	}
	rep.Phases, rep.Outstanding = r.state.Phases, r.cfg.Search.Seeds-1
	return rep, r.writeReport(rep)
}

// restrict finds out what limits and reach leave of the space, and the memory that this needs.
func (r *Run) restrict(ctx context.Context, l *latency.Model) error {
	if err := r.feasible(ctx, l); err != nil {
		return err
	}
	if err := r.reach(ctx, l); err != nil {
		return err
	}
	if r.cfg.Finish.Reach > 0 {
		if err := r.feasible(ctx, l); err != nil {
			return err
		}
	}
	if err := r.bound(l); err != nil {
		return err
	}
	return r.memoryWithin()
}

// refused returns the error that ends a run before anything was done, and lets go of a folder
// that was made for it: the next start may ask for the same one. An interrupted run keeps its folder.
func (r *Run) refused(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	closing := r.trials.Close()
	r.trials = nil
	return errors.Join(err, closing, r.dir.Discard())
}

// outcome collects what the phases of a search found.
type outcome struct {
	samples   []controller.Trial        // first samples and the picks of each round, evaluated on the supernet
	first     int                       // of them, the first samples
	drawn     map[space.Arch]bool       // those of the first samples that were drawn at random
	model     *accuracyModel            // nil if the supernet itself scores proposals
	predicted map[space.Arch]prediction // of the picks, before they were evaluated
	search    found
	random    found       // empty without a random arm
	searchOn  []candidate // the search's candidates
	randomOn  []candidate // the random arm's
	searchTop []*finished // of the search's candidates, by rising latency
	randomTop []*finished
	linear    float64     // accuracy of the linear classifier on the validation split
	front     []*finished // of both, what is handed over, by rising latency
	rivals    []report.Rival
	checks    *report.Checks
	leftOut   int // networks that no faster one beats, below the linear classifier
}

// look finds the candidates of both arms with inherited weights.
func (r *Run) look(ctx context.Context, l *latency.Model, out *outcome) (err error) {
	if out.model, err = phase(r, "learn to predict accuracy", func() (*accuracyModel, error) { return r.learn(ctx, l, out) }); err != nil {
		return err
	}
	if out.search, err = phase(r, "search", func() (found, error) { return r.explore(ctx, l, out) }); err != nil {
		return err
	}
	out.searchOn, err = phase(r, "evaluate candidates", func() ([]candidate, error) {
		if err := r.settleEarly(); err != nil {
			return nil, err
		}
		return r.candidates(ctx, armFinal, r.contenders(out.pool().trials), r.firstCandidates(), l)
	})
	if err != nil || !r.cfg.Search.Random {
		return err
	}
	if out.random, err = phase(r, "random arm", func() (found, error) { return r.randomArm(ctx, l, out.evaluations()) }); err != nil {
		return err
	}
	out.randomOn, err = phase(r, "evaluate random candidates", func() ([]candidate, error) {
		return r.candidates(ctx, armRandomFinal, r.contenders(out.random.trials), r.cfg.Search.Top, l)
	})
	return err
}

// learn evaluates the samples and fits the predictor, if the search uses one.
func (r *Run) learn(ctx context.Context, l *latency.Model, out *outcome) (*accuracyModel, error) {
	if !r.guided() {
		return nil, nil
	}
	var err error
	if out.samples, out.drawn, err = r.sample(ctx, l); err != nil {
		return nil, err
	}
	out.first = len(out.samples)
	if out.model, err = r.fitAccuracy(out.samples); err != nil {
		return nil, err
	}
	r.predictSamples(out)
	return out.model, nil
}

// pool returns what candidates are chosen from: all that the search evaluated on
// the supernet.
func (o *outcome) pool() found {
	if o.model == nil {
		return o.search
	}
	return found{trials: o.samples}
}

// evaluations returns how many architectures the search has evaluated on the
// supernet to find its candidates.
func (o *outcome) evaluations() int {
	if o.model == nil {
		return o.search.result.Evaluated
	}
	return len(o.samples)
}

// finishAll takes the candidates of both arms up the ladder and finds out what a
// linear classifier reaches.
func (r *Run) finishAll(ctx context.Context, l *latency.Model, out *outcome) (err error) {
	if out.linear, err = phase(r, "linear classifier", func() (float64, error) { return r.linear(ctx) }); err != nil {
		return err
	}
	arms := []*arm{newArm(armSearch, out.searchOn, r.second(l, out))}
	if len(out.randomOn) > 0 {
		random := newArm(armRandom, nil, nil)
		random.join(out.randomOn, arms)
		arms = append(arms, random)
	}
	_, err = phase(r, "finish", func() (struct{}, error) {
		return struct{}{}, r.finish(ctx, arms, r.left()-r.ending())
	})
	out.searchTop = arms[0].on
	if len(arms) > 1 {
		out.randomTop = arms[1].on
	}
	return err
}

// handOver chooses what is handed over, from both arms, and writes it. Limits were checked on
// measured latencies before anything was finished, but an arm of which no candidate met them has
// the nearest one: that is left out where anything else meets them.
func (r *Run) handOver(ctx context.Context, l *latency.Model, out *outcome) error {
	if err := r.checkDrift(ctx, l); err != nil {
		return err
	}
	images, err := r.lossesCount()
	if err != nil {
		return err
	}
	out.front, out.leftOut = front(r.meeting(union(out.searchTop, out.randomTop)), out.linear, images)
	return r.deploy(out.front)
}
