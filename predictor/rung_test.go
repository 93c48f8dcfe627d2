package predictor

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// draw is a regression drawn from the prior of a rung.
type draw struct{ shift, slope, bySize, noise, weight float64 }

// TestRungEqualsImportanceSampling draws regressions from the prior, weighs
// them by the likelihood of the evidence, and compares prediction and interval.
func TestRungEqualsImportanceSampling(t *testing.T) {
	e := rungEvidence{lower: []float64{-1.2, -0.2, 0.3, 1.1}, sizes: []float64{0.5, -1, 1.3, -0.8}, upper: []float64{-0.9, -0.3, 1.1, 0.1}}
	e.allLower, e.allSizes = e.lower, e.sizes
	r := fitRung(e)
	src := stream(1, forChains, 0)
	gamma := distuv.Gamma{Alpha: rungShape, Beta: rungShape * rungNoise, Src: src}
	draws := make([]draw, 400000)
	var total float64
	for i := range draws {
		d := draw{noise: 1 / gamma.Rand()}
		scale := math.Sqrt(d.noise / rungNoise)
		d.shift = rungShiftStd * scale * src.NormFloat64()
		d.slope = rungSlope + rungSlopeStd*scale*src.NormFloat64()
		d.bySize = rungSize + rungSizeStd*scale*src.NormFloat64()
		d.weight = math.Pow(d.noise, -float64(len(e.upper))/2)
		for k, y := range e.upper {
			miss := (y-r.shift)/r.unit - d.at((e.lower[k]-r.centre[0])/r.scale[0], (e.sizes[k]-r.centre[1])/r.scale[1])
			d.weight *= math.Exp(-miss * miss / (2 * d.noise))
		}
		draws[i] = d
		total += d.weight
	}
	x := [2]float64{0.8, 0.4}
	u, v := (x[0]-r.centre[0])/r.scale[0], (x[1]-r.centre[1])/r.scale[1]
	mean, std := r.predict(x[0], 0, x[1])
	var want, inside float64
	bend := rungBend * u * u * r.unit * tWidth(1e9)
	half := distuv.UnitNormal.Quantile(0.95) * math.Sqrt(std*std-bend*bend)
	for _, d := range draws {
		at := r.shift + r.unit*d.at(u, v)
		want += d.weight / total * at
		n := distuv.Normal{Mu: at, Sigma: r.unit * math.Sqrt(d.noise)}
		inside += d.weight / total * (n.CDF(mean+half) - n.CDF(mean-half))
	}
	if math.Abs(mean-want) > 0.03 || math.Abs(inside-0.9) > 0.01 {
		t.Errorf("predicts %v, where sampling gives %v, and an interval that holds %.3f; want 0.9", mean, want, inside)
	}
}

func (d draw) at(x, s float64) float64 { return d.shift + d.slope*x + d.bySize*s }

// TestRungFollowsManyPoints: evidence in plenty leaves nothing of the prior.
func TestRungFollowsManyPoints(t *testing.T) {
	src := stream(2, forChains, 0)
	var e rungEvidence
	for range 3000 {
		x, s := 0.7+0.1*src.NormFloat64(), 15+src.NormFloat64()
		e.lower, e.sizes = append(e.lower, x), append(e.sizes, s)
		e.upper = append(e.upper, 0.9+0.2*(x-0.7)+0.01*(s-15)+0.004*src.NormFloat64())
	}
	e.allLower, e.allSizes = e.lower, e.sizes
	r := fitRung(e)
	mean, std := r.predict(0.7, 0, 15)
	if math.Abs(mean-0.9) > 0.0005 || math.Abs(std-0.004) > 0.0003 {
		t.Errorf("at the centre %v -/+ %v; want 0.9 -/+ 0.004", mean, std)
	}
	up, _ := r.predict(0.8, 0, 15)
	large, _ := r.predict(0.7, 0, 16)
	if math.Abs(up-mean-0.02) > 0.0005 || math.Abs(large-mean-0.01) > 0.0005 {
		t.Errorf("rises by %v and %v; want 0.02 and 0.01", up-mean, large-mean)
	}
	if _, unsure := r.predict(0.7, 0.05, 15); math.Abs(unsure-math.Hypot(std, 0.2*0.05)) > 0.001 {
		t.Errorf("deviation %v of a lower score that is not sure; want that of both together", unsure)
	}
}

// TestRungOfLittle: equal scores give finite predictions with some deviation.
func TestRungOfLittle(t *testing.T) {
	same := slices.Repeat([]float64{0.9}, 3)
	for _, lower := range [][]float64{{0.8, 0.8, 0.8}, {0.7, 0.8, 0.9}} {
		r := fitRung(rungEvidence{lower: lower, sizes: []float64{1, 1, 1}, upper: same, allLower: lower, allSizes: []float64{1, 1, 1}})
		mean, std := r.predict(0.6, 0.1, 1)
		if math.IsNaN(mean) || math.Abs(mean-0.9) > 0.2 || !(std > 0) || math.IsInf(std, 0) {
			t.Errorf("from lower scores %v: %v -/+ %v", lower, mean, std)
		}
	}
}
