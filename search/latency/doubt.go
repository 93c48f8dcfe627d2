package latency

import (
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Doubtful reports whether what is predicted of an architecture on the runtime that counts is not to be
// relied on: its latency, or its energy where the runtime tells one, may be off by more than a tenth,
// or on either side of a limit (see predictor.Doubtful), or more than a tenth of it is from layers that were not measured.
// Intervals are those of the models, stretched by what networks that they had not seen were off.
func (l *Model) Doubtful(a space.Arch, limits controller.Limits) (bool, error) {
	if err := l.know(a); err != nil {
		return false, err
	}
	if l.table.Guessed(l.family.Plan(a)) > predictor.RelianceWidth {
		return true, nil
	}
	doubtful := func(p predictor.Predictor, stretch, unit, limit float64) bool {
		mean, std := p.Predict([]space.Arch{a})
		return predictor.Doubtful(mean[0]/unit, stretch*std[0]/unit, limit)
	}
	p := l.probes
	if p == nil {
		return doubtful(l.model, l.stretch, float64(l.batch), limits.Latency), nil
	}
	return doubtful(p.seconds, p.seconds.stretch, 1, limits.Latency) ||
		p.joules.Placement != nil && doubtful(p.joules, p.joules.stretch, 1, limits.Energy), nil
}
