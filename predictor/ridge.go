package predictor

import (
	"encoding/json"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

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
	s := ridgeState{Model: "ridge", Count: len(y), Center: make([]float64, t.inter), Weight: make([]float64, t.inter)}
	d, ok := s.decompose(t.rows, y)
	if !ok {
		return fmt.Errorf("predictor ridge: the features' singular values cannot be computed; want numbers of moderate size")
	}
	s.solve(d)
	p.state = &s
	return nil
}

// spectrum is the centred problem in the basis of its singular vectors.
type spectrum struct {
	u, v mat.Dense // n x k and features x k
	sv   []float64 // singular values, none zero
	uy   []float64 // U'y
	y    []float64 // centred targets
}

func (s *ridgeState) decompose(rows [][]entry, y []float64) (*spectrum, bool) {
	n := float64(len(rows))
	d := &spectrum{y: make([]float64, len(y))}
	for i, row := range rows {
		s.Shift += y[i] / n
		for _, e := range row {
			s.Center[e.at] += e.x / n
		}
	}
	for i, v := range y {
		d.y[i] = v - s.Shift
	}
	if len(s.Center) == 0 {
		return d, true
	}
	x := mat.NewDense(len(rows), len(s.Center), nil)
	for i, row := range rows {
		for j, c := range s.Center {
			x.Set(i, j, -c)
		}
		for _, e := range row {
			x.Set(i, e.at, e.x-s.Center[e.at])
		}
	}
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDThin) {
		return nil, false
	}
	d.sv = svd.Values(nil)
	svd.UTo(&d.u)
	svd.VTo(&d.v)
	floor := 1e-10 * math.Sqrt(n)
	for len(d.sv) > 0 && d.sv[len(d.sv)-1] <= floor*max(d.sv[0], 1) {
		d.sv = d.sv[:len(d.sv)-1]
	}
	d.uy = make([]float64, len(d.sv))
	for k := range d.uy {
		for i, v := range d.y {
			d.uy[k] += d.u.At(i, k) * v
		}
	}
	return d, true
}

// solve takes the penalty with the smallest leave-one-out error from a grid
// around the mean squared singular value, then the weights and the noise.
func (s *ridgeState) solve(d *spectrum) {
	best := math.Inf(1)
	var base float64
	for _, v := range d.sv {
		base += v * v / float64(len(d.sv))
	}
	for step := range 49 {
		penalty := max(base, 1e-300) * math.Exp2(float64(step-24)/2)
		loo, noise := d.leaveOneOut(penalty)
		if loo < best {
			best, s.Penalty, s.Noise = loo, penalty, math.Sqrt(noise)
		}
	}
	s.Free = s.Noise * s.Noise / s.Penalty
	s.Half = make([][]float64, len(d.sv))
	for k, v := range d.sv {
		half := make([]float64, len(s.Weight))
		gain := v / (v*v + s.Penalty) * d.uy[k]
		shrink := math.Sqrt(v * v / (s.Penalty * (v*v + s.Penalty)))
		for j := range half {
			s.Weight[j] += gain * d.v.At(j, k)
			half[j] = shrink * d.v.At(j, k)
		}
		s.Half[k] = half
	}
}

// leaveOneOut returns the mean squared error of each example predicted without
// it, and the noise variance that makes those errors as large as the model says.
func (d *spectrum) leaveOneOut(penalty float64) (loo, noise float64) {
	n := float64(len(d.y))
	for i, y := range d.y {
		fit, leverage := 0.0, 1/n
		for k, v := range d.sv {
			share := v * v / (v*v + penalty)
			u := d.u.At(i, k)
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
	mean = s.Shift
	var squares, known float64
	for j, v := range x {
		mean += s.Weight[j] * v
		squares += v * v
	}
	for _, half := range s.Half {
		var t float64
		for j, v := range x {
			t += half[j] * v
		}
		known += t * t
	}
	variance := s.Noise*s.Noise*(1+1/float64(s.Count)) + max(s.Free*squares-s.Noise*s.Noise*known, 0)
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
