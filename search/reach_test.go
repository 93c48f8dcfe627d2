package search

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// A network is within reach if its steps are short enough: between timed networks
// by interpolation, the narrow one always, all if the slowest is.
func TestSlowestWithinReach(t *testing.T) {
	latencies, seconds := []float64{1e-5, 4e-5, 1.6e-4}, []float64{0.001, 0.008, 0.064}
	for _, c := range []struct{ step, least, want float64 }{
		{0.008, 0, 4e-5},
		{math.Sqrt(0.001 * 0.008), 0, 2e-5},
		{0.0005, 0, 0.5e-5},
		{0.0005, 2e-5, 2e-5},
		{0.064, 0, 0},
		{1, 0, 0},
	} {
		got := slowestWithin(c.step, latencies, seconds, c.least)
		if want := time.Duration(c.want * 1e9); (got - want).Abs() > 2 {
			t.Errorf("steps of %v s: %v; want %v", c.step, got, want)
		}
	}
}

// Where no network slower than the narrow one is within reach, the narrow one itself is: its
// latency is no whole number of nanoseconds.
func TestTheNarrowNetworkIsWithinReach(t *testing.T) {
	r := quiet(t)
	for i := range 1000 {
		narrow := 1e-5 + 1.37e-9*float64(i) + 3e-10/float64(i+1)
		r.cfg.Finish.Reach = slowestWithin(0, []float64{1e-6, 1}, []float64{1, 2}, narrow)
		if excess := r.limits().Excess(controller.Cost{Latency: narrow}); excess > 0 || r.cfg.Finish.Reach.Seconds()-narrow > 1.001e-9 {
			t.Fatalf("the reach is %v s, where the narrow network takes %v s: an excess of %v; want it within, by a nanosecond at most", r.cfg.Finish.Reach.Seconds(), narrow, excess)
		}
	}
}

// The lower of the user's limit and the budget's reach counts.
func TestReachIsALimit(t *testing.T) {
	r := quiet(t)
	for _, c := range []struct{ limit, reach, want time.Duration }{
		{0, 0, 0}, {5, 0, 5}, {0, 7, 7}, {5, 7, 5}, {7, 5, 5},
	} {
		r.cfg.Limits.Latency, r.cfg.Finish.Reach = c.limit*time.Millisecond, c.reach*time.Millisecond
		if got, want := r.limits().Latency, (c.want * time.Millisecond).Seconds(); got != want {
			t.Errorf("limit %d ms, reach %d ms: %v s; want %v", c.limit, c.reach, got, want)
		}
	}
}

// What the last rung has for each network: three quarters of finishing's share of
// what evaluating leaves, by all lanes, divided among the networks of all arms.
func TestTimeOfEachOnTheLastRung(t *testing.T) {
	r := quiet(t)
	r.cfg.Finish.Share = 0.5
	for _, c := range []struct {
		networks, lanes int
		random          bool
		want            float64
	}{{1, 1, false, 34.5}, {3, 1, false, 11.5}, {3, 2, false, 23}, {3, 2, true, 11.5}} {
		r.cfg.Finish.Networks, r.cfg.Search.Random = c.networks, c.random
		if got := r.lastEach(100*time.Second, c.lanes); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%+v: %v s", c, got)
		}
	}
}

// As many networks are finished as can have two thousand steps each, one in any
// case and none that is not wanted.
func TestFewerNetworksInLittleTime(t *testing.T) {
	r := quiet(t)
	r.started, r.cfg.Finish.Share = time.Now(), 0.5
	for _, c := range []struct {
		budget time.Duration
		want   int
	}{{time.Second, 1}, {150 * time.Second, 2}, {220 * time.Second, 3}, {time.Hour, 4}} {
		r.cfg.Budget, r.cfg.Finish.Networks = c.budget, 4
		if got := r.finishable(1, 0.0115); got != c.want { // the last rung has 0.345 of the time, a network needs 23 s of it
			t.Errorf("%v: %d networks; want %d", c.budget, got, c.want)
		}
	}
}

