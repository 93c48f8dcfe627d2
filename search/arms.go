package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

// found is what one arm brought.
type found struct {
	trials []controller.Trial // all that it evaluated, by its own score
	result controller.Result  // of all its searches: counts
	health []sweepHealth      // of its controllers
}

// search runs the strategy. With a sweep it runs several times, each under a
// limit on latency that is a step higher, so that together they find a whole
// Pareto front; the last one is under the user's own limits. Each begins with the best
// of the samples, by what they are worth. It is round number round, from 0, of so many
// that share the trials.
func (r *Run) search(ctx context.Context, by controller.Evaluator, l *latency.Model, samples []controller.Trial, worth func(controller.Trial) float64, round, rounds int) (found, error) {
	limits, err := r.sweep(l, samples)
	if err != nil {
		return found{}, err
	}
	var all found
	cost := remembered(l.Cost)
	for i, limit := range limits {
		number := round*len(limits) + i
		trials := r.share(number, rounds*len(limits))
		arm := fmt.Sprintf("%s %d.%d", armSearch, round+1, i+1)
		seed := stream.New(r.seed(), "strategy", uint64(round), uint64(i)).Uint64()
		s, res, err := r.sweepStep(ctx, arm, seed, r.elite(samples, worth, limit), r.problem(by, cost, limit), r.options(r.cfg.Search.Strategy, trials, number))
		if errors.Is(err, controller.ErrInfeasible) && i < len(limits)-1 {
			continue // a step of the sweep may lie below the smallest candidate
		}
		if err != nil {
			return found{}, err
		}
		all.add(res)
		if m, ok := s.(controller.Monitored); ok {
			all.health = append(all.health, sweepHealth{arm, m.Health()})
		}
	}
	return all, nil
}

// sweepStep runs the strategy within the limits of a problem, beginning with known trials. What an
// earlier version's evolution has logged tells itself: it had no children before its population
// was complete, so that within tight limits its log is another one. From there on the run goes on
// that way.
func (r *Run) sweepStep(ctx context.Context, arm string, seed uint64, known []controller.Trial, p controller.Problem, o controller.Options) (controller.Strategy, controller.Result, error) {
	run := func() (controller.Strategy, controller.Result, error) {
		s, err := r.strategy(seed, p.Limits, o.Trials)
		if err != nil {
			return nil, controller.Result{}, err
		}
		if st, ok := s.(controller.Starter); ok {
			st.Start(known)
		}
		res, err := r.arm(ctx, arm, s, p, o)
		return s, res, err
	}
	s, res, err := run()
	if !errors.Is(err, controller.ErrReplay) || r.patient || r.cfg.Search.Strategy != "evolution" {
		return s, res, err
	}
	r.patient = true
	r.monitor.Log.Info("the log of proposals may be of an earlier version, whose evolution drew at random for longer", "arm", arm)
	return run()
}

// eliteSize is how many of the architectures that were evaluated a search begins with:
// most of a population.
const eliteSize = 24

// elite returns the best of the evaluated trials within the limits, the best first,
// scored as the search scores its proposals.
func (r *Run) elite(evaluated []controller.Trial, worth func(controller.Trial) float64, limits controller.Limits) []controller.Trial {
	best := fitting(evaluated, limits)
	reward := r.reward()
	for i, t := range best {
		best[i].Accuracy, best[i].Loss = worth(t), 0
		best[i].Reward = reward.Value(best[i].Accuracy, t.Cost.Latency)
	}
	slices.SortStableFunc(best, func(a, b controller.Trial) int { return cmp.Compare(b.Reward, a.Reward) })
	return best[:min(len(best), eliteSize)]
}

// reward returns what a search maximises.
func (r *Run) reward() controller.Reward {
	if r.cfg.Search.Reward.Kind == "" {
		return controller.Reward{}
	}
	return r.cfg.Search.Reward.Controller()
}

// add merges the result of one search.
func (f *found) add(res controller.Result) {
	f.trials = append(f.trials, res.Trials...)
	f.result.Evaluated += res.Evaluated
	f.result.Duplicates += res.Duplicates
	f.result.Infeasible += res.Infeasible
	f.result.Repaired += res.Repaired
	f.result.Exhausted = f.result.Exhausted || res.Exhausted
}

// share returns how many of the trials search i of n gets.
func (r *Run) share(i, n int) int {
	t := r.cfg.Search.Trials
	return t*(i+1)/n - t*i/n
}

// sweep returns the limits of the searches, in equal ratios of latency from
// near the smallest network to the user's limit or, without one, to the slowest
// sample.
func (r *Run) sweep(l *latency.Model, samples []controller.Trial) ([]controller.Limits, error) {
	own := r.limits()
	n := r.cfg.Search.Sweep
	smallest, err := l.Cost(r.family.Extremes().Smallest)
	if err != nil {
		return nil, err
	}
	top := own.Latency
	for _, t := range samples {
		if own.Latency == 0 {
			top = max(top, t.Cost.Latency)
		}
	}
	var limits []controller.Limits
	for i := 1; i < n && top > smallest.Latency; i++ {
		step := own
		step.Latency = smallest.Latency * math.Pow(top/smallest.Latency, float64(i)/float64(n))
		limits = append(limits, step)
	}
	return append(limits, own), nil
}

