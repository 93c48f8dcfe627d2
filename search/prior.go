package search

import (
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

// leastPrior is the fewest architectures that an earlier run must have evaluated to be a prior.
const leastPrior = 10

// prior is what an earlier run has learnt of the same space, on other pictures.
type prior struct {
	trials []rundir.Trial      // evaluated on that run's supernet
	model  predictor.Predictor // fitted to them
	used   bool                // cross-validation prefers predictions with it
}

// openPrior reads what the run learns from an earlier one, if it does: a new run takes a
// copy into its own folder first.
func (r *Run) openPrior(begins bool) error {
	if r.cfg.Predictor.Prior == "" {
		return nil
	}
	path := r.dir.Path(rundir.Prior)
	if begins {
		trials, err := r.trialsOf(rundir.View(r.cfg.Predictor.Prior))
		if err != nil {
			return fmt.Errorf("predictor.prior: %w", err)
		}
		if err := rundir.WriteLines(path, trials); err != nil {
			return err
		}
		r.state.Prior = len(trials)
	}
	trials, err := rundir.ReadJournal[rundir.Trial](path)
	if err != nil {
		return err
	}
	if len(trials) != r.state.Prior {
		return fmt.Errorf("%s: %d trials; want the %d that were copied from %s", path, len(trials), r.state.Prior, r.cfg.Predictor.Prior)
	}
	r.prior = &prior{trials: trials}
	return nil
}

// trialsOf returns what a folder's run has evaluated on its supernet, each architecture once. Its
// space must be that of this run.
func (r *Run) trialsOf(dir *rundir.Dir) ([]rundir.Trial, error) {
	cfg, err := FolderConfig(dir)
	if err != nil {
		return nil, err
	}
	family, err := cfg.Space.Open(inputOf(r.splits.Train))
	if err != nil {
		return nil, fmt.Errorf("%s: space: %w", dir.Path(rundir.Config), err)
	}
	if own, other := r.family.Space().ID(), family.Space().ID(); own != other {
		return nil, fmt.Errorf("%s: the space is %s (%s); want that of this run, %s (%s)", dir.Path(rundir.Config),
			cfg.Space.Declaration.Title(), other, r.cfg.Space.Declaration.Title(), own)
	}
	path := dir.Path(rundir.Trials)
	lines, err := rundir.ReadJournal[rundir.Trial](path)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	lines = slices.DeleteFunc(lines, func(t rundir.Trial) bool {
		again := seen[t.Arch]
		evaluated := evaluatedOnSupernet(t)
		seen[t.Arch] = again || evaluated
		return again || !evaluated
	})
	if len(lines) < leastPrior {
		return nil, fmt.Errorf("%s: %d architectures evaluated on the supernet; want at least %d", path, len(lines), leastPrior)
	}
	return lines, nil
}

// evaluatedOnSupernet reports whether a trial was evaluated on the pictures that candidates are
// compared on: proposals that were only predicted have no loss, and finalists are evaluated on
// more pictures.
func evaluatedOnSupernet(t rundir.Trial) bool {
	return t.Loss > 0 && t.Arm != armFinal && t.Arm != armSecond && t.Arm != armRandomFinal
}

// fitPrior learns what the earlier run says of this run's target.
func (r *Run) fitPrior() error {
	archs, y := make([]space.Arch, len(r.prior.trials)), make([]float64, len(r.prior.trials))
	for i, t := range r.prior.trials {
		a, err := r.family.Space().Parse(t.Arch)
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", r.dir.Path(rundir.Prior), i+1, err)
		}
		archs[i], y[i] = a, r.targetOf(t.Accuracy, t.Loss)
	}
	var err error
	if r.prior.model, err = r.newAlone(); err != nil {
		return err
	}
	return r.prior.model.Fit(archs, y)
}

// withPrior is the model of the configured kind that begins with the earlier run.
func (r *Run) withPrior() predictor.Model {
	return predictor.Model{Name: r.cfg.Predictor.Model + " with prior", Fresh: func() predictor.Predictor {
		return predictor.NewTransfer(r.prior.model, func() predictor.Predictor {
			p, err := r.newAlone()
			if err != nil {
				panic("search: the predictor's inputs have changed")
			}
			return p
		})
	}}
}

// usedModel names the model that the search uses, among the standings.
func (r *Run) usedModel() string {
	if r.prior != nil && r.prior.used {
		return r.withPrior().Name
	}
	return r.cfg.Predictor.Model
}

// compareModels cross-validates all models on the samples, that with a prior among them, and
// settles whether the search uses that: it does if that one ranks better.
func (r *Run) compareModels(archs []space.Arch, samples []controller.Trial) ([]predictor.Standing, error) {
	models, err := predictor.Models(predictor.FamilyInputs(r.family), r.predictorOptions(), r.cfg.Predictor.Model)
	if err != nil {
		return nil, err
	}
	if r.prior != nil {
		if err := r.fitPrior(); err != nil {
			return nil, err
		}
		models = append(models, r.withPrior())
	}
	standings, err := predictor.Compare(models, archs, r.targets(samples), min(r.cfg.Predictor.Folds, len(archs)), r.cfg.Seed)
	if err != nil || r.prior == nil {
		return standings, err
	}
	with, without := r.priorStandings(standings)
	r.prior.used = with.Report.Kendall > without.Report.Kendall
	r.monitor.Log.Info("prior", "architectures", len(r.prior.trials), "used", r.prior.used, "says", predictor.Versus(with, without, r.cfg.Seed).String())
	return standings, nil
}

// priorStandings returns how the models with and without the earlier run did.
func (r *Run) priorStandings(all []predictor.Standing) (with, without predictor.Standing) {
	for _, s := range all {
		switch s.Model {
		case r.withPrior().Name:
			with = s
		case r.cfg.Predictor.Model:
			without = s
		}
	}
	return with, without
}

// priorReport tells what the earlier run was good for; nil without one.
func (r *Run) priorReport(all []predictor.Standing) *report.Prior {
	if r.prior == nil {
		return nil
	}
	with, without := r.priorStandings(all)
	return &report.Prior{Run: r.cfg.Predictor.Prior, Trials: len(r.prior.trials), Used: r.prior.used, Gain: predictor.Versus(with, without, r.cfg.Seed)}
}
