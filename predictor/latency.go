package predictor

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Table gives the measured latency of one layer in seconds; ok is false where
// the layer was not measured.
type Table func(space.Layer) (seconds float64, ok bool)

// minLatency is the fewest measurements that Latency fits.
const minLatency = 4

// Latency predicts the seconds of a whole network: a line on the sum of its
// layers' measured times, times a low-rank correction learnt from whole-network
// measurements. The sum knows layers that no measured network had; the
// correction knows what layers do to each other (caches, fusion, overhead) and
// what the table lacks.
//
// Corrections are modelled on a logarithmic or a linear scale, with or without
// interactions, or left out: whichever predicts left-out networks with the
// smallest relative error. Without a table the base is constant, and the model
// is that of FM with a relative criterion.
type Latency struct {
	plan    func(space.Arch) space.Plan
	table   Table
	enc     encoder
	options Options
	state   *latencyState
}

// NewLatency returns an unfitted model of whole-network latency. plan and table
// give the sum of layer times; both nil leaves it out. in.Features is needed;
// in.FLOPs and in.Params, where set, join the features of the correction as
// logarithms; so do the number of steps and the peak activation bytes of the
// plan. Options.Warp must be empty: the scale is the model's own choice.
func NewLatency(plan func(space.Arch) space.Plan, table Table, in Inputs, o Options) (*Latency, error) {
	if in.Features == nil {
		return nil, fmt.Errorf("predictor latency: Inputs.Features is nil; want the features of an architecture")
	}
	if (plan == nil) != (table == nil) {
		return nil, fmt.Errorf("predictor latency: only one of plan and table is given; want both or neither")
	}
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("predictor latency: %w", err)
	}
	if o.Warp != WarpAuto {
		return nil, fmt.Errorf("predictor latency: Options.Warp is %q; want it empty", string(o.Warp))
	}
	enc := newEncoder(in)
	if plan != nil {
		enc.extras = append(enc.extras,
			func(a space.Arch) float64 { return float64(len(plan(a))) },
			logOf(func(a space.Arch) float64 { return float64(plan(a).PeakActivations()) }))
	}
	return &Latency{plan: plan, table: table, enc: enc, options: o}, nil
}

// Lookup returns the sum of the table's times over the layers of an
// architecture, in seconds, and the layers that the table lacks, which the sum
// leaves out, in plan order, repeated as often as they occur. Without a table
// both are zero.
func (p *Latency) Lookup(a space.Arch) (sum float64, missing []space.Layer) {
	if p.table == nil {
		return 0, nil
	}
	for _, s := range p.plan(a) {
		if t, ok := p.table(s.Layer); ok {
			sum += t
		} else {
			missing = append(missing, s.Layer)
		}
	}
	return sum, missing
}

// Fit learns from at least 4 networks and their measured seconds, which must be
// positive. With fewer than 10 distinct architectures the correction is a
// constant factor.
func (p *Latency) Fit(archs []space.Arch, y []float64) error {
	if err := checkTargets("latency", archs, y, minLatency); err != nil {
		return err
	}
	for i, v := range y {
		if v <= 0 {
			return fmt.Errorf("predictor latency: value %d is %v; want seconds above 0", i, v)
		}
	}
	t, err := p.enc.encode(archs, -1)
	if err != nil {
		return fmt.Errorf("predictor latency: %w", err)
	}
	f := latencyFit{
		table: t, scale: t.scalings(upTo(len(y)), len(p.enc.extras)), sum: make([]float64, len(y)), y: y,
		tabled: p.table != nil, folds: newFolds(t, len(p.enc.extras), archs, p.options), options: p.options,
	}
	for i, a := range archs {
		f.sum[i], _ = p.Lookup(a)
		if !(f.sum[i] >= 0) || math.IsInf(f.sum[i], 0) {
			return fmt.Errorf("predictor latency: table sum of architecture %d is %v; want finite seconds, not negative", i, f.sum[i])
		}
	}
	p.state = f.fit()
	return nil
}

// Predict implements Predictor; seconds. It panics if an architecture has
// another number of features than those fitted.
func (p *Latency) Predict(archs []space.Arch) (mean, std []float64) {
	if p.state == nil {
		panic(notFitted)
	}
	t, err := p.enc.encode(archs, p.state.features())
	if err != nil {
		panic(badFeatures)
	}
	sum := make([]float64, len(archs))
	for i, a := range archs {
		sum[i], _ = p.Lookup(a)
	}
	return p.state.predict(t, upTo(len(archs)), sum, p.options.Workers)
}

// Form returns how the table's sum is corrected: "plain" (by a factor), "log"
// (by a factor of the architecture) or "add" (by seconds). It panics before the
// first Fit.
func (p *Latency) Form() string {
	if p.state == nil {
		panic(notFitted)
	}
	return string(p.state.Form)
}

// Rank returns the rank of the correction, 0 for an additive one or none. It
// panics before the first Fit.
func (p *Latency) Rank() int {
	if p.state == nil {
		panic(notFitted)
	}
	if p.state.Posterior == nil {
		return 0
	}
	return p.state.Posterior.rank()
}

// MarshalJSON writes what was fitted, without the table; an error before the
// first Fit.
func (p *Latency) MarshalJSON() ([]byte, error) {
	if p.state == nil {
		return nil, fmt.Errorf("predictor latency: nothing fitted to save")
	}
	return json.Marshal(p.state)
}

// UnmarshalJSON restores what MarshalJSON wrote into a model made with the same
// inputs and table; after an error the model is as it was.
func (p *Latency) UnmarshalJSON(data []byte) error {
	var s latencyState
	if err := decodeState(data, "latency", &s, &s.Model); err != nil {
		return err
	}
	if err := s.check(len(p.enc.extras)); err != nil {
		return fmt.Errorf("predictor latency: state: %w", err)
	}
	p.state = &s
	return nil
}
