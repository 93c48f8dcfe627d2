package search

import (
	"context"
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/supernet/space"
)

// armRound names the architectures that a round of the search had evaluated.
const armRound = "round"

// explore looks for architectures in rounds, as LINAS (Cummings et al. 2022)
// does: the strategy searches by prediction, the best of its proposals are
// evaluated on the supernet, and the predictor learns from those too. It is right
// where the search goes, not only where random architectures are. Without a
// predictor there is one search, evaluated on the supernet throughout.
func (r *Run) explore(ctx context.Context, l *latency.Model, out *outcome) (found, error) {
	if out.model == nil {
		f, err := r.search(ctx, sharedScores{r.compare}, l, nil, nil, 0, 1)
		if err != nil {
			return found{}, err
		}
		return f, r.saveHealth(f.health)
	}
	var all found
	for k := range r.cfg.Search.Rounds {
		f, err := r.search(ctx, predicted(out.model.worth), l, out.samples, r.inherited, k, r.cfg.Search.AllRounds())
		if err != nil {
			return found{}, err
		}
		all.merge(f)
		picks := r.pick(out.model, without(f.trials, out.samples))
		out.predictPicks(out.model, picks)
		evaluated, err := r.rate(ctx, fmt.Sprintf("%s %d", armRound, k+1), picks, sharedScores{r.compare}, l.Cost)
		if err != nil {
			return found{}, err
		}
		out.samples = append(out.samples, evaluated...)
		out.model.calibration = r.calibrate(out, evaluated)
		if err := r.fit(out.model, out.samples); err != nil {
			return found{}, err
		}
		r.monitor.Log.Info("round", "number", k+1, "of", r.cfg.Search.Rounds, "evaluated", len(evaluated), "best so far", fmt.Sprintf("%.4f", bestAccuracy(out.samples)))
	}
	return all, r.saveHealth(all.health)
}

func bestAccuracy(trials []controller.Trial) float64 {
	top := 0.0
	for _, t := range trials {
		top = max(top, t.Accuracy)
	}
	return top
}

// merge adds the trials and counts of another search.
func (f *found) merge(g found) {
	g.result.Trials = g.trials
	f.add(g.result)
	f.health = append(f.health, g.health...)
}

// prediction is what a model says of an architecture that it has not learnt from:
// the model itself, and after calibration on what it had said before.
type prediction struct {
	mean, std             float64
	calibrated, deviation float64
}

// predictPicks notes what a model says of architectures that it has not learnt from.
func (o *outcome) predictPicks(m *accuracyModel, archs []space.Arch) {
	if len(archs) == 0 {
		return
	}
	if o.predicted == nil {
		o.predicted = make(map[space.Arch]prediction)
	}
	mean, std := m.model.Predict(archs)
	calibrated, deviation := m.calibration.ApplyAll(mean, std)
	for i, a := range archs {
		o.predicted[a] = prediction{mean[i], std[i], calibrated[i], deviation[i]}
	}
}

// calibrate returns how the predictions of the picks so far were wrong. What a
// search picks is not like the samples that a predictor has learnt from.
func (r *Run) calibrate(out *outcome, last []controller.Trial) predictor.Calibration {
	var mean, std, truth []float64
	for _, t := range out.samples[out.first:] {
		p := out.predicted[t.Arch]
		mean, std, truth = append(mean, p.mean), append(std, p.std), append(truth, r.target(t))
	}
	c := predictor.Calibrate(mean, std, truth)
	r.monitor.Log.Info("calibration of predictions", "is", c.String(), "of this round", len(last))
	return c
}

// predictSamples notes what models that had learnt from the other folds of the
// cross-validation said of each of the first samples.
func (r *Run) predictSamples(out *outcome) {
	at := slices.IndexFunc(out.model.standings, func(s predictor.Standing) bool { return s.Model == r.usedModel() })
	if at < 0 {
		return
	}
	held := out.model.standings[at].HeldOut
	if out.predicted == nil {
		out.predicted = make(map[space.Arch]prediction)
	}
	for i, t := range out.samples[:out.first] {
		mean, std := held.Mean[i], held.Std[i]
		out.predicted[t.Arch] = prediction{mean, std, mean, std}
	}
}

// prediction returns what the predictor said of a before it learnt from it;
// false if there is no predictor.
func (o *outcome) prediction(a space.Arch) (prediction, bool) {
	if p, ok := o.predicted[a]; ok || o.model == nil {
		return p, ok
	}
	mean, std := o.model.model.Predict([]space.Arch{a})
	calibrated, deviation := o.model.calibration.Apply(mean[0], std[0])
	return prediction{mean[0], std[0], calibrated, deviation}, true
}

// newPredictor returns an unfitted predictor of the kind that the search uses.
func (r *Run) newPredictor() (predictor.Predictor, error) {
	if r.prior != nil && r.prior.used {
		return r.withPrior().Fresh(), nil
	}
	return r.newAlone()
}

// newAlone returns an unfitted predictor of the configured kind, which knows no earlier run.
func (r *Run) newAlone() (predictor.Predictor, error) {
	return predictor.New(r.cfg.Predictor.Model, predictor.FamilyInputs(r.family), r.predictorOptions())
}

func (r *Run) predictorOptions() predictor.Options {
	return predictor.Options{Seed: r.seed(), Ranks: r.cfg.Predictor.Ranks}
}

// fit makes the model learn from what the trials scored.
func (r *Run) fit(m *accuracyModel, trials []controller.Trial) error {
	archs := make([]space.Arch, len(trials))
	for i, t := range trials {
		archs[i] = t.Arch
	}
	return m.model.Fit(archs, r.targets(trials))
}

// hope is how many standard deviations above the prediction an architecture is
// taken to be when it is decided which to evaluate: doubt is worth a look.
const hope = 1

// pick returns the proposals of a round that are evaluated on the supernet: those of
// the highest upper bounds, spread over their latencies.
func (r *Run) pick(m *accuracyModel, trials []controller.Trial) []space.Arch {
	trials = fitting(trials, r.limits())
	if len(trials) == 0 {
		return nil
	}
	of := make([]space.Arch, len(trials))
	for i, t := range trials {
		of[i] = t.Arch
	}
	mean, std := m.calibration.ApplyAll(m.model.Predict(of))
	places := make([]place, len(trials))
	for i, t := range trials {
		places[i] = place{t.Cost.Latency, m.sized.score(t.Arch, predictor.UpperBound(mean[i], std[i], hope))}
	}
	var archs []space.Arch
	for _, i := range choose(places, r.cfg.Search.Picks, r.cfg.Search.Picks) {
		archs = append(archs, trials[i].Arch)
	}
	slices.SortFunc(archs, func(a, b space.Arch) int { return sign(a.Less(b)) })
	return archs
}
