package search

import (
	"context"
	"slices"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// checkShare of the budget is kept for what a search measures about itself.
	checkShare = 0.02
	// checkPart of the pictures that evaluating passes through the supernet is the most that
	// checks pass through it: as evaluating takes evaluationShare of a budget at most, they take
	// less than checkShare. It follows from the configuration alone, so that a resumed run,
	// or one from its file, checks the same.
	checkPart = 5
)

// checks measures, all choices being made, how far the search's figures can be believed.
// What it says follows from journals, weights and configuration, but for timings.
func (r *Run) checks(ctx context.Context, l *latency.Model, out *outcome) (*report.Checks, error) {
	c := &report.Checks{
		Command: r.state.Command, Fingerprint: r.state.Data, Anytime: r.anytime(out), Proposals: proposals(r.family.Space(), out.search.trials),
		Controllers: conditions(out.search.health), Random: r.random(out),
	}
	risen, err := r.firstRung()
	if err != nil {
		return nil, err
	}
	c.Fidelity = r.rungFidelity(risen)
	if c.Outlook, err = r.outlookCheck(); err != nil {
		return nil, err
	}
	if c.Scores, err = r.plainScores(ctx, out, risen); err != nil {
		return nil, err
	}
	if c.Predicted, err = r.predictorChecks(out); err != nil {
		return nil, err
	}
	if c.Norms, err = r.normChecks(ctx, out); err != nil {
		return nil, err
	}
	c.Timing, err = r.timing(ctx, l)
	return c, err
}

// checkPictures returns how many pictures checks may pass through the supernet.
func (r *Run) checkPictures() int {
	return toEvaluate(r.cfg) * (r.cfg.Evaluate.Calibration + r.comparedOn().Len()) / checkPart
}

// evaluatedInOrder returns what the search has evaluated on the supernet, in order.
func (o *outcome) evaluatedInOrder() []controller.Trial { return o.pool().trials }

// anytime returns the best inherited accuracy of each arm, within the limits, after 1, 2, 4 and
// so on evaluations, and after all.
func (r *Run) anytime(out *outcome) []report.Anytime {
	search, random := bestSoFar(out.evaluatedInOrder(), r.limits()), bestSoFar(out.random.trials, r.limits())
	var curve []report.Anytime
	for n := 1; len(search) > 0; n *= 2 {
		n = min(n, len(search))
		p := report.Anytime{Evaluations: n, Search: search[n-1]}
		if n <= len(random) {
			p.Random = &random[n-1]
		}
		if curve = append(curve, p); n == len(search) {
			break
		}
	}
	return curve
}

// bestSoFar returns the highest accuracy up to each trial of those within limits; 0 before one.
func bestSoFar(trials []controller.Trial, limits controller.Limits) []float64 {
	best := make([]float64, len(trials))
	for i, t := range trials {
		if limits.Excess(t.Cost) == 0 {
			best[i] = t.Accuracy
		}
		if i > 0 {
			best[i] = max(best[i], best[i-1])
		}
	}
	return best
}

// risenOne is a candidate with what the first rung of finishing made of it.
type risenOne struct {
	rundir.Trial // with inherited weights, on the whole validation split
	rung         rundir.Rung
	arch         space.Arch
}

// firstRung returns the candidates of both arms that were on the first rung, from the
// journals, in the order of their architectures.
func (r *Run) firstRung() ([]risenOne, error) {
	trials, err := rundir.ReadJournal[rundir.Trial](r.dir.Path(rundir.Trials))
	if err != nil {
		return nil, err
	}
	rungs, err := rundir.ReadJournal[rundir.Rung](r.dir.Path(rundir.Finish))
	if err != nil {
		return nil, err
	}
	inherited := make(map[string]rundir.Trial)
	for _, t := range trials {
		if t.Arm == armFinal || t.Arm == armSecond || t.Arm == armRandomFinal {
			inherited[t.Arch] = t
		}
	}
	var all []risenOne
	for _, g := range rungs {
		if t, ok := inherited[g.Arch]; ok && g.Rung == 0 {
			a, err := r.family.Space().Parse(g.Arch)
			if err != nil {
				return nil, err
			}
			all = append(all, risenOne{t, g, a})
		}
	}
	slices.SortFunc(all, func(a, b risenOne) int { return sign(a.arch.Less(b.arch)) })
	return all, nil
}

// narrow is the deviation of random architectures, in those that the pictures leave, up to
// which a search has next to nothing to find.
const narrow = 1.5

// warnOfChecks warns of controllers that have collapsed and of a space that is too narrow.
func (r *Run) warnOfChecks(c *report.Checks) {
	for _, x := range c.Controllers {
		if x.Sign != "" {
			r.warn("the controller of %s has collapsed: %s", x.Search, x.Sign)
		}
	}
	if n := c.Random; n != nil && n.Accuracy.N >= report.LeastRanked && n.Accuracy.Std < narrow*n.Noise {
		r.warn("random architectures hardly differ with inherited weights: %d have a deviation of %.4f in accuracy, of which the pictures alone leave %.4f", n.Accuracy.N, n.Accuracy.Std, n.Noise)
	}
}
