package controller

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// TestReplay: a search that is cut off anywhere and continued from its log ends
// with the same trials as one that was not, for every strategy, with limits.
// The log holds no infeasible or repeated proposals: they come up again.
func TestReplay(t *testing.T) {
	s := testSpace(t, 3)
	for _, name := range Strategies() {
		l := newLandscape(s, 7)
		p := testProblem(t, s, l)
		p.Limits = Limits{FLOPs: 5000}
		o := Options{Trials: 70, Batch: 6, Seed: 2, Tries: 100}
		whole, err := Search(context.Background(), p, newStrategy(t, name, s, 2), o, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, cut := range []int{0, 1, 6, 33, 69, 70} {
			cut = min(cut, whole.Evaluated)
			l.calls = 0
			var reported []Trial
			o.Replay = whole.Trials[:cut:cut]
			resumed, err := Search(context.Background(), p, newStrategy(t, name, s, 2), o, func(t Trial) error {
				reported = append(reported, t)
				return nil
			})
			if err != nil {
				t.Fatalf("%s cut at %d: %v", name, cut, err)
			}
			if !slices.EqualFunc(resumed.Trials, whole.Trials, sameTrial) || !sameTrial(resumed.Best, whole.Best) || resumed.Infeasible != whole.Infeasible || resumed.Duplicates != whole.Duplicates {
				t.Errorf("%s cut at %d: the resumed search differs", name, cut)
			}
			if l.calls != whole.Evaluated-cut || !slices.EqualFunc(reported, whole.Trials[cut:], sameTrial) {
				t.Errorf("%s cut at %d: evaluated %d and reported %d again, want %d", name, cut, l.calls, len(reported), whole.Evaluated-cut)
			}
		}
	}
}

func TestReplayOfAnotherSearch(t *testing.T) {
	s := testSpace(t, 3)
	p := testProblem(t, s, newLandscape(s, 7))
	o := Options{Trials: 10, Batch: 5}
	other, err := Search(context.Background(), p, newStrategy(t, "random", s, 1), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Replay = other.Trials
	if _, err := Search(context.Background(), p, newStrategy(t, "random", s, 2), o, nil); err == nil || !strings.Contains(err.Error(), "does not belong to this search: trial 0") {
		t.Errorf("error %v, want one that tells the log is another search's", err)
	}
}

// interrupter cancels while it evaluates batch number at.
type interrupter struct {
	*landscape
	cancel context.CancelFunc
	at     int
}

func (i *interrupter) Evaluate(ctx context.Context, archs []space.Arch) ([]Score, error) {
	if i.at--; i.at < 0 {
		i.cancel()
		return nil, ctx.Err()
	}
	return i.landscape.Evaluate(ctx, archs)
}

// TestCancel: a cancelled search returns the batches that were finished.
func TestCancel(t *testing.T) {
	s := testSpace(t, 3)
	p := testProblem(t, s, newLandscape(s, 7))
	ctx, cancel := context.WithCancel(context.Background())
	p.Evaluator = &interrupter{newLandscape(s, 7), cancel, 3}
	res, err := Search(ctx, p, newStrategy(t, "evolution", s, 1), Options{Trials: 50, Batch: 5}, nil)
	if !errors.Is(err, context.Canceled) || len(res.Trials) != 15 {
		t.Errorf("%d trials and error %v, want 15 and the context's", len(res.Trials), err)
	}
	if res, err = Search(ctx, p, newStrategy(t, "evolution", s, 1), Options{Trials: 50, Batch: 5}, nil); !errors.Is(err, context.Canceled) || len(res.Trials) != 0 {
		t.Errorf("%d trials and error %v from a context cancelled before", len(res.Trials), err)
	}
}

// TestReportError: an error of the callback ends the search.
func TestReportError(t *testing.T) {
	s := testSpace(t, 2)
	full := errors.New("disk full")
	res, err := Search(context.Background(), testProblem(t, s, newLandscape(s, 1)), newStrategy(t, "random", s, 1), Options{Trials: 9, Batch: 3}, func(t Trial) error {
		if t.Index == 4 {
			return full
		}
		return nil
	})
	if !errors.Is(err, full) || len(res.Trials) != 5 {
		t.Errorf("%d trials, error %v", len(res.Trials), err)
	}
}

// TestSeeds: one seed, one sequence; two seeds, two.
func TestSeeds(t *testing.T) {
	s := testSpace(t, 4)
	for _, name := range Strategies() {
		a, b, c := newStrategy(t, name, s, 1), newStrategy(t, name, s, 1), newStrategy(t, name, s, 2)
		x, y, z := a.Propose(5), b.Propose(5), c.Propose(5)
		if !slices.Equal(x, y) {
			t.Errorf("%s: one seed gave two sequences", name)
		}
		if slices.Equal(x, z) {
			t.Errorf("%s: two seeds gave one sequence", name)
		}
		if len(a.Propose(5)) > 0 && name != "local" && slices.Equal(x, newStrategy(t, name, s, 1).Propose(5)) && slices.Equal(a.Propose(5), x) {
			t.Errorf("%s: every call proposes the same", name)
		}
	}
}

// TestState: a policy restored from its state goes on bit by bit, in the middle
// of a supernet's training where many proposals are never observed.
func TestState(t *testing.T) {
	s := testSpace(t, 3)
	l := newLandscape(s, 1)
	step := func(r *Reinforce) []space.Arch {
		r.Propose(7)
		archs := r.Propose(4)
		trials := make([]Trial, 0, 5)
		for _, a := range append(archs, archs[0]) {
			trials = append(trials, Trial{Arch: a, Reward: l.accuracy(a)})
		}
		r.Observe(trials)
		return archs
	}
	growing := DefaultTunasOptions()
	growing.Growth, growing.Trials = 10, 30
	for name, o := range map[string]PolicyOptions{"rl": DefaultLSTMOptions(), "tunas": DefaultTunasOptions(), "tunas that grows": growing} {
		build := func() *Reinforce {
			r, err := NewReinforce(strings.Fields(name)[0], s, 5, o)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		a, b := build(), build()
		for range 4 {
			step(a)
		}
		if err := b.SetState(a.State()); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			if !slices.Equal(step(a), step(b)) {
				t.Fatalf("%s: the restored policy proposes otherwise", name)
			}
		}
		if !slices.Equal(a.State(), b.State()) {
			t.Errorf("%s: states differ", name)
		}
		if err := b.SetState(a.State()[1:]); err == nil {
			t.Errorf("%s: a state of the wrong length was accepted", name)
		}
		counts := []int{0}
		if o.grows() {
			counts = append(counts, len(a.State())-1)
		}
		for _, at := range counts {
			bad := a.State()
			bad[at] = -1
			if err := b.SetState(bad); err == nil {
				t.Errorf("%s: number %d of a state was negative and accepted", name, at)
			}
		}
	}
}
