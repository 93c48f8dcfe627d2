package predictor

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Blend is the mean of GP and FM on the scale of normal scores, in the shares that predict
// left-out examples with the smallest squared error. With fewer than 10 distinct
// architectures the shares are equal. Source of the shares: Wolpert's stacking, Neural
// Networks 5 (1992), for two models that must sum to one.
type Blend struct {
	gp      *GP
	fm      *FM
	options Options
	fresh   func() (*GP, *FM, error)
	state   *blendState
}

// blendState is the fitted blend; it is what JSON holds.
type blendState struct {
	Model string          `json:"model"` // "blend"
	Share float64         `json:"share"` // of GP
	Warp  curve           `json:"warp"`
	Std   float64         `json:"std"` // of left-out errors over what the models say; 1 if there are none
	GP    json.RawMessage `json:"gp"`
	FM    json.RawMessage `json:"fm"`
}

func newBlend(in Inputs, o Options) (*Blend, error) {
	b := &Blend{options: o}
	b.fresh = func() (*GP, *FM, error) {
		warped := o
		warped.Warp = WarpNone // it gets targets on the scale of the blend
		gp, err := newGP(in, warped)
		if err != nil {
			return nil, nil, err
		}
		fm, err := newFM(in, warped)
		return gp, fm, err
	}
	var err error
	if b.gp, b.fm, err = b.fresh(); err != nil {
		return nil, fmt.Errorf("predictor blend: %w", err)
	}
	return b, nil
}

// Fit learns from at least 4 examples.
func (b *Blend) Fit(archs []space.Arch, y []float64) error {
	if err := checkTargets("blend", archs, y, max(minGP, minFM)); err != nil {
		return err
	}
	s := &blendState{Model: "blend", Share: 0.5, Std: 1}
	warp := b.options.Warp
	if warp == WarpAuto {
		warp = WarpRanks
	}
	var target []float64
	var err error
	if s.Warp, target, err = fitCurve(warp, y); err != nil {
		return fmt.Errorf("predictor blend: %w", err)
	}
	if _, groups := groupByArch(archs); groups >= minChoose {
		if err := b.stack(s, archs, target); err != nil {
			return err
		}
	}
	gp, fm, err := b.fresh()
	if err != nil {
		return err
	}
	if err := gp.Fit(archs, target); err != nil {
		return err
	}
	if err := fm.Fit(archs, target); err != nil {
		return err
	}
	b.gp, b.fm, b.state = gp, fm, s
	return nil
}

// stack sets the share of GP, and how far errors of the blend are from what it says.
func (b *Blend) stack(s *blendState, archs []space.Arch, target []float64) error {
	var held [2]HeldOut
	for k := range held {
		h, err := CrossPredict(func() Predictor {
			gp, fm, err := b.fresh()
			if err != nil {
				panic("predictor: inputs changed after New")
			}
			return []Predictor{gp, fm}[k]
		}, archs, target, innerFolds, b.options.Seed)
		if err != nil {
			return fmt.Errorf("predictor blend: %w", err)
		}
		held[k] = h
	}
	var ab, bb float64
	for i, y := range target {
		apart := held[0].Mean[i] - held[1].Mean[i]
		ab += (y - held[1].Mean[i]) * apart
		bb += apart * apart
	}
	if bb > 0 {
		s.Share = min(max(ab/bb, 0), 1)
	}
	var sq float64
	for i, y := range target {
		e := (y - s.Share*held[0].Mean[i] - (1-s.Share)*held[1].Mean[i]) / s.std(held[0].Std[i], held[1].Std[i])
		sq += e * e / float64(len(target))
	}
	s.Std = math.Sqrt(sq)
	return nil
}

// std returns the deviation of the blend: errors of the two are taken to be the same ones.
func (s *blendState) std(gp, fm float64) float64 {
	return s.Std * max(s.Share*gp+(1-s.Share)*fm, 1e-300)
}

// Predict implements Predictor; it panics as those of GP and FM do.
func (b *Blend) Predict(archs []space.Arch) (mean, std []float64) {
	if b.state == nil {
		panic(notFitted)
	}
	mean, std = b.gp.Predict(archs)
	m, d := b.fm.Predict(archs)
	for i := range mean {
		mean[i] = b.state.Share*mean[i] + (1-b.state.Share)*m[i]
		std[i] = b.state.std(std[i], d[i])
	}
	b.state.Warp.unwarp(mean, std)
	return mean, std
}

// Share returns the share of GP. It panics before the first Fit.
func (b *Blend) Share() float64 {
	if b.state == nil {
		panic(notFitted)
	}
	return b.state.Share
}

// Describe implements Described.
func (b *Blend) Describe() string {
	return fmt.Sprintf("%.0f %% %s; %.0f %% %s", 100*b.Share(), b.gp.Describe(), 100*(1-b.Share()), b.fm.Describe())
}

// MarshalJSON writes what was fitted; an error before the first Fit.
func (b *Blend) MarshalJSON() ([]byte, error) {
	if b.state == nil {
		return nil, fmt.Errorf("predictor blend: nothing fitted to save")
	}
	s := *b.state
	var err error
	if s.GP, err = b.gp.MarshalJSON(); err != nil {
		return nil, err
	}
	if s.FM, err = b.fm.MarshalJSON(); err != nil {
		return nil, err
	}
	return json.Marshal(s)
}

// UnmarshalJSON restores what MarshalJSON wrote into a model made with the same inputs;
// after an error the model is as it was.
func (b *Blend) UnmarshalJSON(data []byte) error {
	var s blendState
	if err := decodeState(data, "blend", &s, &s.Model); err != nil {
		return err
	}
	if !(s.Share >= 0 && s.Share <= 1) || !(s.Std >= 0) {
		return fmt.Errorf("predictor blend: state: share is %v and std %v; want 0 to 1, and 0 or more", s.Share, s.Std)
	}
	if err := s.Warp.check(); err != nil {
		return fmt.Errorf("predictor blend: state: %w", err)
	}
	gp, fm, err := b.fresh()
	if err != nil {
		return err
	}
	if err := gp.UnmarshalJSON(s.GP); err != nil {
		return fmt.Errorf("predictor blend: %w", err)
	}
	if err := fm.UnmarshalJSON(s.FM); err != nil {
		return fmt.Errorf("predictor blend: %w", err)
	}
	s.GP, s.FM = nil, nil
	b.gp, b.fm, b.state = gp, fm, &s
	return nil
}
