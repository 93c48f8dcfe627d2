package search

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

func TestFrontCountsFinishedAccuracyAndMeasuredLatency(t *testing.T) {
	slow := risen(2, 0.6, 2)
	slow.measured = &bench.Sample{Median: 9} // predicted fast, measured slow, and beaten then
	all := []*finished{risen(3, 0.7, 3), slow, risen(1, 0.5, 1), risen(4, 0.7, 4), risen(5, 0.2, 3)}
	handed, left := front(all, 0, 0)
	if d := cmp.Diff([]int{1, 3}, indices(handed)); d != "" || left != 0 {
		t.Errorf("%d left out; front differs (-want +got):\n%s", left, d)
	}
	if best(all).Index != 3 {
		t.Errorf("best is %d; want 3, the faster of two", best(all).Index)
	}
}

func TestNothingBelowALinearClassifierIsHandedOver(t *testing.T) {
	all := []*finished{risen(1, 0.1, 1), risen(2, 0.49, 2), risen(3, 0.5, 3), risen(4, 0.9, 4)}
	handed, left := front(all, 0.5, 0)
	if d := cmp.Diff([]int{3, 4}, indices(handed)); d != "" || left != 2 {
		t.Errorf("%d left out (-want +got):\n%s", left, d)
	}
	if handed, left = front(all, 0.95, 0); len(handed) != 4 || left != 0 {
		t.Errorf("nothing beats the classifier: %v handed over, %d left out; want all", indices(handed), left)
	}
	if handed, _ = front(nil, 0.5, 0); handed != nil {
		t.Errorf("an empty front became %v", indices(handed))
	}
}

// costing is a finished network with a loss.
func costing(id uint8, accuracy, loss, latency float64) *finished {
	f := risen(id, accuracy, latency)
	f.rungs[1].Loss = loss
	return f
}

// Where pictures do not tell accuracies apart, 1.1 points on 720, losses tell whether a slower network is worth its
// time. Faster networks that are handed over or not count alike.
func TestLossesTellWhatAccuraciesDoNot(t *testing.T) {
	for _, c := range []struct {
		name   string
		slower *finished
		images int
		want   []int
	}{
		{"lower loss", costing(2, 0.892, 0.38, 2), 720, []int{1, 2}},
		{"as accurate, lower loss", costing(2, 0.9, 0.38, 2), 720, []int{1, 2}},
		{"as accurate, the same loss", costing(2, 0.9, 0.4, 2), 720, []int{1}},
		{"higher loss", costing(2, 0.892, 0.41, 2), 720, []int{1}},
		{"too far", costing(2, 0.888, 0.3, 2), 720, []int{1}},
		{"more pictures", costing(2, 0.892, 0.38, 2), 7200, []int{1}},
		{"no slower", costing(2, 0.892, 0.38, 1), 720, []int{1}},
		{"no pictures", costing(2, 0.9, 0.38, 2), 0, []int{1}},
		{"more accurate, higher loss", costing(2, 0.901, 0.6, 2), 720, []int{1, 2}},
	} {
		all := []*finished{c.slower, costing(1, 0.9, 0.4, 1)}
		if handed, left := front(all, 0.5, c.images); left != 0 || !cmp.Equal(indices(handed), c.want) {
			t.Errorf("%s: %v handed over, %d left out; want %v", c.name, indices(handed), left, c.want)
		}
	}
	all := []*finished{costing(1, 0.9, 0.4, 1), costing(2, 0.899, 0.45, 2), costing(3, 0.91, 0.38, 3), costing(4, 0.905, 0.39, 4), costing(5, 0.905, 0.37, 5)}
	if handed, left := front(all, 0.9051, 720); left != 2 || !cmp.Equal(indices(handed), []int{3}) {
		t.Errorf("%v handed over, %d below the floor; want 3, and 1 and 5 below it", indices(handed), left)
	}
}

// handing is a run that has come to hand over, with its latencies, and how a network ended there.
func (w *world) handing() (r *Run, l *latency.Model, network func(a space.Arch, accuracy, loss float64) *finished) {
	t := w.t
	r = w.trained("run")
	if err := r.openEvaluators(); err != nil {
		t.Fatal(err)
	}
	l, err := r.latencies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return r, l, func(a space.Arch, accuracy, loss float64) *finished {
		t.Helper()
		n, err := r.final.Deploy(t.Context(), a, r.label(a))
		if err != nil {
			t.Fatal(err)
		}
		s := bench.Sample{Median: w.measured[a] / 4}
		return &finished{candidate: candidate{Trial: controller.Trial{Arch: a}, measured: &s}, rungs: []rundir.Rung{{Accuracy: accuracy, Loss: loss}}, net: n}
	}
}

// Losses count on the validation split of the run, but not where networks have been tested, or rivals trained, whose names
// would be others'.
func TestLossesCountInWhatIsHandedOver(t *testing.T) {
	w := newWorld(t, asPredicted)
	r, l, network := w.handing()
	all := []*finished{network(w.arch("sep3x3:4 identity"), 0.9, 0.5), network(w.arch("conv3x3:8 conv3x3:8+0"), 0.9, 0.4)}
	all[1].rungs[0].Accuracy -= 0.99 * standardError(0.9, r.splits.Val.Len())
	for _, c := range []struct {
		name string
		kept state
		want int
	}{
		{"new", state{}, 2},
		{"tested", state{Tests: map[string]tested{"pareto-1": {}}}, 1},
		{"fitted", state{Fits: map[string]fitted{"rival-1-1": {}}}, 1},
		{"set against rivals", state{Rivals: map[string]report.Rival{"rival-1-1": {}}}, 1},
		{"tested by the same rule", state{ByLoss: true, Tests: map[string]tested{"pareto-2": {}}}, 2},
	} {
		r.state.ByLoss, r.state.Tests, r.state.Fits, r.state.Rivals = c.kept.ByLoss, c.kept.Tests, c.kept.Fits, c.kept.Rivals
		out := &outcome{searchTop: all}
		if err := r.handOver(t.Context(), l, out); err != nil {
			t.Fatal(err)
		}
		if len(out.front) != c.want {
			t.Errorf("%s: %d networks are handed over; want %d", c.name, len(out.front), c.want)
		}
		var again state
		if err := r.dir.ReadJSON(rundir.State, &again); c.name == "new" && (err != nil || !again.ByLoss) {
			t.Errorf("%s: the folder does not say by what networks were handed over (%v)", c.name, err)
		}
	}
	all[1].rungs[0].Accuracy -= 0.02 * standardError(0.9, r.splits.Val.Len())
	out := &outcome{searchTop: all}
	if err := r.handOver(t.Context(), l, out); err != nil || len(out.front) != 1 {
		t.Errorf("%d networks are handed over (%v); want one, as the other is more than a standard error behind", len(out.front), err)
	}
}
