package predictor

import (
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/supernet/space"
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

// correction is one candidate of a latency fit.
type correction struct {
	form form
	rank int
}

// latencyFit holds the examples of a fit.
type latencyFit struct {
	table   table
	extras  int
	sum, y  []float64
	options Options
}

// choose returns the correction with the smallest relative error (MAPE) on
// left-out architectures; the simpler one of equals.
func (l *latencyFit) choose(archs []space.Arch) (correction, error) {
	plain := correction{form: formPlain}
	if _, groups := groupByArch(archs); groups < minChoose {
		return plain, nil
	}
	fold, err := assignFolds(archs, innerFolds, l.options.Seed)
	if err != nil {
		return plain, err
	}
	all := []correction{plain}
	for _, r := range l.options.ranks() {
		all = append(all, correction{formLog, r}, correction{formAdd, r})
	}
	preds := make([][]float64, len(all))
	for k := range preds {
		preds[k] = make([]float64, len(l.y))
	}
	parallel(innerFolds, l.options.Workers, func(f int) {
		train, test := splitFold(fold, f)
		e := l.examples(train)
		for k, c := range all {
			s := e.fit(c, 1, trialPlan(), l.options.Seed+uint64(f+1), 1)
			mean, _ := s.predict(l.table, test, pick(l.sum, test), 1)
			for n, i := range test {
				preds[k][i] = mean[n]
			}
		}
	})
	best := 0
	for k := range all {
		if MAPE(preds[k], l.y) < MAPE(preds[best], l.y) {
			best = k
		}
	}
	return all[best], nil
}

// examples are those that one model is fitted to.
type examples struct {
	base  base
	sum   []float64
	y     []float64
	scale []scaling
	known problem
}

// examples returns those at the given indices.
func (l *latencyFit) examples(at []int) *examples {
	e := &examples{sum: pick(l.sum, at), y: pick(l.y, at), scale: l.table.scalings(at, l.extras)}
	e.base = fitBase(e.sum, e.y)
	e.known = newProblem(l.table.design(at, e.scale))
	return e
}

// fit fits one correction.
func (e *examples) fit(c correction, chains int, plan chainPlan, seed uint64, workers int) *latencyState {
	s := &latencyState{Model: "latency", Form: c.form, Base: e.base}
	rest := make([]float64, len(e.y))
	for i, v := range e.y {
		b := e.base.at(e.sum[i])
		if c.form == formAdd {
			rest[i] = v - b
		} else {
			rest[i] = math.Log(v / b)
		}
	}
	if c.form == formPlain {
		s.Shift, s.Std = meanStd(rest)
		return s
	}
	p := e.known.fit(rest, c.rank, chains, plan, seed, workers)
	s.Extras, s.Posterior = e.scale, &p
	return s
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
func (s *latencyState) predict(t table, at []int, sum []float64, workers int) (mean, std []float64) {
	if s.Form == formPlain {
		mean, std = make([]float64, len(at)), make([]float64, len(at))
		for i := range mean {
			mean[i], std[i] = s.Shift, s.Std
		}
	} else {
		mean, std = s.Posterior.predict(t.design(at, s.Extras), workers)
	}
	for i, c := range mean {
		b := s.Base.at(sum[i])
		if s.Form == formAdd {
			mean[i] = max(b+c, s.Base.Floor)
		} else {
			mean[i] = b * math.Exp(c)
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
