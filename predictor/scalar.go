package predictor

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/supernet/space"
)

// minScalar is the fewest examples that Scalar fits: three, so that a line
// leaves an error to measure.
const minScalar = 3

// Scalar predicts from one size of the network, FLOPs or parameters. It fits
// three rising or falling curves by least squares, y = a + b c, y = a + b log c
// and log y = a + b log c, and keeps the one with the smallest error on left-out
// examples. It is the trivial model that a predictor must beat.
type Scalar struct {
	name  string
	size  func(space.Arch) float64
	state *scalarState
}

// scalarState is the fitted curve; it is what JSON holds.
type scalarState struct {
	Model string  `json:"model"`
	LogX  bool    `json:"log_x"`
	LogY  bool    `json:"log_y"`
	Line  line    `json:"line"`
	Std   float64 `json:"std"` // of left-out errors, unit of y
}

// line is y = MeanY + Slope (x - MeanX), the form that loses no digits.
type line struct {
	MeanX float64 `json:"mean_x"`
	MeanY float64 `json:"mean_y"`
	Slope float64 `json:"slope"`
}

func (l line) at(x float64) float64 { return l.MeanY + l.Slope*(x-l.MeanX) }

// Fit learns from at least 3 examples of positive size.
func (p *Scalar) Fit(archs []space.Arch, y []float64) error {
	if err := checkTargets(p.name, archs, y, minScalar); err != nil {
		return err
	}
	size := make([]float64, len(archs))
	for i, a := range archs {
		size[i] = p.size(a)
		if !(size[i] > 0) || math.IsInf(size[i], 0) {
			return fmt.Errorf("predictor %s: size of architecture %d is %v; want a positive number", p.name, i, size[i])
		}
	}
	forms := []scalarState{{}, {LogX: true}}
	if minOf(y) > 0 {
		forms = append(forms, scalarState{LogX: true, LogY: true})
	}
	best := scalarState{Std: math.Inf(1)}
	for _, s := range forms {
		if s.fit(size, y); s.Std < best.Std {
			best = s
		}
	}
	best.Model = p.name
	p.state = &best
	return nil
}

// fit fits the line of one form, and its error on left-out examples.
func (s *scalarState) fit(size, y []float64) {
	n := float64(len(y))
	x, t := make([]float64, len(y)), make([]float64, len(y))
	for i := range y {
		x[i], t[i] = scaled(size[i], s.LogX), scaled(y[i], s.LogY)
		s.Line.MeanX += x[i] / n
		s.Line.MeanY += t[i] / n
	}
	var xx, xy float64
	for i := range x {
		xx += (x[i] - s.Line.MeanX) * (x[i] - s.Line.MeanX)
		xy += (x[i] - s.Line.MeanX) * (t[i] - s.Line.MeanY)
	}
	if xx > 1e-24*n*s.Line.MeanX*s.Line.MeanX {
		s.Line.Slope = xy / xx
	} else {
		xx = math.Inf(1)
	}
	var sq float64
	for i := range x {
		leverage := 1/n + (x[i]-s.Line.MeanX)*(x[i]-s.Line.MeanX)/xx
		left := t[i] - (t[i]-s.Line.at(x[i]))/max(1-leverage, 1e-9)
		e := y[i] - unscaled(left, s.LogY)
		sq += e * e
	}
	s.Std = math.Sqrt(sq / n)
}

func scaled(v float64, log bool) float64 {
	if log {
		return math.Log(v)
	}
	return v
}

func unscaled(v float64, log bool) float64 {
	if log {
		return math.Exp(v)
	}
	return v
}

func minOf(v []float64) float64 {
	m := math.Inf(1)
	for _, x := range v {
		m = min(m, x)
	}
	return m
}

// Predict implements Predictor; std is the same for all.
func (p *Scalar) Predict(archs []space.Arch) (mean, std []float64) {
	if p.state == nil {
		panic(notFitted)
	}
	mean, std = make([]float64, len(archs)), make([]float64, len(archs))
	for i, a := range archs {
		x := scaled(p.size(a), p.state.LogX)
		mean[i], std[i] = unscaled(p.state.Line.at(x), p.state.LogY), p.state.Std
	}
	return mean, std
}

// MarshalJSON writes what was fitted; an error before the first Fit.
func (p *Scalar) MarshalJSON() ([]byte, error) {
	if p.state == nil {
		return nil, fmt.Errorf("predictor %s: nothing fitted to save", p.name)
	}
	return json.Marshal(p.state)
}

// UnmarshalJSON restores what MarshalJSON wrote; after an error the model is as
// it was.
func (p *Scalar) UnmarshalJSON(data []byte) error {
	var s scalarState
	if err := decodeState(data, p.name, &s, &s.Model); err != nil {
		return err
	}
	p.state = &s
	return nil
}
