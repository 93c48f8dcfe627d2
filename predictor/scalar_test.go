package predictor

import (
	"math"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

func TestScalarFindsForm(t *testing.T) {
	size := func(a space.Arch) float64 { return float64(1 + a.Gene(1)) }
	archs := numbered(40)
	for _, c := range []struct {
		name       string
		f          func(s float64) float64
		logX, logY bool
	}{
		{"line", func(s float64) float64 { return 3 - 0.2*s }, false, false},
		{"logarithm", func(s float64) float64 { return 1 + 2*math.Log(s) }, true, false},
		{"power", func(s float64) float64 { return 0.5 * math.Pow(s, 1.7) }, true, true},
	} {
		y := make([]float64, len(archs))
		for i, a := range archs {
			y[i] = c.f(size(a))
		}
		p := fitted(t, "flops", Inputs{FLOPs: size}, Options{}, archs[:30], y[:30]).(*Scalar)
		if p.state.LogX != c.logX || p.state.LogY != c.logY {
			t.Errorf("%s: form log x %v, log y %v chosen", c.name, p.state.LogX, p.state.LogY)
		}
		mean, std := p.Predict(archs)
		for i := range mean {
			if math.Abs(mean[i]-y[i]) > 1e-9 || std[i] > 1e-9 {
				t.Errorf("%s: %v +- %v; want %v", c.name, mean[i], std[i], y[i])
				break
			}
		}
	}
}

// TestScalarErrorIsLeftOut refits without each example.
func TestScalarErrorIsLeftOut(t *testing.T) {
	size := func(a space.Arch) float64 { return float64(1 + a.Gene(1)) }
	archs := numbered(12)
	r := stream(1, forChains, 0)
	var x, y []float64
	for _, a := range archs {
		x = append(x, size(a))
		y = append(y, 10+size(a)+r.NormFloat64())
	}
	for _, s := range []scalarState{{}, {LogX: true}, {LogX: true, LogY: true}} {
		whole := s
		whole.fit(x, y)
		var sq float64
		for out := range x {
			part := s
			part.fit(without(x, out), without(y, out))
			e := y[out] - unscaled(part.Line.at(scaled(x[out], s.LogX)), s.LogY)
			sq += e * e
		}
		if want := math.Sqrt(sq / float64(len(x))); math.Abs(whole.Std-want) > 1e-9 {
			t.Errorf("log x %v, log y %v: left-out error %v; refits give %v", s.LogX, s.LogY, whole.Std, want)
		}
	}
}

func without(v []float64, out int) []float64 {
	kept := append([]float64(nil), v[:out]...)
	return append(kept, v[out+1:]...)
}
