package predictor

import (
	"encoding/json"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/espalier-nas/espalier/supernet/space"
)

// minTransfer is the fewest examples that Transfer fits.
const minTransfer = 4

// Transfer predicts scores from few examples and from a prior: a model that has learnt what
// the same architectures score elsewhere, as on other pictures,
//
//	y = mean + slope (prior(x) - centre) + weight (rest(x) - mean).
//
// The slope is that of a line through the examples, shrunk towards 0 by as much as chance
// alone would have given: it is normal a priori, with mean 0 and the variance that makes the
// examples most likely (type II maximum likelihood). It is never below 0: what ranks the wrong
// way round is no prior. The weight is what predicts left-out examples best, the more so the
// surer the slope. With a slope of 0 the model is rest alone, to the bit.
//
// Source: after Kennedy and O'Hagan, Biometrika 87 (2000); slope and weight are ours.
type Transfer struct {
	prior Predictor // fitted elsewhere
	fresh func() Predictor
	rest  Predictor // of what the line leaves
	state *transferState
}

// transferState is what a fit leaves; it is what JSON holds.
type transferState struct {
	Model   string          `json:"model"` // "transfer"
	Slope   float64         `json:"slope"`
	Doubt   float64         `json:"doubt"`   // variance of the slope
	Weight  float64         `json:"weight"`  // of the rest
	Mean    float64         `json:"mean"`    // of the examples
	Centre  float64         `json:"centre"`  // mean of what the prior says of the examples
	Typical float64         `json:"typical"` // mean of the variances that it states for them
	Prior   json.RawMessage `json:"prior"`
	Rest    json.RawMessage `json:"rest"`
}

// NewTransfer returns a model that is not fitted yet. prior is fitted, unless the model is to
// be restored; fresh makes the unfitted model of what the line leaves.
func NewTransfer(prior Predictor, fresh func() Predictor) *Transfer {
	return &Transfer{prior: prior, fresh: fresh}
}

// Fit learns from at least 4 examples. The prior stays as it is.
func (t *Transfer) Fit(archs []space.Arch, y []float64) error {
	if err := checkTargets("transfer", archs, y, minTransfer); err != nil {
		return err
	}
	x, std := t.prior.Predict(archs)
	s := &transferState{Model: "transfer", Centre: stat.Mean(x, nil)}
	for _, d := range std {
		s.Typical += d * d / float64(len(std))
	}
	var sure float64
	s.Slope, s.Doubt, sure = shrunkSlope(x, y)
	s.Mean = stat.Mean(y, nil)
	left := make([]float64, len(y))
	for i, v := range y {
		left[i] = v - s.Slope*(x[i]-s.Centre)
	}
	var err error
	if s.Weight, err = t.weigh(archs, left, sure); err != nil {
		return fmt.Errorf("predictor transfer: %w", err)
	}
	rest := t.fresh()
	if err := rest.Fit(archs, left); err != nil {
		return fmt.Errorf("predictor transfer: %w", err)
	}
	t.rest, t.state = rest, s
	return nil
}

// weigh returns the weight of the rest, between 0 and 1, where the line leaves this: 1 less the
// part that cross-validation takes off, times how sure the slope is. With fewer than 10 distinct
// architectures it is 1.
func (t *Transfer) weigh(archs []space.Arch, left []float64, sure float64) (float64, error) {
	if _, groups := groupByArch(archs); sure == 0 || groups < minChoose {
		return 1, nil
	}
	h, err := CrossPredict(t.fresh, archs, left, innerFolds, 0)
	if err != nil {
		return 0, err
	}
	mean, both, squares := stat.Mean(left, nil), 0.0, 0.0
	for i, m := range h.Mean {
		both += (left[i] - mean) * (m - mean)
		squares += (m - mean) * (m - mean)
	}
	if !(squares > 0) {
		return 1, nil
	}
	return 1 - sure*(1-min(max(both/squares, 0), 1)), nil
}

