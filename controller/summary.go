package controller

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Summary is what several runs, one figure for each seed, say together.
type Summary struct {
	N    int     `json:"n"`    // runs
	Mean float64 `json:"mean"` //
	Std  float64 `json:"std"`  // sample standard deviation; 0 for one run
	Low  float64 `json:"low"`  // of the mean: interval by Student's t; the mean itself for one run
	High float64 `json:"high"` //
}

// Summarise returns mean, standard deviation and the interval of the mean of
// probability level (0.95: 95 %), the figures taken as draws from a normal
// distribution. With one run the interval is the mean itself. No figures, figures that are not
// finite and a level not between 0 and 1 are errors.
func Summarise(figures []float64, level float64) (Summary, error) {
	if len(figures) == 0 {
		return Summary{}, fmt.Errorf("summarise: no figures; want at least one")
	}
	if !(level > 0 && level < 1) {
		return Summary{}, fmt.Errorf("summarise: level is %v; want above 0 and below 1", level)
	}
	if i := slices.IndexFunc(figures, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }); i >= 0 {
		return Summary{}, fmt.Errorf("summarise: figure %d is %v; want a finite number", i, figures[i])
	}
	s := Summary{N: len(figures)}
	s.Mean, s.Std = moments(figures)
	s.Low, s.High = s.Mean, s.Mean
	if s.N > 1 {
		t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(s.N - 1)}.Quantile((1 + level) / 2)
		half := t * s.Std / math.Sqrt(float64(s.N))
		s.Low, s.High = s.Mean-half, s.Mean+half
	}
	return s, nil
}

// String returns mean, deviation and interval for logs and reports.
func (s Summary) String() string {
	return fmt.Sprintf("mean %.4f, deviation %.4f, interval [%.4f, %.4f] of %d", s.Mean, s.Std, s.Low, s.High, s.N)
}
