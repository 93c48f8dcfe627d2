package search

import (
	"fmt"
	"math"
	"time"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// predictShare of the budget may go into fitting the accuracy predictor; where it does not
	// suffice for what is configured, it learns from fewer subnets.
	predictShare = 0.12
	// fitPower is the power of the examples by which a fit takes longer with more of them, and
	// comparedFits are the fits that cross-validating all models on one fold is worth:
	// `go test -run xxx -bench SearchFits ./search`.
	fitPower     = 1.5
	comparedFits = 1.2
)

// allFits returns how many fits on leastSamples examples those of a search take as long as: of the cross-validation
// of all models on the first samples, of the predictor on them, and of the same after each round.
func allFits(c config.Config) float64 {
	if c.Search.Score != config.ScorePredictor {
		return 0
	}
	on := func(n float64) float64 { return math.Pow(n/leastSamples, fitPower) }
	n, folds := float64(c.Predictor.Samples), float64(c.Predictor.Folds)
	each := comparedFits
	if c.Predictor.Prior != "" {
		each++ // the same with what an earlier run has learnt
	}
	sum := folds*each*on(n*(1-1/folds)) + on(n)
	for k := 1; k <= c.Search.Rounds; k++ {
		sum += on(n + float64(k*c.Search.Picks))
	}
	return sum
}

// fitPredicting cuts down the subnets that the predictor learns from so that its fits take no more than their
// share of the budget, and returns how long one takes on leastSamples; see allFits.
func (r *Run) fitPredicting() (one time.Duration, err error) {
	if !r.guided() {
		return 0, nil
	}
	if one, err = r.timeFit(); err != nil {
		return 0, err
	}
	took := func() time.Duration { return time.Duration(allFits(r.cfg) * float64(one)) }
	before, whole, may := r.cfg, took(), time.Duration(predictShare*float64(r.cfg.Budget))
	if whole <= may {
		return one, nil
	}
	cutSamples(&r.cfg, float64(may)/float64(whole))
	r.cfg.NoteDecided(before)
	r.monitor.Log.Info("learning to predict is cut to fit the budget", "subnets", fmt.Sprintf("%d of %d", toEvaluate(r.cfg), toEvaluate(before)),
		"takes", took().Round(time.Second/10).String(), "instead of", whole.Round(time.Second/10).String())
	return one, r.saveConfig()
}

// timedFits are timed; the fastest counts.
const timedFits = 2

// timeFit returns how long the predictor takes to learn from leastSamples random architectures with random scores.
func (r *Run) timeFit() (time.Duration, error) {
	rng := stream.New(r.cfg.Seed, "timed fits")
	archs, y := make([]space.Arch, leastSamples), make([]float64, leastSamples)
	for i := range archs {
		archs[i], y[i] = r.family.Space().Random(rng), rng.Float64()
	}
	least := time.Duration(math.MaxInt64)
	for range timedFits {
		model, err := r.newAlone()
		if err != nil {
			return 0, err
		}
		start := r.now()
		if err := model.Fit(archs, y); err != nil {
			return 0, fmt.Errorf("time a fit of the predictor: %w", err)
		}
		least = min(least, r.since(start))
	}
	return least, nil
}