// mostRemembered bounds what remembered keeps: about 10 MB.
const mostRemembered = 1 << 16

// remembered returns a function that asks another once for each architecture. Searches within limits
// that little meets propose the same ones again and again, and a cost takes as long as to plan a network.
func remembered(cost func(space.Arch) (controller.Cost, error)) func(space.Arch) (controller.Cost, error) {
	known := make(map[space.Arch]controller.Cost)
	return func(a space.Arch) (controller.Cost, error) {
		if c, ok := known[a]; ok {
			return c, nil
		}
		c, err := cost(a)
		if err == nil && len(known) < mostRemembered {
			known[a] = c
		}
		return c, err
	}
}

func (r *Run) problem(by controller.Evaluator, cost func(space.Arch) (controller.Cost, error), limits controller.Limits) controller.Problem {
	return controller.Problem{Space: r.family.Space(), Cost: cost, Evaluator: by, Limits: limits, Reward: r.reward(), Smallest: r.anchor}
}

func (r *Run) options(strategy string, trials, i int) controller.Options {
	return controller.Options{Trials: trials, Batch: r.cfg.Search.Batch, Seed: stream.New(r.seed(), "search", uint64(i)).Uint64(), Strategy: strategy}
}

// arm runs one search, logging its trials and replaying those already logged.
func (r *Run) arm(ctx context.Context, arm string, s controller.Strategy, p controller.Problem, o controller.Options) (controller.Result, error) {
	var err error
	if o.Replay, err = r.replay(arm); err != nil {
		return controller.Result{}, err
	}
	best, figure := math.Inf(-1), "worth" // as predicted; see sized
	if by, ok := p.Evaluator.(sharedScores); ok {
		o.Replayed, figure = by.Count, "accuracy"
	}
	res, err := controller.Search(ctx, p, s, o, func(t controller.Trial) error {
		best = max(best, t.Accuracy)
		r.monitor.Events.Update(Status{
			Done: float64(t.Index + 1), Total: float64(o.Trials), Unit: "networks",
			Note: fmt.Sprintf("%s  best %s %.4f", arm, figure, best),
		})
		return r.record(arm, t)
	})
	if err != nil {
		return res, err
	}
	r.monitor.Log.Info(arm, "limits", p.Limits.String(), "trials", res.Evaluated, "infeasible", res.Infeasible, "duplicates", res.Duplicates,
		"best "+figure, fmt.Sprintf("%.4f", res.Best.Accuracy))
	return res, nil
}

// givenFirst proposes some architectures before those of a strategy.
type givenFirst struct {
	given []space.Arch
	controller.Strategy
}

// Propose implements controller.Strategy.
func (g *givenFirst) Propose(n int) []space.Arch {
	if len(g.given) == 0 {
		return g.Strategy.Propose(n)
	}
	n = min(n, len(g.given))
	archs := g.given[:n]
	g.given = g.given[n:]
	return archs
}

// randomArm is random search with so many evaluations on the supernet. What is
// given to the search is given to it too.
func (r *Run) randomArm(ctx context.Context, l *latency.Model, evaluations int) (found, error) {
	p := r.problem(sharedScores{r.compare}, l.Cost, r.limits())
	o := r.options(armRandom, evaluations, 0)
	o.Batch = evaluateBatch
	res, err := r.arm(ctx, armRandom, &givenFirst{r.given(), controller.NewRandomArm(r.family.Space(), r.seed())}, p, o)
	if err != nil {
		return found{}, err
	}
	var f found
	f.add(res)
	return f, nil
}

// sweepHealth is the condition of one search's controller, update by update.
type sweepHealth struct {
	arm     string
	updates []controller.Health
}

// healthLine is one line of controller.jsonl.
type healthLine struct {
	Arm string `json:"arm"`
	controller.Health
}

// saveHealth writes the curve of the controllers, all at once: a resumed run
// replays their updates from the first.
func (r *Run) saveHealth(all []sweepHealth) error {
	if len(all) == 0 {
		return nil
	}
	var lines []healthLine
	for _, h := range all {
		for _, u := range h.updates {
			lines = append(lines, healthLine{h.arm, u})
		}
	}
	return rundir.WriteLines(r.dir.Path(rundir.Controller), lines)
}

// warn notes what a reader of the report must know.
func (r *Run) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.warnings = append(r.warnings, text)
	r.monitor.Log.Warn(text)
}

func sign(first bool) int {
	if first {
		return -1
	}
	return 1
}

// distinct returns the trials without later ones of the same architecture.
func distinct(trials []controller.Trial) []controller.Trial {
	seen := make(map[space.Arch]bool, len(trials))
	var out []controller.Trial
	for _, t := range trials {
		if !seen[t.Arch] {
			seen[t.Arch] = true
			out = append(out, t)
		}
	}
	return out
}
