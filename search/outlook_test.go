package search

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/search/rundir"
)

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

// With a budget it hangs on how many candidates there are and how many networks come to the top: of two candidates for
// one place steps grow nineteenfold, which the larger one needs to overtake.
func TestNumbersOfNetworksDecideAfterTheFirstRung(t *testing.T) {
	r := quiet(t)
	r.cfg.Search.By, r.cfg.Budget, r.state.BySize = "loss", time.Hour, true
	small := &finished{rungs: []rundir.Rung{{Steps: 10, Loss: 0.5}}}
	large := &finished{rungs: []rundir.Rung{{Steps: 10, Loss: 0.59}}}
	small.Cost.FLOPs, large.Cost.FLOPs = 2e6, 20e6
	small.Cost.Latency, large.Cost.Latency = 1e-4, 1.05e-4
	a := &arm{on: []*finished{small, large}}
	l := &ladder{r: r, arms: []*arm{a}}
	l.promoteFirst(a, 1)
	if len(a.on) != 1 || a.on[0] != large {
		t.Errorf("the network of %d FLOPs goes on; want the larger one", a.on[0].Cost.FLOPs)
	}
}

// What the second half of the candidates is chosen by is the target in the end, with the steps that as many candidates as
// the first rung is for leave to the networks that come to the top.
func TestTargetsInTheEnd(t *testing.T) {
	r := quiet(t)
	r.cfg.Search.By, r.cfg.Budget, r.cfg.Search.Top, r.cfg.Finish.Networks = "loss", time.Hour, 16, 4
	f := &finished{rungs: []rundir.Rung{{Steps: 10, Loss: 0.5}}}
	f.Cost.FLOPs = 2e6
	for bySize, want := range map[bool]float64{true: math.Exp(-(0.25 + 0.25*math.Pow(34, -0.4))), false: math.Exp(-0.5)} {
		r.state.BySize = bySize
		if got := r.hoped([]*finished{f})[f.Arch]; math.Abs(got-want) > 1e-12 {
			t.Errorf("by size %v: %v; want %v", bySize, got, want)
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

// A folder in which candidates have trained already keeps what they are compared by; where there are few pictures it is
// what they have shown.
func TestLawIsKept(t *testing.T) {
	for _, c := range []struct {
		name  string
		begun bool
		more  int // pictures that are missing
		want  bool
	}{{"new", false, 0, true}, {"begun", true, 0, false}, {"few", false, 1, false}} {
		w := newWorld(t, asPredicted)
		r := w.open(c.name)
		r.cfg.Finish.BySize = r.splits.Train.Len() + c.more
		l := &ladder{r: r, done: map[string]rundir.Rung{}}
		if c.begun {
			l.done["search 0 0"] = rundir.Rung{}
		}
		if err := l.settleLaw(); err != nil {
			t.Fatal(err)
		}
		var again state
		if err := r.dir.ReadJSON(rundir.State, &again); r.state.BySize != c.want || (c.want && err != nil) || again.BySize != c.want {
			t.Errorf("%s: by size %v, in the folder %v (%v); want %v", c.name, r.state.BySize, again.BySize, err, c.want)
		}
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
