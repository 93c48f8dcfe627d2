package run

import (
	"math"
	"testing"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/rundir"
)

// What is above half of the least loss falls with a power of the steps: the median
// of those that the candidates have shown, and never a rise.
func TestLawIsTheMedianPower(t *testing.T) {
	l := &ladder{r: quiet(t)}
	l.r.cfg.Search.By = "loss"
	climbed := func(first, second float64) *finished {
		return &finished{rungs: []rundir.Rung{{Steps: 10, Loss: first}, {Steps: 30, Loss: second}}}
	}
	falls := func(exponent float64) *finished { return climbed(0.2+0.8, 0.2+0.8*math.Pow(4, -exponent)) }
	on := []*finished{falls(0.3), climbed(1, 0.4), falls(0.1)}
	law := l.law(on)
	if law.floor != 0.2 || math.Abs(law.exponent-0.3) > 1e-12 {
		t.Errorf("law %+v; want a floor of 0.2, exponent 0.3", law)
	}
	if got, want := law.after(0.6, 4), 0.2+0.4*math.Pow(4, -law.exponent); got != want {
		t.Errorf("after four times the steps %v; want %v", got, want)
	}
	if got := l.law([]*finished{climbed(1, 2)}).exponent; got != 0 {
		t.Errorf("exponent %v of candidates that got worse; want 0", got)
	}
	if got := l.law(nil).exponent; got != 0 {
		t.Errorf("exponent %v of nothing; want 0", got)
	}
	l.r.cfg.Search.By = "accuracy"
	if got := l.wrong(rundir.Rung{Accuracy: 0.75, Loss: 3}); got != 0.25 {
		t.Errorf("%v is wrong with an accuracy of 0.75; want 0.25", got)
	}
}
