package controller

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// sameTrial reports whether all figures of two trials are the same.
func sameTrial(a, b Trial) bool { return reflect.DeepEqual(a, b) }

func TestReward(t *testing.T) {
	for _, c := range []struct {
		kind          RewardKind
		latency, want float64
	}{
		{AccuracyOnly, 9, 0.8},
		{Soft, 1, 0.8},
		{Soft, 2, 0.8 * math.Pow(2, -0.07)},
		{Soft, 0.5, 0.8 * math.Pow(2, 0.07)},
		{Hard, 0.5, 0.8},
		{Hard, 2, 0.4},
		{Abs, 1, 0.8},
		{Abs, 2, 0.7},
		{Abs, 0.5, 0.75},
	} {
		r, err := NewReward(c.kind, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Value(0.8, c.latency); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%q at %v of the target: %v, want %v", c.kind, c.latency, got, c.want)
		}
	}
	for _, bad := range []Reward{{Kind: "fast"}, {Kind: Soft, Weight: -1}, {Kind: Abs, Target: 1}, {Kind: Hard, Target: math.NaN(), Weight: -1}} {
		if bad.Validate() == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func TestLimits(t *testing.T) {
	l := Limits{Latency: 2e-3, Params: 100}
	if c := (Cost{Latency: 2e-3, FLOPs: 1 << 40, Params: 100}); l.Excess(c) != 0 || l.Penalty(c) != 0 || l.Broken(c) != "" {
		t.Errorf("a cost at the limits: excess %v", l.Excess(c))
	}
	c := Cost{Latency: 3e-3, Params: 110}
	if got := l.Penalty(c); math.Abs(got+0.5) > 1e-12 {
		t.Errorf("penalty %v, want -0.5", got)
	}
	if got, want := l.Broken(c), "latency 3 ms above 2 ms, 110 parameters above 100"; got != want {
		t.Errorf("broken %q, want %q", got, want)
	}
	if got := l.Penalty(Cost{Latency: 1}); got != -1 {
		t.Errorf("penalty %v, want no less than -1", got)
	}
}

// TestCompare checks the statistics against their definitions.
func TestCompare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.SliceOfN(rapid.Float64Range(0.5, 0.6), 1, 12)
		x, y := draw.Draw(t, "search"), draw.Draw(t, "random")
		if rapid.Bool().Draw(t, "tie") {
			x[0] = y[0]
		}
		c, err := Compare(x, y, 1)
		if err != nil {
			t.Fatal(err)
		}
		wins := 0.0
		for _, a := range x {
			for _, b := range y {
				if a > b {
					wins++
				} else if a == b {
					wins += 0.5
				}
			}
		}
		if want := wins / float64(len(x)*len(y)); math.Abs(c.Better-want) > 1e-12 {
			t.Fatalf("P(better) %v, want %v", c.Better, want)
		}
		if c.Low > c.High || math.Abs(c.Difference-(c.SearchMean-c.RandomMean)) > 1e-15 {
			t.Fatalf("inconsistent %+v", c)
		}
	})
	c, err := Compare([]float64{2, 4}, []float64{1, 1, 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if c.SearchMean != 3 || c.Relative != 2 || math.Abs(c.SearchStd-math.Sqrt2) > 1e-12 || math.Abs(c.Effect-2/math.Sqrt(2./3)) > 1e-12 || c.Low != 1 || c.High != 3 {
		t.Errorf("%+v", c)
	}
	if _, err := Compare(nil, []float64{1}, 1); err == nil || !strings.Contains(err.Error(), "search arm") {
		t.Errorf("empty sample: error %v", err)
	}
}

// TestCompareCoverage: the interval holds the true difference of 0.02 in about
// 95 of 100 comparisons of samples of 20.
func TestCompareCoverage(t *testing.T) {
	rng := stream.New(1, "coverage")
	held := 0
	for i := range 200 {
		x, y := make([]float64, 20), make([]float64, 20)
		for j := range x {
			x[j], y[j] = 0.52+0.03*rng.NormFloat64(), 0.5+0.03*rng.NormFloat64()
		}
		c, err := Compare(x, y, uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		if c.Low <= 0.02 && 0.02 <= c.High {
			held++
		}
	}
	if held < 178 || held > 199 {
		t.Errorf("the interval holds the truth in %d of 200 cases, want about 188", held)
	}
}

func TestAnytime(t *testing.T) {
	trials := []Trial{{Reward: 1}, {Reward: 3}, {Reward: 2}, {Reward: 4}}
	if got := Anytime(trials); !slices.Equal(got, []float64{1, 3, 3, 4}) {
		t.Errorf("%v", got)
	}
}

// TestHealth checks a record against figures counted by hand.
func TestHealth(t *testing.T) {
	s := testSpace(t, 2)
	r, err := NewReinforce("tunas", s, 1, DefaultTunasOptions())
	if err != nil {
		t.Fatal(err)
	}
	a := parse(t, s, "00000", "00000", "30001", "30301")
	r.Observe([]Trial{{Arch: a[0], Reward: 1}, {Arch: a[1], Reward: 1}, {Arch: a[2], Reward: 0}, {Arch: a[3], Reward: 0}})
	h := r.Health()[0]
	if h.Step != 1 || h.Trials != 4 || h.MeanReward != 0.5 || h.Baseline != 0.5 || h.AdvantageStd != 0.5 || h.Distinct != 0.75 {
		t.Errorf("%+v", h)
	}
	if h.Usage["conv3x3"] != 5./8 || h.Usage["identity"] != 3./8 || h.Usage["pool"] != 0 || len(h.Usage) != 4 {
		t.Errorf("usage %v, want 5/8 conv3x3 and 3/8 identity", h.Usage)
	}
	if math.Abs(h.Entropy-1) > 1e-12 || math.Abs(h.KindEntropy["skip"]-1) > 1e-12 || len(h.KindEntropy) != 3 {
		t.Errorf("entropy %v, by kind %v, want 1 before the first update", h.Entropy, h.KindEntropy)
	}
	want := 0.5*math.Log(0.5/0.6) + 0.5*math.Log(0.5/0.4)
	if math.Abs(h.SkipKL-want) > 1e-12 {
		t.Errorf("skip KL %v, want %v", h.SkipKL, want)
	}
	if h.Collapse() != "" {
		t.Errorf("collapse %q", h.Collapse())
	}
	if _, err := json.Marshal(h); err != nil {
		t.Error(err)
	}
}

// TestCollapse: a policy that is rewarded for one architecture only ends there
// and says so.
func TestCollapse(t *testing.T) {
	s := testSpace(t, 2)
	o := DefaultTunasOptions()
	o.Entropy, o.SkipWeight, o.TanhConstant = 0, 0, 0
	r, err := NewReinforce("tunas", s, 1, o)
	if err != nil {
		t.Fatal(err)
	}
	best := parse(t, s, "12011")[0]
	for range 300 {
		var trials []Trial
		for _, a := range r.Propose(8) {
			agree := 0.0
			for i := range a.Len() {
				if a.Gene(i) == best.Gene(i) {
					agree++
				}
			}
			trials = append(trials, Trial{Arch: a, Reward: agree})
		}
		r.Observe(trials)
	}
	health := r.Health()
	if got := health[0].Collapse(); got != "" {
		t.Errorf("collapsed at once: %s", got)
	}
	if got := health[len(health)-1].Collapse(); got == "" {
		t.Errorf("no collapse reported at %+v", health[len(health)-1])
	}
	if got := r.Propose(1)[0]; got != best {
		t.Errorf("ends at %s, want %s", s.Format(got), s.Format(best))
	}
}

// TestEvolutionAges: the population is the youngest trials, without infeasible
// and repeated ones, and proposals do not repeat.
func TestEvolutionAges(t *testing.T) {
	s := testSpace(t, 3)
	st, err := New("evolution", s, StrategyOptions{Seed: 1, Evolution: EvolutionOptions{Population: 4, Sample: 2}})
	if err != nil {
		t.Fatal(err)
	}
	e := st.(*evolution)
	for i := range 6 {
		e.Observe([]Trial{
			{Index: i, Arch: e.Propose(1)[0], Reward: float64(-i)},
			{Index: -1, Arch: smallest(t, s), Outcome: Infeasible, Reward: 9},
			{Index: 0, Arch: smallest(t, s), Outcome: Repeat, Reward: 9},
		})
	}
	var ages []int
	for _, x := range e.population {
		ages = append(ages, x.Index)
	}
	if !slices.Equal(ages, []int{2, 3, 4, 5}) {
		t.Errorf("population holds trials %v, want the youngest four though older ones were better", ages)
	}
	seen := make(map[space.Arch]bool)
	for _, a := range e.Propose(60) {
		if seen[a] {
			t.Errorf("%s proposed twice", s.Format(a))
		}
		seen[a] = true
	}
}

// TestOptionFaults: Validate names every field that cannot be used, at once.
func TestOptionFaults(t *testing.T) {
	if err := DefaultStrategyOptions(1).Validate(); err != nil {
		t.Errorf("defaults: %v", err)
	}
	o := DefaultStrategyOptions(1)
	o.Evolution.Sample = 99
	o.Local.Starts = 0
	o.LSTM.Rate, o.LSTM.Decay = math.NaN(), 1
	o.Tunas.SkipRate, o.PPO.Growth = 0, 0
	err := o.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, part := range []string{"evolution.sample is 99, want 1 to the population of 32", "local.starts is 0", "policy.rate is NaN", "policy.decay is 1", `strategy "tunas": policy.skip_rate is 0`, "policy.growth is 0"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
	for _, l := range []Limits{{Latency: math.NaN()}, {FLOPs: -1}, {Params: -1}, {Memory: -1}, {Size: -1}, {Elsewhere: []DeviceLatency{{"phone", -1}}}} {
		if l.Validate() == nil {
			t.Errorf("%+v was accepted", l)
		}
	}
}

// TestObserveRefusesNaN: a reward that would destroy the policy panics.
func TestObserveRefusesNaN(t *testing.T) {
	s := testSpace(t, 2)
	r, err := NewReinforce("tunas", s, 1, DefaultTunasOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a reward that is not a number was accepted")
		}
	}()
	r.Observe([]Trial{{Arch: r.Propose(1)[0], Reward: math.NaN()}})
}

// TestBaselineDecay: the baseline starts at the first mean reward and then keeps
// the share Decay of itself in each update, which begins with it; so does the
// variance that advantages are scaled by.
func TestBaselineDecay(t *testing.T) {
	s := testSpace(t, 2)
	o := DefaultTunasOptions()
	o.Decay = 0.9
	r, err := NewReinforce("tunas", s, 1, o)
	if err != nil {
		t.Fatal(err)
	}
	a := parse(t, s, "00000", "30001")
	baseline, variance := 0.0, 0.0
	for i, mean := range []float64{0.2, 1, 1, 0, 0.5} {
		r.Observe([]Trial{{Arch: a[0], Reward: mean - 0.1}, {Arch: a[1], Reward: mean + 0.1}})
		if i == 0 {
			baseline = mean
		}
		baseline = 0.9*baseline + 0.1*mean
		square := (mean-0.1-baseline)*(mean-0.1-baseline)/2 + (mean+0.1-baseline)*(mean+0.1-baseline)/2
		if i == 0 {
			variance = square
		}
		variance = 0.9*variance + 0.1*square
		state := r.State()
		if h := r.Health()[i]; math.Abs(h.Baseline-baseline) > 1e-12 || math.Abs(state[2]-baseline) > 1e-12 || math.Abs(state[3]-variance) > 1e-12 {
			t.Errorf("update %d: baseline %v, variance %v; want %v and %v", i+1, h.Baseline, state[3], baseline, variance)
		}
	}
}

// TestEveryLimitCounts: each limit alone is exceeded by its own share, met
// exactly at its value, and named.
func TestEveryLimitCounts(t *testing.T) {
	on := func(first, second float64) []DeviceLatency {
		return []DeviceLatency{{"phone", first}, {"watch 100%d", second}}
	}
	c := Cost{Latency: 0.003, FLOPs: 3000, Params: 300, Memory: 30000, Size: 3e6, Energy: 0.03, Elsewhere: on(0.03, 0.3)}
	for name, l := range map[string]Limits{
		"latency 3 ms above 2 ms": {Latency: 0.002}, "3000 FLOPs above 2000": {FLOPs: 2000}, "300 parameters above 200": {Params: 200},
		"memory of 30000 bytes above 20000": {Memory: 20000}, "a file of 3000000 bytes above 2000000": {Size: 2e6}, "energy 30 mJ above 20 mJ": {Energy: 0.02},
		"latency 30 ms on phone above 20 ms": {Elsewhere: on(0.02, 0.5)}, "latency 300 ms on watch 100%d above 200 ms": {Elsewhere: on(0, 0.2)},
	} {
		if got := l.Excess(c); math.Abs(got-0.5) > 1e-12 {
			t.Errorf("%s: excess %v, want 0.5", name, got)
		}
		if got := l.Penalty(c); math.Abs(got+0.5) > 1e-12 {
			t.Errorf("%s: penalty %v, want -0.5", name, got)
		}
		if got := l.Broken(c); got != name {
			t.Errorf("%s: broken is %q, want this limit only", name, got)
		}
		if l.String() == "none" {
			t.Errorf("%s: the limits are %q", name, l)
		}
	}
	for _, l := range []Limits{{}, {Latency: 0.003}, {FLOPs: 3000}, {Params: 300}, {Memory: 30000}, {Size: 3e6}, {Energy: 0.03}, {Elsewhere: on(0.03, 0.3)}} {
		if l.Excess(c) != 0 || l.Broken(c) != "" {
			t.Errorf("%+v is met, but exceeded by %v: %q", l, l.Excess(c), l.Broken(c))
		}
	}
}
