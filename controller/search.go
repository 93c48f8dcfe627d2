package controller

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/supernet/space"
)

// ErrInfeasible is wrapped by Search's error when no proposal met the limits.
var ErrInfeasible = errors.New("no architecture meets the limits")

// ErrReplay is wrapped by Search's error when Options.Replay holds other architectures than
// the strategy proposes.
var ErrReplay = errors.New("the log to resume does not belong to this search")

// DefaultTries is how many proposals in a row may bring nothing new and
// feasible before Search stops asking.
const DefaultTries = 2000

// roundFactor bounds the proposals of one round to so many per batch place, so
// that a strategy that proposes mostly duplicates or infeasible architectures
// observes them, and can learn from them, before it is asked again.
const roundFactor = 4

// Problem is what is searched, and by what it is evaluated.
type Problem struct {
	Space     *space.Space
	Cost      func(space.Arch) (Cost, error) // pure; called for every proposal
	Evaluator Evaluator
	Limits    Limits
	Reward    Reward
	Smallest  space.Arch // a candidate within the limits, or the cheapest known, for repair and for error texts; the zero value if none is
}

// Options of one search.
type Options struct {
	Trials   int                // evaluations to spend, at least 1
	Batch    int                // architectures handed to the evaluator at once, at least 1
	Seed     uint64             // of Search's own choices (repair); a strategy has its own
	Tries    int                // see DefaultTries, which 0 stands for
	Strategy string             // written into each trial
	Replay   []Trial            // evaluated trials of an interrupted run with the same problem, strategy and options, in order
	Replayed func([]space.Arch) // told, round by round, which architectures' scores come from Replay; nil: nothing is
}

// Result is what a search found.
type Result struct {
	Trials     []Trial // all evaluated trials, in order
	Best       Trial   // highest reward, then lowest latency, then first
	Evaluated  int     // len(Trials), replayed ones included
	Duplicates int     // proposals that were evaluated before
	Infeasible int     // proposals that broke a limit
	Repaired   int     // trials that Search itself made feasible
	Exhausted  bool    // ended before the budget: the strategy had nothing new and feasible to propose
}

// Search evaluates up to o.Trials architectures proposed by s and returns them
// with the best. It runs in rounds: it draws proposals until the batch holds
// new architectures that meet the limits, has those evaluated, and lets the
// strategy observe every proposal of the round, repeats with their known score
// and infeasible ones with the reward of Limits.Penalty.
//
// Draws are bounded: after o.Tries proposals in a row without a new feasible
// architecture, or when the strategy proposes none at all, Search repairs (see repair.go) if most of them broke a limit,
// and otherwise ends with Result.Exhausted. If nothing ever met the limits the
// error wraps ErrInfeasible and names the nearest network and what it costs.
//
// each, if not nil, is called after every trial that was not replayed; its
// error ends the search. When ctx is cancelled Search returns the trials so far
// and the context's error; feeding them to Options.Replay continues the run as
// if it had not been interrupted.
func Search(ctx context.Context, p Problem, s Strategy, o Options, each func(Trial) error) (Result, error) {
	r, err := newRun(p, s, o, each)
	if err != nil {
		return Result{}, err
	}
	for r.res.Evaluated < o.Trials && !r.res.Exhausted {
		if err := ctx.Err(); err != nil {
			return r.res, err
		}
		round, fresh, err := r.draw(min(o.Batch, o.Trials-r.res.Evaluated))
		if err != nil {
			return r.res, err
		}
		if len(round) == 0 || fresh == 0 && r.stale >= r.o.Tries {
			if round, err = r.unblock(round); err != nil {
				return r.res, err
			}
		}
		if err := r.evaluate(ctx, round); err != nil {
			return r.res, err
		}
		s.Observe(round)
	}
	return r.res, nil
}

// run is the memory of one search.
type run struct {
	p      Problem
	s      Strategy
	o      Options
	each   func(Trial) error
	res    Result
	seen   map[space.Arch]int // evaluated architectures: index in res.Trials
	replay []Trial            // logged trials that have not come up yet

	stale       int        // proposals since the last new feasible one
	staleBroken int        // those of them that broke a limit
	nearest     space.Arch // what broke the limits least
	nearestCost Cost
	excess      float64 // its excess; +Inf before the first
	repairs     uint64  // calls of unblock, the step of its random stream
}

func newRun(p Problem, s Strategy, o Options, each func(Trial) error) (*run, error) {
	if o.Tries == 0 {
		o.Tries = DefaultTries
	}
	var faults []error
	check := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	check(p.Space == nil, "problem.space is missing")
	check(p.Cost == nil, "problem.cost is missing")
	check(p.Evaluator == nil, "problem.evaluator is missing")
	check(s == nil, "no strategy was given")
	check(o.Trials < 1, "trials is %d, want at least 1", o.Trials)
	check(o.Batch < 1, "batch is %d, want at least 1", o.Batch)
	check(o.Tries < 1, "tries is %d, want at least 1, or 0 for %d", o.Tries, DefaultTries)
	check(len(o.Replay) > max(o.Trials, 0), "the log to resume holds %d trials, more than the budget of %d", len(o.Replay), o.Trials)
	if p.Space != nil && p.Smallest.Len() > 0 {
		faults = append(faults, p.Space.Valid(p.Smallest))
	}
	if err := errors.Join(append(faults, p.Limits.Validate(), p.Reward.Validate())...); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return &run{p: p, s: s, o: o, each: each, seen: make(map[space.Arch]int), replay: o.Replay, excess: math.Inf(1)}, nil
}

