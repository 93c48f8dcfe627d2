package predictor

import (
	"fmt"
	"math"
	"strings"

	"github.com/espalier-nas/espalier/supernet/space"
)

// minRung is the fewest architectures that a step from one fidelity to the next
// is learnt from.
const minRung = 3

// Fidelities predicts a score that is dear to measure, such as the accuracy
// after training on, from a cheap one of many architectures, such as the
// accuracy with inherited weights, and the dear one of few of them. There may be
// several levels, as in successive halving: the architectures of a level are
// some of those of the level below.
//
// The cheap score of an architecture is the measured one or else the cheap
// model's prediction. Each step up is Bayesian linear regression of the upper
// score on the lower one and on the logarithm of a size, with priors that a few
// points are enough for: see rung. Uncertainties of all steps add up. It is not
// saved: a fit costs little more than that of the cheap model.
//
// Source: after Kennedy and O'Hagan, Biometrika 87 (2000), who chain levels by
// an autoregression; the regression on size and the priors are ours.
type Fidelities struct {
	cheap Predictor
	size  func(space.Arch) float64
	known []map[space.Arch]float64 // by level
	rungs []rung                   // from each level to the next
}

// NewFidelities returns a model that is not fitted yet. cheap predicts the
// lowest level; size is what a larger network has more of, FLOPs as a rule; nil
// leaves it out.
func NewFidelities(cheap Predictor, size func(space.Arch) float64) *Fidelities {
	return &Fidelities{cheap: cheap, size: size}
}

// Fit learns from architectures and their scores by level: levels[l][i] is the
// score of archs[i] at level l, NaN where it was not measured. Level 0 is
// complete; an architecture measured at a level was measured at the one below;
// each level above 0 has at least 3 architectures. Scores of an architecture that
// is there twice are averaged. After an error the model is as it was, except that
// cheap may have been fitted.
func (f *Fidelities) Fit(archs []space.Arch, levels ...[]float64) error {
	if err := checkLevels(archs, levels); err != nil {
		return err
	}
	known := make([]map[space.Arch]float64, len(levels))
	for l, scores := range levels {
		known[l] = meanScores(archs, scores)
	}
	order := distinctArchs(archs)
	rungs := make([]rung, len(levels)-1)
	for l := range rungs {
		e, err := f.evidence(order, known[l], known[l+1])
		if err != nil {
			return err
		}
		rungs[l] = fitRung(e)
	}
	if err := f.cheap.Fit(archs, levels[0]); err != nil {
		return fmt.Errorf("predictor fidelities: %w", err)
	}
	f.known, f.rungs = known, rungs
	return nil
}

// checkLevels reports levels that do not fit the architectures or each other.
func checkLevels(archs []space.Arch, levels [][]float64) error {
	if len(levels) < 2 {
		return fmt.Errorf("predictor fidelities: %d levels; want at least 2, a cheap and a dear one", len(levels))
	}
	for l, scores := range levels {
		if len(scores) != len(archs) {
			return fmt.Errorf("predictor fidelities: level %d has %d values for %d architectures; want one value for each, NaN where there is none", l, len(scores), len(archs))
		}
		n := 0
		for i, v := range scores {
			switch {
			case math.IsNaN(v) && l > 0:
			case !(math.Abs(v) <= maxTarget):
				return fmt.Errorf("predictor fidelities: level %d, value %d is %v; want a number of at most %g", l, i, v, maxTarget)
			case l > 0 && math.IsNaN(levels[l-1][i]):
				return fmt.Errorf("predictor fidelities: architecture %d has a value at level %d and none at level %d; want one at each level below", i, l, l-1)
			default:
				n++
			}
		}
		if n < minRung {
			return fmt.Errorf("predictor fidelities: %d values at level %d; want at least %d", n, l, minRung)
		}
	}
	return nil
}

// meanScores returns the mean of the scores of each architecture that has any.
func meanScores(archs []space.Arch, scores []float64) map[space.Arch]float64 {
	sum, n := make(map[space.Arch]float64), make(map[space.Arch]float64)
	for i, a := range archs {
		if !math.IsNaN(scores[i]) {
			sum[a] += scores[i]
			n[a]++
		}
	}
	for a := range sum {
		sum[a] /= n[a]
	}
	return sum
}

// distinctArchs returns architectures by first appearance.
func distinctArchs(archs []space.Arch) []space.Arch {
	seen := make(map[space.Arch]bool, len(archs))
	var out []space.Arch
	for _, a := range archs {
		if !seen[a] {
			seen[a] = true
			out = append(out, a)
		}
	}
	return out
}

// evidence collects what a step from one level to the next is learnt from.
func (f *Fidelities) evidence(archs []space.Arch, lower, upper map[space.Arch]float64) (rungEvidence, error) {
	var e rungEvidence
	for i, a := range archs {
		x, ok := lower[a]
		if !ok {
			continue
		}
		s, err := f.logSize(a)
		if err != nil {
			return e, fmt.Errorf("predictor fidelities: architecture %d: %w", i, err)
		}
		e.allLower, e.allSizes = append(e.allLower, x), append(e.allSizes, s)
		if y, ok := upper[a]; ok {
			e.lower, e.sizes, e.upper = append(e.lower, x), append(e.sizes, s), append(e.upper, y)
		}
	}
	return e, nil
}

func (f *Fidelities) logSize(a space.Arch) (float64, error) {
	if f.size == nil {
		return 0, nil
	}
	s := f.size(a)
	if !(s > 0) || math.IsInf(s, 0) {
		return 0, fmt.Errorf("size is %v; want a positive number", s)
	}
	return math.Log(s), nil
}

// Predict returns mean and standard deviation of the dearest score; see At.
func (f *Fidelities) Predict(archs []space.Arch) (mean, std []float64) {
	return f.At(len(f.known)-1, archs)
}

// At returns, for each architecture, the expected score at a level, 0 the
// cheapest, and its standard deviation, of which 1.645 on either side hold 90 %.
// A score that was measured is returned as it is, with a deviation of 0. It
// panics before the first Fit, if there is no such level, or if a size is not a
// positive number.
func (f *Fidelities) At(level int, archs []space.Arch) (mean, std []float64) {
	if f.known == nil {
		panic(notFitted)
	}
	if level < 0 || level >= len(f.known) {
		panic(fmt.Sprintf("predictor: level %d of %d fidelities", level, len(f.known)))
	}
	mean, std = f.cheap.Predict(archs)
	for i, a := range archs {
		s, err := f.logSize(a)
		if err != nil {
			panic(badFeatures)
		}
		for l := range level + 1 {
			if v, ok := f.known[l][a]; ok {
				mean[i], std[i] = v, 0
			} else if l > 0 {
				mean[i], std[i] = f.rungs[l-1].predict(mean[i], std[i], s)
			}
		}
	}
	return mean, std
}

// Describe implements Described.
func (f *Fidelities) Describe() string {
	if f.known == nil {
		panic(notFitted)
	}
	words := make([]string, len(f.rungs))
	for l, r := range f.rungs {
		words[l] = fmt.Sprintf("level %d: %s", l+1, r.words(f.size != nil))
	}
	return strings.Join(words, "; ")
}
