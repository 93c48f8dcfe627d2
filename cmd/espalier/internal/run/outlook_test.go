package run

import (
	"math"
	"testing"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/rundir"
)

// What a factor of e in steps brings is the median over candidates, and never a
// loss.
func TestGainIsTheMedianRise(t *testing.T) {
	l := &ladder{r: quiet(t)}
	l.r.cfg.Search.By = "loss"
	climbed := func(first, second float64) *finished {
		return &finished{rungs: []rundir.Rung{{Steps: 10, Loss: first}, {Steps: 20, Loss: second}}}
	}
	on := []*finished{climbed(1, 0.9), climbed(1, 0.5), climbed(1, 1.2)}
	if got, want := l.gain(on), 0.1/math.Log(3); math.Abs(got-want) > 1e-12 {
		t.Errorf("gain %v; want %v", got, want)
	}
	if got := l.gain([]*finished{climbed(1, 2)}); got != 0 {
		t.Errorf("gain %v of candidates that got worse; want 0", got)
	}
	if got := l.gain(nil); got != 0 {
		t.Errorf("gain %v of nothing; want 0", got)
	}
}
