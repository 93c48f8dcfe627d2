package search

import (
	"math"
	"slices"
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

// On the first rung a network that will learn more goes on before one that has learnt faster.
func TestSizeDecidesAfterTheFirstRung(t *testing.T) {
	for _, c := range []struct {
		bySize bool
		want   float64 // latency of the one that goes on
	}{{true, 1.05e-4}, {false, 1e-4}} {
		r := quiet(t)
		r.cfg.Search.By, r.cfg.Finish.Networks, r.state.BySize = "loss", 1, c.bySize
		a := &arm{}
		for _, f := range []struct {
			latency, loss float64
			mflops        int64
		}{{1e-4, 0.5, 2}, {1.05e-4, 0.52, 20}} {
			n := &finished{rungs: []rundir.Rung{{Steps: 10, Loss: f.loss}}}
			n.Cost.Latency, n.Cost.FLOPs, n.Loss = f.latency, f.mflops*1e6, 1-f.loss // inherited: the other way round
			a.on = append(a.on, n)
		}
		l := &ladder{r: r, arms: []*arm{a}}
		l.promoteFirst(a, 1)
		if len(a.on) != 1 || a.on[0].latency() != c.want {
			t.Errorf("by size %v: the network of %v s goes on; want that of %v s", c.bySize, a.on[0].latency(), c.want)
		}
	}
}

// Steps to come are reckoned by the shares of the rungs.
func TestGrowthOfSteps(t *testing.T) {
	r := quiet(t)
	r.cfg.Finish.Steps = 800
	if got := r.growth(16, 4); !near(got, 11) { // 1/8, 1/4 and 1 of finish.steps
		t.Errorf("steps grow %v-fold; want 11", got)
	}
	r.cfg.Budget = 1
	if got, want := r.growth(16, 4), (0.1/16+0.15/8+0.75/4)/(0.1/16); !r.budgeted() || !near(got, want) {
		t.Errorf("steps grow %v-fold; want %v", got, want)
	}
}

// A folder in which candidates have trained already keeps what they are compared by.
func TestLawIsKept(t *testing.T) {
	for _, begun := range []bool{false, true} {
		w := newWorld(t, asPredicted)
		r := w.open("run")
		l := &ladder{r: r, done: map[string]rundir.Rung{}}
		if begun {
			l.done["search 0 0"] = rundir.Rung{}
		}
		if err := l.settleLaw(); err != nil {
			t.Fatal(err)
		}
		var again state
		if err := r.dir.ReadJSON(rundir.State, &again); r.state.BySize == begun || (!begun && err != nil) || again.BySize == begun {
			t.Errorf("begun %v: by size %v, in the folder %v (%v)", begun, r.state.BySize, again.BySize, err)
		}
		r.state.BySize = !begun
	}
}

// Who trains last is decided by the steps that each may expect: a network that is
// worse by now, but fast enough for many more, goes before one that is better.
func TestStepsToComeDecide(t *testing.T) {
	r := quiet(t)
	r.state.BySize = true
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
	r.state.BySize = true
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