// draw asks the strategy until want proposals are new and feasible or the round
// is full. It returns all proposals in order and how many are to be evaluated.
func (r *run) draw(want int) (round []Trial, fresh int, err error) {
	pending := make(map[space.Arch]bool, want)
	for drawn := 0; fresh < want && drawn < roundFactor*r.o.Batch && r.stale < r.o.Tries; {
		archs := r.s.Propose(want - fresh)
		if len(archs) == 0 {
			break // it waits to observe, or has nothing left
		}
		archs = archs[:min(want-fresh, len(archs))]
		drawn += len(archs)
		r.stale += len(archs)
		for _, a := range archs {
			t, err := r.classify(a, pending)
			if err != nil {
				return nil, 0, err
			}
			round = append(round, t)
			if t.Outcome == Evaluated {
				fresh++
				r.stale, r.staleBroken = 0, 0
			}
		}
	}
	return round, fresh, nil
}

// classify decides what becomes of a proposal; pending holds the new ones of
// this round.
func (r *run) classify(a space.Arch, pending map[space.Arch]bool) (Trial, error) {
	t := Trial{Index: -1, Arch: a, Strategy: r.o.Strategy}
	_, known := r.seen[a]
	if known || pending[a] {
		t.Outcome = Repeat
		r.res.Duplicates++
		return t, nil
	}
	if err := r.p.Space.Valid(a); err != nil {
		return t, fmt.Errorf("strategy %q proposed an architecture outside the space: %w", r.o.Strategy, err)
	}
	var err error
	if t.Cost, err = r.p.Cost(a); err != nil {
		return t, fmt.Errorf("cost of %s: %w", r.p.Space.Format(a), err)
	}
	if r.p.Limits.Excess(t.Cost) > 0 {
		t.Outcome, t.Reward = Infeasible, r.p.Limits.Penalty(t.Cost)
		r.res.Infeasible++
		r.staleBroken++
		r.approach(a, t.Cost)
		return t, nil
	}
	pending[a] = true
	return t, nil
}

// evaluate completes the trials of a round in place: scores for the new ones,
// from the log while it lasts and then from the evaluator, and for the repeats
// what is known of them.
func (r *run) evaluate(ctx context.Context, round []Trial) error {
	var fresh []int
	for i, t := range round {
		if t.Outcome == Evaluated {
			fresh = append(fresh, i)
		}
	}
	logged := min(len(fresh), len(r.replay))
	scores, err := r.scores(ctx, round, fresh, logged)
	if err != nil {
		return err
	}
	r.replay = r.replay[logged:]
	for n, i := range fresh {
		if err := r.complete(&round[i], scores[n], n < logged); err != nil {
			return err
		}
	}
	for i, t := range round {
		if t.Outcome == Repeat {
			first := r.res.Trials[r.seen[t.Arch]]
			first.Outcome, first.Strategy = Repeat, t.Strategy
			round[i] = first
		}
	}
	return nil
}

// scores returns one score for each index in fresh, the first ones from the log.
func (r *run) scores(ctx context.Context, round []Trial, fresh []int, logged int) ([]Score, error) {
	scores := make([]Score, 0, len(fresh))
	for n, t := range r.replay[:logged] {
		if got := round[fresh[n]].Arch; t.Arch != got {
			return nil, fmt.Errorf("%w: trial %d is %s, but the strategy proposes %s; options, seed, space and costs must be those of the interrupted run",
				ErrReplay, r.res.Evaluated+n, r.p.Space.Format(t.Arch), r.p.Space.Format(got))
		}
		scores = append(scores, Score{Accuracy: t.Accuracy, Loss: t.Loss})
	}
	archs := make([]space.Arch, len(fresh))
	for n, i := range fresh {
		archs[n] = round[i].Arch
	}
	if logged > 0 && r.o.Replayed != nil {
		r.o.Replayed(archs[:logged])
	}
	if archs = archs[logged:]; len(archs) == 0 {
		return scores, nil
	}
	found, err := r.p.Evaluator.Evaluate(ctx, archs)
	if cancelled := ctx.Err(); err != nil && cancelled != nil {
		return nil, cancelled
	}
	if err != nil {
		return nil, fmt.Errorf("evaluate %d architectures: %w", len(archs), err)
	}
	if len(found) != len(archs) {
		return nil, fmt.Errorf("the evaluator returned %d scores for %d architectures", len(found), len(archs))
	}
	return append(scores, found...), nil
}

// complete enters one scored trial into the result and reports it.
func (r *run) complete(t *Trial, s Score, logged bool) error {
	t.Index, t.Accuracy, t.Loss = r.res.Evaluated, s.Accuracy, s.Loss
	t.Reward = r.p.Reward.Value(s.Accuracy, t.Cost.Latency)
	if math.IsNaN(t.Reward) || math.IsInf(t.Reward, 0) {
		return fmt.Errorf("trial %d (%s): accuracy %v at %s gives reward %v, want a finite number", t.Index, r.p.Space.Format(t.Arch), s.Accuracy, t.Cost, t.Reward)
	}
	if len(r.res.Trials) == 0 || better(*t, r.res.Best) {
		r.res.Best = *t
	}
	r.seen[t.Arch] = t.Index
	r.res.Trials = append(r.res.Trials, *t)
	r.res.Evaluated++
	if r.each == nil || logged {
		return nil
	}
	if err := r.each(*t); err != nil {
		return fmt.Errorf("report trial %d: %w", t.Index, err)
	}
	return nil
}
