package predictor

import (
	"encoding/json"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/espalier-nas/espalier/supernet/space"
)

// minRidge is the fewest examples that Ridge fits.
const minRidge = 3

// Ridge is linear regression on the features with an unpenalised intercept and
// a squared penalty chosen by leave-one-out error in closed form. It is the
// plain twin of FM.
type Ridge struct {
	features Features
	state    *ridgeState
}

// ridgeState is the fitted model; it is what JSON holds.
type ridgeState struct {
	Model   string    `json:"model"` // "ridge"
	Center  []float64 `json:"center"`
	Weight  []float64 `json:"weight"`
	Shift   float64   `json:"shift"`
	Penalty float64   `json:"penalty"`
	Count   int       `json:"count"` // examples
	Noise   float64   `json:"noise"` // standard deviation, unit of y
	// The posterior variance of x.w is Free |x|^2 - Noise^2 |Half x|^2: the
	// prior's, less what the examples took away.
	Free float64     `json:"free"`
	Half [][]float64 `json:"half"` // [direction][feature]
}

// Fit learns from at least 3 examples.
func (p *Ridge) Fit(archs []space.Arch, y []float64) error {
	if err := checkTargets("ridge", archs, y, minRidge); err != nil {
		return err
	}
	t, err := encoder{features: p.features}.encode(archs, -1)
	if err != nil {
		return fmt.Errorf("predictor ridge: %w", err)
	}
	d := newSpectrum(t.design(upTo(len(y)), nil), y)
	p.state = d.solve()
	return nil
}

// spectrum is the centred problem in the basis of its singular vectors.
type spectrum struct {
	*linear
	shift float64   // mean of the targets
	y     []float64 // centred targets
	uy    []float64 // U'y
}

func newSpectrum(x design, y []float64) *spectrum {
	d := &spectrum{linear: newLinear(x, 0, x.cols), y: make([]float64, len(y))}
	for _, v := range y {
		d.shift += v / float64(len(y))
	}
	for i, v := range y {
		d.y[i] = v - d.shift
	}
	for _, u := range d.u {
		d.uy = append(d.uy, floats.Dot(u, d.y))
	}
	return d
}

// solve takes the penalty with the smallest leave-one-out error from a grid
// around the mean squared singular value, then the weights and the noise.
func (d *spectrum) solve() *ridgeState {
	s := &ridgeState{Model: "ridge", Center: d.mean, Weight: make([]float64, len(d.mean)), Shift: d.shift, Count: len(d.y)}
	base := sumSquares(d.sv) / float64(max(len(d.sv), 1))
	best := math.Inf(1)
	for step := range 49 {
		penalty := max(base, 1e-300) * math.Exp2(float64(step-24)/2)
		if loo, noise := d.leaveOneOut(penalty); loo < best {
			best, s.Penalty, s.Noise = loo, penalty, math.Sqrt(noise)
		}
	}
	s.Free = s.Noise * s.Noise / s.Penalty
	for k, v := range d.sv {
		floats.AddScaled(s.Weight, v/(v*v+s.Penalty)*d.uy[k], d.v[k])
		half := make([]float64, len(s.Weight))
		s.Half = append(s.Half, floats.ScaleTo(half, math.Sqrt(v*v/(s.Penalty*(v*v+s.Penalty))), d.v[k]))
	}
	return s
}

// leaveOneOut returns the mean squared error of each example predicted without
// it, and the noise variance that makes those errors as large as the model says.
func (d *spectrum) leaveOneOut(penalty float64) (loo, noise float64) {
	n := float64(len(d.y))
	for i, y := range d.y {
		fit, leverage := 0.0, 1/n
		for k, v := range d.sv {
			share := v * v / (v*v + penalty)
			u := d.u[k][i]
			fit += share * u * d.uy[k]
			leverage += share * u * u
		}
		rest := max(1-leverage, 1e-9)
		e := (y - fit) / rest
		loo += e * e / n
		noise += e * e * rest / n
	}
	return loo, noise
}

// Predict implements Predictor. It panics if an architecture has another number
// of features than those fitted.
func (p *Ridge) Predict(archs []space.Arch) (mean, std []float64) {
	if p.state == nil {
		panic(notFitted)
	}
	s := p.state
	t, err := encoder{features: p.features}.encode(archs, len(s.Center))
	if err != nil {
		panic(badFeatures)
	}
	mean, std = make([]float64, len(archs)), make([]float64, len(archs))
	x := make([]float64, len(s.Center))
	for i, row := range t.rows {
		for j, c := range s.Center {
			x[j] = -c
		}
		for _, e := range row {
			x[e.at] += e.x
		}
		mean[i], std[i] = s.at(x)
	}
	return mean, std
}

// at returns mean and deviation at centred features.
func (s *ridgeState) at(x []float64) (mean, std float64) {
	mean = s.Shift + floats.Dot(s.Weight, x)
	var known float64
	for _, half := range s.Half {
		t := floats.Dot(half, x)
		known += t * t
	}
	variance := s.Noise*s.Noise*(1+1/float64(s.Count)) + max(s.Free*sumSquares(x)-s.Noise*s.Noise*known, 0)
	return mean, math.Sqrt(variance)
}

// MarshalJSON writes what was fitted; an error before the first Fit.
func (p *Ridge) MarshalJSON() ([]byte, error) {
	if p.state == nil {
		return nil, fmt.Errorf("predictor ridge: nothing fitted to save")
	}
	return json.Marshal(p.state)
}

// UnmarshalJSON restores what MarshalJSON wrote; after an error the model is as
// it was.
func (p *Ridge) UnmarshalJSON(data []byte) error {
	var s ridgeState
	if err := decodeState(data, "ridge", &s, &s.Model); err != nil {
		return err
	}
	if len(s.Weight) != len(s.Center) || s.Count < 1 {
		return fmt.Errorf("predictor ridge: state: %d weights, %d centres, %d examples; want as many weights as centres, at least one example", len(s.Weight), len(s.Center), s.Count)
	}
	for k, half := range s.Half {
		if len(half) != len(s.Center) {
			return fmt.Errorf("predictor ridge: state: half[%d] has %d numbers; want %d", k, len(half), len(s.Center))
		}
	}
	p.state = &s
	return nil
}
