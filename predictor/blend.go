package predictor

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Blend is the mean of GP, FM and Ridge, weighed so that left-out examples are predicted
// with the smallest squared error (see stack). The scale of the target is the one on which
// the mean ranks left-out examples best, its own or that of normal scores of ranks. With
// fewer than 10 distinct architectures the shares are equal and the scale is that of ranks.
// Deviations are those of GP times one factor, which left-out errors ask for.
type Blend struct {
	in      Inputs
	options Options
	parts   []blended
	state   *blendState
}

// blended is a model of the mean: it can be saved, and tells its form.
type blended interface {
	Predictor
	form() string // what the fit chose, without the scale of the target
	json.Marshaler
	json.Unmarshaler
}

// blendState is the fitted blend; it is what JSON holds.
type blendState struct {
	Model string      `json:"model"` // "blend"
	Warp  curve       `json:"warp"`
	Std   float64     `json:"std"`   // of left-out errors over what GP says; 1 if there are none
	Parts []blendPart `json:"parts"` // GP, FM and Ridge
}

// blendPart is one model of the mean.
type blendPart struct {
	Share float64         `json:"share"` // all sum to 1
	State json.RawMessage `json:"state,omitempty"`
}

// The places of the models.
const (
	blendGP = iota
	blendFM
	blendRidge
	blendParts
)

func newBlend(in Inputs, o Options) (*Blend, error) {
	b := &Blend{in: in, options: o}
	var err error
	b.parts, err = b.fresh()
	return b, err
}

// fresh returns unfitted models. They get targets on the scale of the blend.
func (b *Blend) fresh() ([]blended, error) {
	o := b.options
	o.Warp = WarpNone
	gp, err := newGP(b.in, o)
	if err != nil {
		return nil, fmt.Errorf("predictor blend: %w", err)
	}
	fm, err := newFM(b.in, o)
	if err != nil {
		return nil, fmt.Errorf("predictor blend: %w", err)
	}
	return []blended{blendGP: gp, blendFM: fm, blendRidge: &Ridge{features: b.in.Features}}, nil
}

// Fit learns from at least 4 examples.
func (b *Blend) Fit(archs []space.Arch, y []float64) error {
	if err := checkTargets("blend", archs, y, max(minGP, minFM, minRidge)); err != nil {
		return err
	}
	parts, err := b.fresh()
	if err != nil {
		return err
	}
	fm := parts[blendFM].(*FM)
	examples, err := fm.examples(archs, y)
	if err != nil {
		return fmt.Errorf("predictor blend: %w", err)
	}
	c, err := b.choose(archs, y, examples)
	if err != nil {
		return fmt.Errorf("predictor blend: %w", err)
	}
	for _, k := range []int{blendGP, blendRidge} {
		if err := parts[k].Fit(archs, c.fm.target); err != nil {
			return err
		}
	}
	low := c.fm
	low.warp = curve{Kind: WarpNone}
	fm.state = examples.fit(low)
	b.parts, b.state = parts, &blendState{Model: "blend", Warp: c.fm.warp, Std: c.std}
	for _, w := range c.share {
		b.state.Parts = append(b.state.Parts, blendPart{Share: w})
	}
	return nil
}

// blendChoice is what left-out examples say of a scale.
type blendChoice struct {
	fm    fmChoice // with the scale and the targets on it
	share []float64
	std   float64
	tau   float64 // of left-out predictions
}

// choose returns the scale on which left-out examples are ranked best, and the shares
// there. The target's own scale wins ties.
func (b *Blend) choose(archs []space.Arch, y []float64, examples *fmExamples) (best blendChoice, err error) {
	if examples.folds == nil {
		warp := b.options.Warp
		if warp == WarpAuto {
			warp = WarpRanks
		}
		low, err := examples.on(warp)
		return blendChoice{fm: low, share: []float64{1. / blendParts, 1. / blendParts, 1. / blendParts}, std: 1}, err
	}
	best.tau = math.Inf(-1)
	for _, w := range b.options.warps() {
		low, err := examples.on(w)
		if err != nil {
			return best, err
		}
		c, err := b.leaveOut(archs, y, low)
		if err != nil {
			return best, err
		}
		if c.tau > best.tau {
			best = c
		}
	}
	return best, nil
}

