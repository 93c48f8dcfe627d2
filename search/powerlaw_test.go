package search

import (
	"math"
	"testing"

	"github.com/espalier-nas/espalier/search/rundir"
)

// What is above half of the least loss falls with a power of the steps: in runs that an earlier version began the
// median of those that the candidates have shown, and never a rise.
func TestLawIsTheMedianPower(t *testing.T) {
	r := quiet(t)
	l := &ladder{r: r}
	r.cfg.Search.By = "loss"
	climbed := func(first, second float64) *finished {
		return &finished{rungs: []rundir.Rung{{Steps: 10, Loss: first}, {Steps: 30, Loss: second}}}
	}
	falls := func(exponent float64) *finished { return climbed(0.2+0.8, 0.2+0.8*math.Pow(4, -exponent)) }
	on := []*finished{falls(0.3), climbed(1, 0.4), falls(0.1)}
	law := r.law(on)
	if law.floor != 0.2 || math.Abs(law.exponent-0.3) > 1e-12 {
		t.Errorf("law %+v; want a floor of 0.2, exponent 0.3", law)
	}
	if got, want := law.after(0.6, 0, 4), 0.2+0.4*math.Pow(4, -law.exponent); got != want {
		t.Errorf("after four times the steps %v; want %v", got, want)
	}
	if got := r.law([]*finished{climbed(1, 2)}).after(3, 0, 4); got != 3 {
		t.Errorf("%v of 3 is left of candidates that got worse; want as much", got)
	}
	if got := r.law(nil).exponent; got != 0 {
		t.Errorf("exponent %v of nothing; want 0", got)
	}
	second := 0.2 + 0.8*math.Pow(4, -0.3) // of the law, for those that begin at 1
	slower := 0.2 + 0.8*math.Pow(4, -0.1)
	if got, want := l.doubt(on, law), math.Sqrt((math.Pow(0.4-second, 2)+math.Pow(slower-second, 2))/3); !near(got, want) {
		t.Errorf("the law was off by %v; want %v", got, want)
	}
	r.cfg.Search.By = "accuracy"
	if got := r.wrong(rundir.Rung{Accuracy: 0.75, Loss: 3}); got != 0.25 {
		t.Errorf("%v is wrong with an accuracy of 0.75; want 0.25", got)
	}
}

// The exponent is that of the line through those that candidates have shown, whatever size they have: a slope that
// all of them agree on is found, little evidence leaves it near that of other tasks, and one network off the line does
// not move its level.
func TestExponentRisesWithSize(t *testing.T) {
	r := quiet(t)
	r.cfg.Search.By, r.state.BySize = "loss", true
	exponent := func(mflops float64) float64 { return 0.3 + 0.07*math.Log(mflops/8) }
	climbed := func(mflops, exponent float64) *finished {
		f := &finished{rungs: []rundir.Rung{{Steps: 10, Loss: 0.2 + 0.8}, {Steps: 30, Loss: 0.2 + 0.8*math.Pow(4, -exponent)}}}
		f.Cost.FLOPs = int64(mflops * 1e6)
		return f
	}
	var on []*finished
	for _, mflops := range []float64{1, 2, 4, 8, 16, 32, 64} {
		on = append(on, climbed(mflops, exponent(mflops)))
	}
	least := climbed(8, 0.3)
	least.rungs[0].Loss, least.rungs[1].Loss = 0.4, 0.4 // half of it is the floor; it has learnt nothing since
	law := r.law(append(on, least))
	for _, mflops := range []float64{1, 8, 100} {
		e := math.Log((0.9-law.floor)/(law.after(0.9, math.Log(mflops*1e6), 5)-law.floor)) / math.Log(5)
		if math.Abs(e-exponent(mflops)) > 0.01 {
			t.Errorf("exponent %v of %v MFLOPs; want about %v", e, mflops, exponent(mflops))
		}
	}
	if few := r.law(on[:2]); math.Abs(few.slope-0.055) > 0.005 {
		t.Errorf("slope %v after two candidates; want about that of other tasks", few.slope)
	}
	if !(law.slope > 0.065 && law.slope < 0.07) {
		t.Errorf("slope %v; want nearly 0.07, which all candidates but one have", law.slope)
	}
	if none := r.law([]*finished{{rungs: on[0].rungs[:1]}}); none.slope != 0.055 || none.exponent != 0.4 {
		t.Errorf("after one rung %+v; want what other tasks have", none)
	}
	if got := (powerLaw{exponent: 0.1, slope: 0.1}).after(3, -5, 4); got != 3 {
		t.Errorf("%v of 3 is left of a network that is too small to learn; want as much", got)
	}
}
