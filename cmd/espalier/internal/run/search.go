package run

import (
	"context"
	"fmt"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/report"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Search is a whole search: from pictures to networks that run. It writes
// networks and report into the folder and returns the report.
func (r *Run) Search(ctx context.Context) (report.Report, error) {
	if a := r.cfg.Train.Arch; a != "" {
		return report.Report{}, fmt.Errorf("train.arch is %q; want it empty: a search trains the supernet", a)
	}
	lat, err := phase(r, "measure latencies", func() (*Latencies, error) { return r.latencies(ctx) })
	if err != nil {
		return report.Report{}, err
	}
	defer lat.Close()
	if err := r.feasible(ctx, lat); err != nil {
		return report.Report{}, err
	}
	if err := r.Train(ctx); err != nil {
		return report.Report{}, err
	}
	if err := r.openEvaluators(); err != nil {
		return report.Report{}, err
	}
	var out outcome
	if out.model, err = phase(r, "learn to predict accuracy", func() (*accuracyModel, error) { return r.learn(ctx, lat, &out) }); err != nil {
		return report.Report{}, err
	}
	if out.search, err = phase(r, "search", func() (found, error) { return r.explore(ctx, lat, &out) }); err != nil {
		return report.Report{}, err
	}
	if out.finals, err = phase(r, "judge finalists", func() ([]candidate, error) { return r.finals(ctx, armFinal, out.pool(), lat) }); err != nil {
		return report.Report{}, err
	}
	if out.random, out.randomFinals, err = r.randomSearch(ctx, lat, out.evaluations()); err != nil {
		return report.Report{}, err
	}
	if _, err = phase(r, "time finalists", func() (struct{}, error) { return struct{}{}, r.measureAll(ctx, lat, &out) }); err != nil {
		return report.Report{}, err
	}
	out.front, out.floor = aboveFloor(pareto(r.within(out.finals)), r.cfg.Search.Floor, len(r.splits.Train.Classes))
	if out.nets, err = phase(r, "cut out networks", func() ([]*supernet.Network, error) { return r.deploy(ctx, out.front) }); err != nil {
		return report.Report{}, err
	}
	if r.cfg.Finetune.Wanted() {
		if out.tuned, err = phase(r, "fine-tune", func() (*tuned, error) { return r.finetune(ctx, best(out.front)) }); err != nil {
			return report.Report{}, err
		}
	}
	rep, err := phase(r, "test", func() (report.Report, error) { return r.report(ctx, lat, &out) })
	if err != nil {
		return report.Report{}, err
	}
	rep.Phases = r.state.Phases
	return rep, r.writeReport(rep)
}

// outcome collects what the phases of a search found.
type outcome struct {
	samples      []controller.Trial        // first samples and the picks of each round, judged on the supernet
	model        *accuracyModel            // nil if the supernet itself scores proposals
	foretold     map[space.Arch]prediction // of the picks, before they were judged
	search       found
	finals       []candidate // best of the search
	random       found       // empty without a random arm
	randomFinals []candidate // best of the random arm
	front        []candidate // Pareto set, by rising latency
	floor        report.Floor
	nets         []*supernet.Network
	tuned        *tuned // nil without fine-tuning
}

// learn judges the samples and fits the predictor, if the search uses one.
func (r *Run) learn(ctx context.Context, l *Latencies, out *outcome) (*accuracyModel, error) {
	if !r.guided() {
		return nil, nil
	}
	var err error
	if out.samples, err = r.sample(ctx, l); err != nil {
		return nil, err
	}
	if err = r.foretellSamples(out); err != nil {
		return nil, err
	}
	return r.fitAccuracy(out.samples)
}

// pool returns what finalists are chosen from: all that the search judged on the
// supernet.
func (o *outcome) pool() found {
	if o.model == nil {
		return o.search
	}
	return found{trials: o.samples}
}

// evaluations returns how many architectures the search has judged on the supernet.
func (o *outcome) evaluations() int {
	if o.model == nil {
		return o.search.result.Evaluated
	}
	return len(o.samples) + len(o.finals)
}

// randomSearch runs the random arm and judges its best as those of the search.
func (r *Run) randomSearch(ctx context.Context, l *Latencies, evaluations int) (f found, finals []candidate, err error) {
	if !r.cfg.Search.Random {
		return found{}, nil, nil
	}
	if f, err = phase(r, "random arm", func() (found, error) { return r.randomArm(ctx, l, evaluations) }); err != nil {
		return found{}, nil, err
	}
	finals, err = phase(r, "judge random finalists", func() ([]candidate, error) { return r.finals(ctx, armRandomFinal, f, l) })
	return f, finals, err
}

// measureAll times the finalists of the search and the best of the random arm.
func (r *Run) measureAll(ctx context.Context, l *Latencies, out *outcome) error {
	if err := r.checkDrift(ctx, l); err != nil {
		return err
	}
	if err := r.measure(ctx, l, out.finals); err != nil {
		return err
	}
	if len(out.randomFinals) == 0 {
		return nil
	}
	out.randomFinals = []candidate{best(out.randomFinals)}
	return r.measure(ctx, l, out.randomFinals)
}
