package search

import (
	"context"
	"math"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/supernet/space"
)

// armSecond names the candidates that are chosen after the first rung.
const armSecond = "final 2"

// leastEvidence is how many candidates must have been on the first rung for
// others to be chosen by what that showed.
const leastEvidence = 4

// firstCandidates returns how many candidates the search begins finishing with.
// With a predictor it is half of them: the others are chosen by what the first
// rung shows.
func (r *Run) firstCandidates() int {
	if r.cfg.Search.Halves() {
		return r.cfg.Search.Top / 2
	}
	return r.cfg.Search.Top
}

// second returns how the search chooses further candidates: scores with inherited
// weights and what the first rung lets expect in the end are evidence of two fidelities, and all
// that the search has evaluated or only proposed is ranked by the upper bound of
// what it could be expected to score after that rung.
func (r *Run) second(l *latency.Model, out *outcome) chooser {
	if out.model == nil {
		return nil
	}
	return func(ctx context.Context, done []*finished, n int) ([]candidate, error) {
		if len(done) < leastEvidence {
			return nil, nil
		}
		m, err := r.fidelities(out, done)
		if err != nil {
			return nil, err
		}
		if err := r.exploreAgain(ctx, m, l, out); err != nil {
			return nil, err
		}
		pool := fitting(append(append([]controller.Trial(nil), out.samples...), out.search.trials...), r.limits())
		tried := make([]controller.Trial, len(done))
		for i, f := range done {
			tried[i] = f.Trial
		}
		pool = without(pool, tried)
		return r.candidates(ctx, armSecond, r.hopeful(m, pool), n, l)
	}
}

// exploreAgain runs the last round of the search, by what networks could be expected to score after
// the first rung.
func (r *Run) exploreAgain(ctx context.Context, m *predictor.Fidelities, l *latency.Model, out *outcome) error {
	dear := func(archs []space.Arch) []float64 {
		mean, _ := m.Predict(archs)
		return mean
	}
	worth := func(t controller.Trial) float64 { return dear([]space.Arch{t.Arch})[0] }
	f, err := r.search(ctx, predicted(dear), l, out.samples, worth, r.cfg.Search.Rounds, r.cfg.Search.AllRounds())
	if err != nil {
		return err
	}
	out.search.merge(f)
	return r.saveHealth(out.search.health)
}

// fidelities learns from inherited scores and what the first rung lets expect.
func (r *Run) fidelities(out *outcome, done []*finished) (*predictor.Fidelities, error) {
	cheap, err := r.newPredictor()
	if err != nil {
		return nil, err
	}
	m := predictor.NewFidelities(cheap, func(a space.Arch) float64 { return float64(r.flops(a)) })
	risen := r.hoped(done)
	trials := distinct(out.samples)
	archs, low, high := make([]space.Arch, len(trials)), r.targets(trials), make([]float64, len(trials))
	for i, t := range trials {
		archs[i], high[i] = t.Arch, math.NaN()
		if v, ok := risen[t.Arch]; ok {
			high[i] = v
		}
	}
	if err := m.Fit(archs, low, high); err != nil {
		return nil, err
	}
	r.monitor.Log.Info("first rung", "says", m.Describe())
	return m, nil
}

// hopeful returns a pool as candidates, by the upper bounds of what they could be expected to score
// after the first rung.
func (r *Run) hopeful(m *predictor.Fidelities, pool []controller.Trial) []candidate {
	of := make([]space.Arch, len(pool))
	for i, t := range pool {
		of[i] = t.Arch
	}
	mean, std := m.Predict(of)
	all := make([]candidate, len(pool))
	for i, t := range pool {
		all[i] = candidate{Trial: t, worth: predictor.UpperBound(mean[i], std[i], hope)}
	}
	return all
}