// shrunkSlope returns mean and variance of the slope of y on x, and the share of the free slope
// that it is: 0 where chance explains that, 1 where it has no part; see Transfer.
func shrunkSlope(x, y []float64) (slope, variance, share float64) {
	shift, free := stat.LinearRegression(x, y, nil, false)
	if !(free > 0) || math.IsInf(free, 0) { // equal x have none
		return 0, 0, 0
	}
	mean, squares, left := stat.Mean(x, nil), 0.0, 0.0
	for i := range x {
		d, e := x[i]-mean, y[i]-shift-free*x[i]
		squares += d * d
		left += e * e
	}
	chance := left / float64(len(x)-2) / squares // variance of the free slope
	share = max(1-chance/(free*free), 0)
	return share * free, share * chance, share
}

// Predict implements Predictor. The deviation adds up those of the rest, of the slope, and of
// the prior as far as it is less sure than of the examples: what it errs there, the rest has
// learnt.
func (t *Transfer) Predict(archs []space.Arch) (mean, std []float64) {
	if t.state == nil {
		panic(notFitted)
	}
	s := t.state
	mean, std = t.rest.Predict(archs)
	if s.Slope == 0 {
		return mean, std
	}
	x, d := t.prior.Predict(archs)
	for i, m := range x {
		m -= s.Centre
		mean[i] = s.Mean + s.Weight*(mean[i]-s.Mean) + s.Slope*m
		std[i] = math.Sqrt(std[i]*std[i] + s.Doubt*m*m + s.Slope*s.Slope*max(d[i]*d[i]-s.Typical, 0))
	}
	return mean, std
}

// Slope returns how much of what the prior says counts, per unit of its score. It panics before
// the first Fit.
func (t *Transfer) Slope() float64 {
	if t.state == nil {
		panic(notFitted)
	}
	return t.state.Slope
}

// Describe implements Described.
func (t *Transfer) Describe() string {
	words := fmt.Sprintf("%.3g per unit of the prior", t.Slope())
	if d, ok := t.rest.(Described); ok {
		words += fmt.Sprintf("; %.0f %% of the rest by %s", 100*t.state.Weight, d.Describe())
	}
	return words
}

// MarshalJSON writes what was fitted, the prior included; an error before the first Fit.
func (t *Transfer) MarshalJSON() ([]byte, error) {
	if t.state == nil {
		return nil, fmt.Errorf("predictor transfer: nothing fitted to save")
	}
	s := *t.state
	var err error
	if s.Prior, err = json.Marshal(t.prior); err != nil {
		return nil, err
	}
	if s.Rest, err = json.Marshal(t.rest); err != nil {
		return nil, err
	}
	return json.Marshal(s)
}

// UnmarshalJSON restores what MarshalJSON wrote into a model made by the same constructor call,
// whose prior is restored too; after an error only that may have changed.
func (t *Transfer) UnmarshalJSON(data []byte) error {
	var s transferState
	if err := decodeState(data, "transfer", &s, &s.Model); err != nil {
		return err
	}
	if !(s.Slope >= 0) || !(s.Doubt >= 0) || !(s.Typical >= 0) || !(s.Weight >= 0 && s.Weight <= 1) {
		return fmt.Errorf("predictor transfer: state: slope is %v, doubt %v, typical %v and weight %v; want none negative, and a weight of at most 1", s.Slope, s.Doubt, s.Typical, s.Weight)
	}
	rest := t.fresh()
	if err := json.Unmarshal(s.Rest, rest); err != nil {
		return fmt.Errorf("predictor transfer: %w", err)
	}
	if err := json.Unmarshal(s.Prior, t.prior); err != nil {
		return fmt.Errorf("predictor transfer: %w", err)
	}
	s.Prior, s.Rest = nil, nil
	t.rest, t.state = rest, &s
	return nil
}
