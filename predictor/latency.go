package predictor

import (
	"encoding/json"
	"fmt"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Table gives the measured latency of one layer in seconds; ok is false where
// the layer was not measured.
type Table func(space.Layer) (seconds float64, ok bool)

// minLatency is the fewest measurements that Latency fits, minSeconds the
// smallest: no network is faster than one cycle.
const minLatency, minSeconds = 4, 1e-10

// Latency predicts the seconds of a whole network: a line on the sum of its
// layers' measured times, corrected by a low-rank model learnt from
// whole-network measurements. The sum knows layers that no measured network
// had; the correction knows what layers do to each other (caches, fusion,
// overhead) and what the table lacks.
//
// The correction is that of FM, on the features and on aggregates of the plan,
// chief among them the share of the sum in each class of layers (see
// aggregates). It multiplies or adds, with ranks weighed as by FM, or is left
// out: whichever predicts left-out networks with the smallest relative error.
// Without a table the base is constant and there are no aggregates.
type Latency struct {
	plan    func(space.Arch) space.Plan
	table   Table
	in      Inputs
	options Options
	state   *latencyState
}

// NewLatency returns an unfitted model of whole-network latency. plan and table
// give the sum of layer times; both nil leaves it out. in.Features is needed;
// in.FLOPs and in.Params, where set, join the correction as logarithms.
// Options.Warp must be empty: the scale is the model's own choice. table is
// called at each Fit and Predict, perhaps at the same time, and must always
// answer the same.
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
	return &Latency{plan: plan, table: table, in: in, options: o}, nil
}

// encoder returns features and, with a table, aggregates by these classes.
func (p *Latency) encoder(classes []class) encoder {
	e := newEncoder(p.in)
	if p.table != nil {
		e.extras = (&aggregates{p.plan, p.table, p.in, classes}).of
	}
	return e
}

// extras returns the length of what the encoder adds to the features.
func (p *Latency) extras(classes []class) int {
	if p.table == nil {
		return p.in.count()
	}
	return p.in.count() + 3 + len(classes)
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

// Fit learns from at least 4 networks and their measured seconds, each above
// 1e-10. With fewer than 10 distinct architectures the correction is a
// constant factor.
func (p *Latency) Fit(archs []space.Arch, y []float64) error {
	if err := checkTargets("latency", archs, y, minLatency); err != nil {
		return err
	}
	for i, v := range y {
		if !(v >= minSeconds) {
			return fmt.Errorf("predictor latency: value %d is %v; want seconds, at least %g", i, v, minSeconds)
		}
	}
	sum, err := p.sums(archs)
	if err != nil {
		return err
	}
	var classes []class
	if p.table != nil {
		classes = findClasses(p.plan, archs)
	}
	t, err := p.encoder(classes).encode(archs, -1)
	if err != nil {
		return fmt.Errorf("predictor latency: %w", err)
	}
	f := latencyFit{rows: t, sum: sum, y: y, tabled: p.table != nil, folds: newFolds(t, archs, p.options), options: p.options}
	p.state = f.fit()
	p.state.Classes = classes
	return nil
}

// sums returns the table's sums; the error names an architecture whose is not a
// time.
func (p *Latency) sums(archs []space.Arch) ([]float64, error) {
	sum := make([]float64, len(archs))
	for i, a := range archs {
		sum[i], _ = p.Lookup(a)
		if !(sum[i] >= 0) || sum[i] > maxExtra {
			return nil, fmt.Errorf("predictor latency: table sum of architecture %d is %v; want seconds, not negative", i, sum[i])
		}
	}
	return sum, nil
}

// Predict implements Predictor; seconds. Layers that the table lacks count as
// nothing in the sum: ask Lookup where that matters. It panics if an
// architecture has another number of features than those fitted.
func (p *Latency) Predict(archs []space.Arch) (mean, std []float64) {
	if p.state == nil {
		panic(notFitted)
	}
	t, err := p.encoder(p.state.Classes).encode(archs, p.state.features())
	if err != nil {
		panic(badFeatures)
	}
	sum, err := p.sums(archs)
	if err != nil {
		panic(badFeatures)
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
	if err := s.check(p.extras(s.Classes)); err != nil {
		return fmt.Errorf("predictor latency: state: %w", err)
	}
	p.state = &s
	return nil
}
