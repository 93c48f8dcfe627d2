package predictor

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// shift is how the truth of picks differs from what a model says.
type shift struct {
	name         string
	bias, factor float64 // in hundredths, and in deviations of the model
	heavy        bool    // errors have heavier tails than the normal distribution
}

// draw returns predictions of n picks and the truth.
func (s shift) draw(r *rand.Rand, n int) (mean, std, truth []float64) {
	for range n {
		m, d := 0.8+0.05*r.NormFloat64(), 0.01*(0.7+0.6*r.Float64())
		e := r.NormFloat64()
		if s.heavy && r.IntN(10) == 0 {
			e *= 2.5
		}
		mean, std, truth = append(mean, m), append(std, d), append(truth, m+0.01*s.bias+d*s.factor*e)
	}
	return mean, std, truth
}

// TestCalibrationCovers: whatever the shift, intervals of 90 % hold about 90 %
// of new picks once they are calibrated by as few as 8 earlier ones; without,
// they hold too few. Those that hold too many are not narrowed.
func TestCalibrationCovers(t *testing.T) {
	for _, s := range []shift{
		{name: "none", factor: 1},
		{name: "bias", bias: -1.5, factor: 1},
		{name: "wide", factor: 2},
		{name: "bias and wide", bias: -2, factor: 2.5},
		{name: "narrow", factor: 0.4},
		{name: "heavy", bias: -1, factor: 1.3, heavy: true},
	} {
		for _, n := range []int{8, 16, 48} {
			r := stream(1, forChains, n)
			var before, after, bias float64
			const runs = 400
			for range runs {
				c := Calibrate(s.draw(r, n))
				mean, std, truth := s.draw(r, 50)
				before += Coverage(mean, std, truth, 0.9) / runs
				m, d := c.ApplyAll(mean, std)
				after += Coverage(m, d, truth, 0.9) / runs
				bias += c.Bias / runs
			}
			t.Logf("%-14s %2d picks: coverage %.3f, calibrated %.3f, bias %+.4f", s.name, n, before, after, bias)
			if after < 0.855 || after > 0.945 && s.factor >= 1 {
				t.Errorf("%s, %d picks: coverage %.3f; want about 0.9", s.name, n, after)
			}
			if s.factor*s.factor+s.bias*s.bias > 2.5 && before > 0.8 {
				t.Errorf("%s: coverage %.3f before; the shift is none", s.name, before)
			}
		}
	}
}

// TestCalibrationLearnsBias compares with the shift put in.
func TestCalibrationLearnsBias(t *testing.T) {
	r := stream(2, forChains, 0)
	c := Calibrate(shift{bias: -2, factor: 1.5}.draw(r, 400))
	if math.Abs(c.Bias+0.01) > 0.001 || math.Abs(c.Factor()-1.8) > 0.15 || c.N != 400 {
		t.Errorf("%v; want half a bias of -0.02 and a factor of about the root of 1.5^2 + 1^2", c)
	}
	if m, s := c.Apply(0.5, 0.1); m != 0.5+c.Bias || s != 0.1*c.Factor() {
		t.Errorf("applied: %v, %v", m, s)
	}
}

func TestCalibrationOfLittle(t *testing.T) {
	if m, s := (Calibration{}).Apply(0.7, 0.1); m != 0.7 || s != 0.1 {
		t.Errorf("the zero value changes 0.7, 0.1 to %v, %v", m, s)
	}
	nan, inf := math.NaN(), math.Inf(1)
	if c := Calibrate([]float64{1, 1, 1, nan}, []float64{0, inf, nan, 1}, []float64{2, 2, 2, 2}); c != (Calibration{}) {
		t.Errorf("unusable picks give %v; want no change", c)
	}
	one := Calibrate([]float64{0.9}, []float64{0.01}, []float64{0.93})
	if one.Bias <= 0 || one.Bias > 0.015 || one.Factor() < 1 || one.Factor() > 5 {
		t.Errorf("one pick three deviations off gives %v; want a part of it", one)
	}
	same := slices.Repeat([]float64{0.9}, 12)
	exact := Calibrate(same, slices.Repeat([]float64{0.01}, 12), same)
	if exact.Bias != 0 || exact.Factor() != 1 {
		t.Errorf("exact predictions give %v; want no change", exact)
	}
}
