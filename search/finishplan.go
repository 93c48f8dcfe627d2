package search

import (
	"math"
	"time"
)

// The rungs of finishing. On each but the last all candidates train for the same
// number of steps and some of them go on; the last one makes what is handed over.
const (
	rungs = 3
	// forwardShare is the time of a forward pass as part of that of a training
	// step on as many images.
	forwardShare = 1.0 / 3
)

// rungShare is the part of an arm's time that each rung may take.
var rungShare = [rungs]float64{0.1, 0.15, 0.75}

// rungSteps is the part of finish.steps that a candidate trains on each rung,
// where steps and not a budget are given.
var rungSteps = [rungs]float64{0.125, 0.25, 1}

// equalSteps returns how many steps each candidate may train, all the same, so
// that the rung takes span. each is the seconds of their steps, evaluating that
// each of them is evaluated on after training, in steps that take as long.
func equalSteps(span time.Duration, each []float64, evaluating float64) int {
	sum := 0.0
	for _, t := range each {
		sum += t
	}
	if !(sum > 0) {
		return 1
	}
	return max(1, int(span.Seconds()/sum-evaluating))
}

// lastSteps returns how many steps the first of the networks left on the last
// rung may train, when span is left for all of them and is divided by weights.
// each is the seconds of its step, evaluating as for equalSteps.
func lastSteps(span time.Duration, weights []float64, each, evaluating float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	if !(sum > 0 && each > 0) {
		return 1
	}
	return max(1, int(span.Seconds()*weights[0]/sum/each-evaluating))
}

// fill divides total in proportion to weights, but gives none more than its most:
// what is left over goes to the others in proportion to theirs. It need not all be
// used; lastSteps divides what there is in proportion to the result.
func fill(weights, most []float64, total float64) []float64 {
	out, full := make([]float64, len(weights)), make([]bool, len(weights))
	for {
		sum, left := 0.0, total
		for i, w := range weights {
			if full[i] {
				left -= out[i]
			} else {
				sum += w
			}
		}
		if !(sum > 0) || !(left > 0) {
			return out
		}
		again := false
		for i, w := range weights {
			if full[i] {
				continue
			}
			out[i] = left * w / sum
			if out[i] > most[i] {
				out[i], full[i], again = most[i], true, true
			}
		}
		if !again {
			return out
		}
	}
}

// interpolate returns the value at x of the line through the known points, in
// logarithms of both, x rising; beyond the ends it goes on in proportion to x.
func interpolate(x float64, xs, ys []float64) float64 {
	switch i := upper(xs, x); {
	case i == 0:
		return ys[0] * x / xs[0]
	case i == len(xs):
		return ys[i-1] * x / xs[i-1]
	default:
		w := math.Log(x/xs[i-1]) / math.Log(xs[i]/xs[i-1])
		return math.Exp((1-w)*math.Log(ys[i-1]) + w*math.Log(ys[i]))
	}
}

// upper returns the index of the first of xs that is above x.
func upper(xs []float64, x float64) int {
	for i, v := range xs {
		if v > x {
			return i
		}
	}
	return len(xs)
}