// A network must have a thousand steps or five passes over the training pictures,
// whichever is more.
func TestLeastStepsOfANetwork(t *testing.T) {
	r := quiet(t)
	r.cfg.Train.Batch = 32
	for _, c := range []struct {
		pictures, batch int
		want            float64
	}{{1360, 0, 1000}, {51_000, 0, 5 * 51_000.0 / 32}, {51_000, 64, 5 * 51_000.0 / 64}, {12_800, 64, 1000}} {
		r.splits.Train, r.cfg.Finish.Batch = &data.Set{Labels: make([]uint16, c.pictures)}, c.batch
		if got := r.leastSteps(); got != c.want {
			t.Errorf("%+v: %v steps", c, got)
		}
	}
}

// Networks are timed by rising latency, until one trains too slowly to be finished: what is
// slower is not looked at, but for the narrow one.
func TestWhatIsOutOfReachIsNotTimed(t *testing.T) {
	w := newWorld(t, asPredicted)
	var archs []space.Arch
	at, took := map[space.Arch]float64{}, map[space.Arch]float64{}
	for a := range w.family.Space().Enumerate {
		if len(archs) < 5 {
			at[a], took[a] = float64(10-len(archs)), float64(100-len(archs))
			archs = append(archs, a)
		}
	}
	var asked []space.Arch
	var before []float64
	xs, ys, err := stepCurve(archs, at, func(a space.Arch) (float64, error) { return took[a], nil }, func(a space.Arch, step float64) bool {
		asked, before = append(asked, a), append(before, step)
		return len(asked) > 2
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(archs)
	if !slices.Equal(asked, archs) || !slices.Equal(before, []float64{0, 96, 97, 97, 97}) {
		t.Errorf("asked for %v after steps of %v s; want %v, by rising latency", asked, before, archs)
	}
	if !slices.Equal(xs, []float64{6, 7}) || !slices.Equal(ys, []float64{96, 97}) {
		t.Errorf("latencies %v, seconds %v; want those of the first two", xs, ys)
	}
	unplugged := errors.New("unplugged")
	if _, _, err := stepCurve(archs, at, func(space.Arch) (float64, error) { return 0, unplugged }, nil); !errors.Is(err, unplugged) {
		t.Errorf("a timing that failed: %v", err)
	}
}

// A network that was disturbed while it was timed does not put slower ones out of reach.
func TestStepsRise(t *testing.T) {
	for _, c := range []struct{ xs, ys, x, y []float64 }{
		{[]float64{1, 2, 3}, []float64{4, 5, 6}, []float64{1, 2, 3}, []float64{4, 5, 6}},
		{[]float64{1, 2, 3, 4}, []float64{4, 90, 6, 8}, []float64{1, 3, 4}, []float64{4, 6, 8}},
		{[]float64{1, 2, 3, 4}, []float64{90, 5, 6, 8}, []float64{2, 3, 4}, []float64{5, 6, 8}},
		{[]float64{1, 2, 3}, []float64{4, 6, 5}, []float64{1, 3}, []float64{4, 5}},
		{[]float64{1, 1, 2}, []float64{4, 5, 6}, []float64{1, 2}, []float64{5, 6}},
		{[]float64{7}, []float64{4}, []float64{7}, []float64{4}},
		{nil, nil, nil, nil},
	} {
		if x, y := rising(c.xs, c.ys); !slices.Equal(x, c.x) || !slices.Equal(y, c.y) {
			t.Errorf("%v, %v became %v, %v; want %v, %v", c.xs, c.ys, x, y, c.x, c.y)
		}
	}
}

// Of a network that trains for longer than a slower one what that one takes counts, also for
// whether those after both are timed.
func TestDisturbedTimingsSkipNothing(t *testing.T) {
	w := newWorld(t, asPredicted)
	e := w.family.Extremes()
	third := w.arch("sep3x3:4 identity")
	at := map[space.Arch]float64{e.Largest: 1, e.Smallest: 2, third: 3}
	took := map[space.Arch]float64{e.Largest: 70, e.Smallest: 5}
	var before []float64
	xs, ys, err := stepCurve([]space.Arch{e.Largest, e.Smallest, third}, at, func(a space.Arch) (float64, error) { return took[a], nil }, func(a space.Arch, step float64) bool {
		before = append(before, step)
		return a == third
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(before, []float64{0, 70, 5}) || !slices.Equal(xs, []float64{2}) || !slices.Equal(ys, []float64{5}) {
		t.Errorf("steps before each network are said to take %v s, the curve is %v, %v; want 5 s before the last, and at 2", before, xs, ys)
	}
}
