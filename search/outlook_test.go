package search

import (
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/search/rundir"
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
	second := 0.2 + 0.8*math.Pow(4, -0.3) // of the law, for those that begin at 1
	slower := 0.2 + 0.8*math.Pow(4, -0.1)
	if got, want := l.doubt(on, law), math.Sqrt((math.Pow(0.4-second, 2)+math.Pow(slower-second, 2))/3); !near(got, want) {
		t.Errorf("the law was off by %v; want %v", got, want)
	}
	l.r.cfg.Search.By = "accuracy"
	if got := l.wrong(rundir.Rung{Accuracy: 0.75, Loss: 3}); got != 0.25 {
		t.Errorf("%v is wrong with an accuracy of 0.75; want 0.25", got)
	}
}

// Who trains last is decided by the steps that each may expect: a network that is
// worse by now, but fast enough for many more, goes before one that is better.
func TestStepsToComeDecide(t *testing.T) {
	r := quiet(t)
	r.cfg.Search.By, r.cfg.Finish.Networks, r.cfg.Train.Batch = "loss", 1, 1
	r.splits.Val = netPictures(9, 1, 20)
	climbed := func(latency, first, second float64) *finished {
		f := &finished{rungs: []rundir.Rung{{Steps: 10, Loss: first, Seconds: 1}, {Steps: 30, Loss: second, Seconds: 1}}}
		f.Cost.Latency = latency
		return f
	}
	fast, slow := climbed(1e-5, 1, 0.6), climbed(1e-4, 0.9, 0.5)
	for _, c := range []struct {
		plan []int
		want *finished
	}{{[]int{1000, 10}, fast}, {[]int{1000, 1000}, slow}} {
		r.cfg.Finish.Plan = c.plan
		a := &arm{on: []*finished{fast, slow}}
		l := &ladder{r: r, arms: []*arm{a}, lanes: twoLanes(t)}
		if err := l.promoteToLast(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if len(a.on) != 1 || a.on[0] != c.want {
			t.Errorf("steps to come %v: the network of %v s goes on; want that of %v s", c.plan, a.on[0].latency(), c.want.latency())
		}
	}
}

// Where the law was far off between the rungs, a faster network goes on instead of a slower
// one that is hoped to be a little better.
func TestDoubtDecidesWhoTrainsLast(t *testing.T) {
	r := quiet(t)
	r.cfg.Search.By, r.cfg.Finish.Plan, r.cfg.Train.Batch = "loss", []int{1000, 1000, 1000, 1000, 1000}, 1
	r.splits.Val = netPictures(9, 1, 20)
	climb := func(first ...float64) (latencies []float64) {
		a := &arm{}
		for i, second := range []float64{0.5, 0.2, 0.199, 0.198, 0.197} {
			f := &finished{rungs: []rundir.Rung{{Steps: 10, Loss: first[i], Seconds: 1}, {Steps: 30, Loss: second, Seconds: 1}}}
			f.Cost.Latency = []float64{1, 4, 4.9, 6, 8}[i]
			a.on = append(a.on, f)
		}
		l := &ladder{r: r, arms: []*arm{a}, lanes: twoLanes(t)}
		if err := l.promoteToLast(t.Context(), 3); err != nil {
			t.Fatal(err)
		}
		for _, f := range a.on {
			latencies = append(latencies, f.latency())
		}
		return latencies
	}
	if got := climb(0.5, 0.2, 0.199, 0.198, 0.197); !slices.Equal(got, []float64{4, 6, 8}) {
		t.Errorf("%v go on where the law fits; want 4, 6, 8", got)
	}
	if got := climb(0.5, 0.24, 0.199, 0.25, 0.2); !slices.Equal(got, []float64{4, 4.9, 8}) {
		t.Errorf("%v go on where the law is off; want 4, 4.9, 8", got)
	}
}
