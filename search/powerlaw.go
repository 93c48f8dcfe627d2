package search

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
)

// powerLaw tells how what is wrong with a network, its loss or its share of errors,
// falls as its steps grow: what is above a floor falls with a power of them, the faster
// the larger the network is.
type powerLaw struct {
	floor    float64
	exponent float64 // of a network with FLOPs of this logarithm
	centre   float64
	slope    float64 // by how much the exponent rises where FLOPs are e times as many
}

const (
	// floorShare of the least loss that any candidate has shown stays, however long
	// one trains: a guess, without which small networks are expected to learn for ever.
	floorShare = 0.5
	// firstExponent is what is expected before any candidate has shown two rungs, firstSlope how the
	// exponent rises with the logarithm of FLOPs then (docs/log/finishing.md).
	firstExponent, firstSlope = 0.4, 0.055
	// slopeError is by how much another task's slope may differ, exponentError by how much
	// a network's exponent differs from the line: standard deviations.
	slopeError, exponentError = 0.02, 0.04
)

// law returns the law that the rungs so far have shown: the line through the exponents of all
// candidates that have shown one, the slope shrunk to what other tasks have. Where the
// run does not go by size, as an earlier version began, it is their median for all.
func (r *Run) law(on []*finished) powerLaw { return r.lawBy(on, r.state.BySize) }

func (r *Run) lawBy(on []*finished, bySize bool) powerLaw {
	least := math.Inf(1)
	for _, f := range on {
		least = min(least, r.wrong(f.last()))
	}
	law := powerLaw{floor: floorShare * least, exponent: firstExponent, slope: firstSlope}
	var exponents, sizes []float64
	for _, f := range on {
		law.centre += logFLOPs(f) / float64(len(on))
		first, last := r.wrong(f.rungs[0])-law.floor, r.wrong(f.last())-law.floor
		if rise := math.Log(float64(f.steps()) / float64(f.rungs[0].Steps)); rise > 0 && first > 0 && last > 0 {
			exponents, sizes = append(exponents, math.Log(first/last)/rise), append(sizes, logFLOPs(f))
		}
	}
	if !bySize {
		law.exponent, law.slope = 0, 0
	}
	if len(exponents) == 0 {
		return law
	}
	if bySize {
		law.slope = shrunkSlope(sizes, exponents)
	}
	for i := range exponents {
		exponents[i] -= law.slope * (sizes[i] - law.centre)
	}
	slices.Sort(exponents)
	law.exponent = exponents[len(exponents)/2]
	return law
}

func logFLOPs(f *finished) float64 { return math.Log(float64(max(1, f.Cost.FLOPs))) }

// shrunkSlope returns the slope of a line through points of which the ordinates have
// errors of exponentError, if slopes are normal around firstSlope beforehand.
func shrunkSlope(x, y []float64) float64 {
	mx, my := stat.Mean(x, nil), stat.Mean(y, nil)
	prior := 1 / (slopeError * slopeError)
	sum, weight := prior*firstSlope, prior
	for i := range x {
		sum += (x[i] - mx) * (y[i] - my) / (exponentError * exponentError)
		weight += (x[i] - mx) * (x[i] - mx) / (exponentError * exponentError)
	}
	return sum / weight
}

// after returns what is left of wrong, of a network with FLOPs of this logarithm, when its steps have grown by a
// factor. No network is expected to get worse.
func (p powerLaw) after(wrong, logFLOPs, factor float64) float64 {
	return p.floor + (wrong-p.floor)*math.Pow(factor, -max(0, p.exponent+p.slope*(logFLOPs-p.centre)))
}

// wrong returns what a rung left wrong: the loss, or the share of errors.
func (r *Run) wrong(g rundir.Rung) float64 {
	if r.cfg.Search.By == config.ByAccuracy {
		return 1 - g.Accuracy
	}
	return g.Loss
}
