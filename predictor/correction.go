package predictor

import (
	"fmt"
	"math"
	"slices"
)

// form is how a correction changes the base.
type form string

const (
	formPlain form = "plain" // seconds = base * exp(shift)
	formLog   form = "log"   // seconds = base * exp(correction)
	formAdd   form = "add"   // seconds = base + correction
)

// latencyState is all that Latency predicts from; it is what JSON holds.
type latencyState struct {
	Model     string     `json:"model"` // "latency"
	Form      form       `json:"form"`
	Base      base       `json:"base"`
	Shift     float64    `json:"shift"` // formPlain: mean and deviation of log(seconds/base)
	Std       float64    `json:"std"`
	Classes   []class    `json:"classes,omitempty"` // whose shares of the sum are among the extras
	Extras    []scaling  `json:"extras,omitempty"`
	Posterior *posterior `json:"posterior,omitempty"` // of the correction; nil with formPlain
}

// base is a line on the table's sum, in seconds.
type base struct {
	Overhead float64 `json:"overhead"` // not negative
	Slope    float64 `json:"slope"`    // not negative
	Floor    float64 `json:"floor"`    // smallest seconds ever predicted, above 0
}

func (b base) at(sum float64) float64 { return max(b.Overhead+b.Slope*sum, b.Floor) }

// fitBase returns the line with the smallest squared relative error whose two
// coefficients are not negative, so that no network costs less than nothing.
func fitBase(sum, y []float64) base {
	var oo, os, ss, o, s float64
	for i, t := range sum {
		a, b := 1/y[i], t/y[i]
		oo += a * a
		os += a * b
		ss += b * b
		o += a
		s += b
	}
	fit := base{Overhead: o / oo, Floor: minOf(y) / 1000}
	det := oo*ss - os*os
	if !(det > 1e-12*oo*ss) {
		return fit
	}
	overhead, slope := (o*ss-s*os)/det, (s*oo-o*os)/det
	switch {
	case slope <= 0:
	case overhead < 0:
		fit.Overhead, fit.Slope = 0, s/ss
	default:
		fit.Overhead, fit.Slope = overhead, slope
	}
	return fit
}

// latencyFit holds the examples of a fit.
type latencyFit struct {
	rows    encoded
	sum, y  []float64
	tabled  bool // there is a table
	folds   *folds
	options Options
}

// choose returns the form of correction with the smallest relative error (MAPE)
// on left-out architectures, the simpler one of equals, and the rank of each
// chain. Without a table a plain factor knows nothing and is left out, unless
// there is too little to choose by.
func (l *latencyFit) choose() (form, []int) {
	if l.folds == nil {
		return formPlain, nil
	}
	best, bestErr := formPlain, math.Inf(1)
	if l.tabled {
		bestErr = MAPE(l.leftOutPlain(), l.y)
	}
	var ranks []int
	for _, f := range []form{formLog, formAdd} {
		share, pred := l.leftOut(f)
		if e := MAPE(pred, l.y); e < bestErr {
			best, bestErr = f, e
			ranks = allot(l.options.ranks(), share, chains)
		}
	}
	return best, ranks
}

// leftOutPlain predicts each example by the base and factor of the others.
func (l *latencyFit) leftOutPlain() []float64 {
	pred := make([]float64, len(l.y))
	for k, train := range l.folds.train {
		sum, y := pick(l.sum, train), pick(l.y, train)
		b := fitBase(sum, y)
		shift, _ := meanStd(formLog.rest(b, sum, y))
		for _, i := range l.folds.test[k] {
			pred[i] = formLog.seconds(b, l.sum[i], shift)
		}
	}
	return pred
}

// leftOut predicts each example, in seconds, by models fitted to the others.
func (l *latencyFit) leftOut(f form) (share, pred []float64) {
	bases := make([]base, len(l.folds.train))
	for k, train := range l.folds.train {
		bases[k] = fitBase(pick(l.sum, train), pick(l.y, train))
	}
	share, pred = l.folds.weighRanks(func(k int) []float64 { return f.rest(bases[k], l.sum, l.y) })
	for k, test := range l.folds.test {
		for _, i := range test {
			pred[i] = f.seconds(bases[k], l.sum[i], pred[i])
		}
	}
	return share, pred
}

// fit fits the chosen correction to all examples.
func (l *latencyFit) fit() *latencyState {
	f, ranks := l.choose()
	s := &latencyState{Model: "latency", Form: f, Base: fitBase(l.sum, l.y)}
	rest := f.rest(s.Base, l.sum, l.y)
	if f == formPlain {
		s.Shift, s.Std = meanStd(rest)
		return s
	}
	all := upTo(len(l.y))
	s.Extras = l.rows.scalings(all)
	s.Posterior = newProblem(l.rows.design(all, s.Extras)).fit(rest, ranks, fullPlan(), l.options.Seed, l.options.Workers)
	return s
}

// rest returns what the base leaves to the correction, on the form's scale.
func (f form) rest(b base, sum, y []float64) []float64 {
	out := make([]float64, len(y))
	for i, v := range y {
		if f == formAdd {
			out[i] = v - b.at(sum[i])
		} else {
			out[i] = math.Log(v / b.at(sum[i]))
		}
	}
	return out
}

// seconds returns the corrected base.
func (f form) seconds(b base, sum, correction float64) float64 {
	if f == formAdd {
		return max(b.at(sum)+correction, b.Floor)
	}
	return b.at(sum) * math.Exp(correction)
}

// meanStd returns the mean and the deviation (n-1) of at least two numbers.
func meanStd(v []float64) (mean, std float64) {
	n := float64(len(v))
	for _, x := range v {
		mean += x / n
	}
	for _, x := range v {
		std += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(std / (n - 1))
}

// features returns the number of features fitted, -1 if none matter.
func (s *latencyState) features() int {
	if s.Posterior == nil {
		return -1
	}
	return s.Posterior.Inter
}

// predict returns mean and deviation in seconds of the networks at the given
// rows, whose table sums are sum.
func (s *latencyState) predict(t encoded, at []int, sum []float64, workers int) (mean, std []float64) {
	if s.Form == formPlain {
		mean, std = make([]float64, len(at)), make([]float64, len(at))
		for i := range mean {
			mean[i], std[i] = s.Shift, s.Std
		}
	} else {
		mean, std = s.Posterior.predict(t.design(at, s.Extras), workers)
	}
	for i, c := range mean {
		mean[i] = s.Form.seconds(s.Base, sum[i], c)
		if s.Form != formAdd {
			std[i] = mean[i] * math.Sinh(std[i])
		}
	}
	return mean, std
}

// check reports what makes a loaded state unusable with a model that has this
// many extra features.
func (s *latencyState) check(extras int) error {
	if !(s.Base.Floor > 0) || !(s.Base.Overhead >= 0) || !(s.Base.Slope >= 0) {
		return fmt.Errorf("base is %+v; want a positive floor and no negative coefficient", s.Base)
	}
	if !slices.IsSortedFunc(s.Classes, compareClasses) {
		return fmt.Errorf("classes are not sorted")
	}
	switch s.Form {
	case formPlain:
		return nil
	case formLog, formAdd:
	default:
		return fmt.Errorf("form is %q; want %q, %q or %q", s.Form, formPlain, formLog, formAdd)
	}
	if s.Posterior == nil {
		return fmt.Errorf("form %q has no posterior", s.Form)
	}
	return s.Posterior.check(extras, len(s.Extras))
}