// leaveOut weighs the models on a scale by examples that they have not seen.
func (b *Blend) leaveOut(archs []space.Arch, y []float64, low fmChoice) (blendChoice, error) {
	c := blendChoice{fm: low}
	held := make([]HeldOut, blendParts)
	held[blendFM].Mean = low.held
	for _, k := range []int{blendGP, blendRidge} {
		var err error
		if held[k], err = crossPredict(func() Predictor {
			parts, err := b.fresh()
			if err != nil {
				panic("predictor: inputs changed after New")
			}
			return parts[k]
		}, archs, low.target, innerFolds, b.options.Seed, b.options.Workers); err != nil {
			return c, err
		}
	}
	means := make([][]float64, blendParts)
	for k, h := range held {
		means[k] = h.Mean
	}
	c.share = stack(means, low.target)
	mixed := crossMix(means, low.target, assignFolds(archs, innerFolds, b.options.Seed))
	var sq float64
	for i, v := range low.target {
		e := (v - mixed[i]) / max(held[blendGP].Std[i], 1e-300)
		sq += e * e / float64(len(y))
	}
	c.std, c.tau = math.Sqrt(sq), Kendall(mixed, y)
	return c, nil
}

// Predict implements Predictor; it panics as those of its models do.
func (b *Blend) Predict(archs []space.Arch) (mean, std []float64) {
	if b.state == nil {
		panic(notFitted)
	}
	means := make([][]float64, blendParts)
	share := make([]float64, blendParts)
	for k, p := range b.state.Parts {
		if share[k] = p.Share; share[k] == 0 && k != blendGP {
			continue
		}
		m, s := b.parts[k].Predict(archs)
		means[k] = m
		if k == blendGP {
			std = s
		}
	}
	mean = mix(means, share)
	for i := range std {
		std[i] *= b.state.Std
	}
	b.state.Warp.unwarp(mean, std)
	return mean, std
}

// Share returns the share of a model of the mean, called as in Names. It panics before the
// first Fit; a name that is not part of the blend has a share of 0.
func (b *Blend) Share(name string) float64 {
	if b.state == nil {
		panic(notFitted)
	}
	for k, of := range []string{blendGP: "gp", blendFM: "fm", blendRidge: "ridge"} {
		if of == name {
			return b.state.Parts[k].Share
		}
	}
	return 0
}

// Describe implements Described.
func (b *Blend) Describe() string {
	if b.state == nil {
		panic(notFitted)
	}
	var words []string
	for k, p := range b.state.Parts {
		if p.Share > 0 {
			words = append(words, fmt.Sprintf("%.0f %% %s", 100*p.Share, b.parts[k].form()))
		}
	}
	return strings.Join(words, "; ") + "; target " + b.state.Warp.Kind.words()
}

// MarshalJSON writes what was fitted; an error before the first Fit.
func (b *Blend) MarshalJSON() ([]byte, error) {
	if b.state == nil {
		return nil, fmt.Errorf("predictor blend: nothing fitted to save")
	}
	s := *b.state
	s.Parts = make([]blendPart, blendParts)
	for k, p := range b.state.Parts {
		state, err := b.parts[k].MarshalJSON()
		if err != nil {
			return nil, err
		}
		s.Parts[k] = blendPart{Share: p.Share, State: state}
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
	if err := s.check(); err != nil {
		return fmt.Errorf("predictor blend: state: %w", err)
	}
	parts, err := b.fresh()
	if err != nil {
		return err
	}
	for k := range parts {
		if err := parts[k].UnmarshalJSON(s.Parts[k].State); err != nil {
			return fmt.Errorf("predictor blend: %w", err)
		}
		s.Parts[k].State = nil
	}
	b.parts, b.state = parts, &s
	return nil
}

func (s *blendState) check() error {
	if len(s.Parts) != blendParts {
		return fmt.Errorf("%d parts; want %d: gp, fm and ridge", len(s.Parts), blendParts)
	}
	var sum float64
	for k, p := range s.Parts {
		if !(p.Share >= 0) {
			return fmt.Errorf("parts[%d].share is %v; want at least 0", k, p.Share)
		}
		sum += p.Share
	}
	if !(math.Abs(sum-1) < 1e-6) || !(s.Std >= 0) {
		return fmt.Errorf("shares sum to %v and std is %v; want 1, and at least 0", sum, s.Std)
	}
	return s.Warp.check()
}
