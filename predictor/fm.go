package predictor

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/supernet/space"
)

// minFM is the fewest examples that FM fits.
const minFM = 4

// FM is the low-rank second-order model of a target y on one-hot features x,
//
//	y = b + w.x + sum_{i<j} <v_i, v_j> x_i x_j,
//
// a factorisation machine whose factors count with either sign. It is Bayesian:
// predictions average draws of b, w and v, and their spread is the uncertainty.
// Cross-validation inside Fit chooses the scale of the target and weighs the
// ranks of v. Rank 0, ridge regression with its penalty integrated out, is among
// them, so that interactions count only as far as unseen examples say that they
// help.
type FM struct {
	in      Inputs
	enc     encoder
	options Options
	state   *fmState
}

// fmState is all that Predict needs; it is what JSON holds.
type fmState struct {
	Model     string     `json:"model"` // "fm"
	Extras    []scaling  `json:"extras"`
	Warp      curve      `json:"warp"`
	Posterior *posterior `json:"posterior"`
}

func newFM(in Inputs, o Options) (*FM, error) {
	if in.Features == nil {
		return nil, fmt.Errorf("predictor fm: Inputs.Features is nil; want the features of an architecture")
	}
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("predictor fm: %w", err)
	}
	return &FM{in: in, enc: newEncoder(in), options: o}, nil
}

// Fit learns from at least 4 examples. With fewer than 10 distinct
// architectures nothing is cross-validated: the smallest rank and, where the
// scale is free, the target's own are taken.
func (p *FM) Fit(archs []space.Arch, y []float64) error {
	if err := checkTargets("fm", archs, y, minFM); err != nil {
		return err
	}
	e, err := p.examples(archs, y)
	if err != nil {
		return fmt.Errorf("predictor fm: %w", err)
	}
	c, err := e.choose()
	if err != nil {
		return fmt.Errorf("predictor fm: %w", err)
	}
	p.state = e.fit(c)
	return nil
}

// fmExamples are the examples of a fit.
type fmExamples struct {
	y       []float64
	encoded encoded
	folds   *folds // nil: too few to choose by
	options Options
}

// examples encodes examples.
func (p *FM) examples(archs []space.Arch, y []float64) (*fmExamples, error) {
	t, err := p.enc.encode(archs, -1)
	if err != nil {
		return nil, err
	}
	return &fmExamples{y: y, encoded: t, folds: newFolds(t, archs, p.options), options: p.options}, nil
}

// fmChoice is how examples are fitted: a scale, the targets on it, and the rank of each
// chain.
type fmChoice struct {
	warp   curve
	target []float64
	ranks  []int
	held   []float64 // left-out predictions on the scale; nil if there are too few to choose by
}

// choose returns the scale on which unseen examples are ranked best, and the ranks there.
// The target's own scale wins ties.
func (e *fmExamples) choose() (best fmChoice, err error) {
	warps := e.options.warps()
	if e.folds == nil {
		return e.on(warps[0])
	}
	bestTau := math.Inf(-1)
	for _, w := range warps {
		c, err := e.on(w)
		if err != nil {
			return c, err
		}
		if tau := Kendall(c.held, e.y); tau > bestTau {
			best, bestTau = c, tau
		}
	}
	return best, nil
}

// on chooses the ranks on a scale.
func (e *fmExamples) on(w Warp) (c fmChoice, err error) {
	if c.warp, c.target, err = fitCurve(w, e.y); err != nil {
		return c, err
	}
	candidates := e.options.ranks()
	if e.folds == nil {
		c.ranks = allot(candidates[:1], []float64{1}, chains)
		return c, nil
	}
	var share []float64
	share, c.held = e.folds.weighRanks(func(int) []float64 { return c.target })
	c.ranks = allot(candidates, share, chains)
	return c, nil
}

// fit fits all examples as chosen.
func (e *fmExamples) fit(c fmChoice) *fmState {
	all := upTo(len(e.y))
	scale := e.encoded.scalings(all)
	post := newProblem(e.encoded.design(all, scale)).fit(c.target, c.ranks, fullPlan(), e.options.Seed, e.options.Workers)
	return &fmState{Model: "fm", Extras: scale, Warp: c.warp, Posterior: post}
}

// Predict implements Predictor. It panics if an architecture has another number
// of features than those fitted, or a feature or size that is not finite.
func (p *FM) Predict(archs []space.Arch) (mean, std []float64) {
	if p.state == nil {
		panic(notFitted)
	}
	s := p.state
	t, err := p.enc.encode(archs, s.Posterior.Inter)
	if err != nil {
		panic(badFeatures)
	}
	mean, std = s.Posterior.predict(t.design(upTo(len(archs)), s.Extras), p.options.Workers)
	s.Warp.unwarp(mean, std)
	return mean, std
}

// badFeatures is what Predict panics with when the features function does not
// keep its promise.
const badFeatures = "predictor: features of an architecture are not finite or not as many as fitted"

// Rank returns the number of factors that has most weight, 0 for the additive
// model. It panics before the first Fit.
func (p *FM) Rank() int {
	if p.state == nil {
		panic(notFitted)
	}
	return p.state.Posterior.rank()
}

// Warp returns the chosen scale of the target. It panics before the first Fit.
func (p *FM) Warp() Warp {
	if p.state == nil {
		panic(notFitted)
	}
	return p.state.Warp.Kind
}

// MarshalJSON writes what was fitted; an error before the first Fit.
func (p *FM) MarshalJSON() ([]byte, error) {
	if p.state == nil {
		return nil, fmt.Errorf("predictor fm: nothing fitted to save")
	}
	return json.Marshal(p.state)
}

// UnmarshalJSON restores what MarshalJSON wrote into a model made with the same
// inputs; after an error the model is as it was.
func (p *FM) UnmarshalJSON(data []byte) error {
	var s fmState
	if err := decodeState(data, "fm", &s, &s.Model); err != nil {
		return err
	}
	if err := s.check(p.in.count()); err != nil {
		return fmt.Errorf("predictor fm: state: %w", err)
	}
	p.state = &s
	return nil
}

func (s *fmState) check(extras int) error {
	if s.Posterior == nil {
		return fmt.Errorf("posterior is missing")
	}
	if err := s.Posterior.check(extras, len(s.Extras)); err != nil {
		return err
	}
	return s.Warp.check()
}
