// Package controller searches a space for architectures. Strategies propose
// architectures and observe what came of them; they never evaluate. Search
// joins a strategy with the caller's cost model and evaluator, and is the one
// place where limits, budget and de-duplication are enforced.
//
// Nothing here reads a clock or a global random generator: a run is a function
// of its options, its seed and the scores it was given, so that an interrupted
// search resumes by replaying its log.
//
// It may import space, internal/stream and internal/bootstrap. Read Strategy here,
// then search.go (the loop) and strategies.go (the table of strategies); a strategy
// has a file of its own. docs/strategies.md lists them with their sources.
package controller

import (
	"cmp"
	"context"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Outcome tells how a proposal ended.
type Outcome uint8

// The outcomes of a proposal. Only Evaluated trials enter a Result; strategies
// observe all three.
const (
	Evaluated  Outcome = iota // scored by the evaluator
	Repeat                    // scored earlier in this search; carries that score
	Infeasible                // breaks a limit; never scored, Accuracy and Loss are 0
)

// Trial is one proposal and what became of it.
type Trial struct {
	Index    int        // position among the evaluated trials, from 0; a Repeat carries the first one's, an Infeasible trial -1
	Arch     space.Arch // what was proposed
	Cost     Cost       // known without training
	Accuracy float64    // fraction of the search-validation images
	Loss     float64    // mean cross entropy in nats
	Reward   float64    // what the strategy maximises; see Reward and Limits.Penalty
	Strategy string     // Options.Strategy of the search, "repair" for an architecture that Search itself made feasible
	Outcome  Outcome
}

// Strategy decides what to try next. It must be a function of its options, its
// seed and the calls made so far, so that replaying the calls restores it.
type Strategy interface {
	// Propose returns up to n architectures of the space; fewer, or none, when
	// the strategy knows nothing new.
	Propose(n int) []space.Arch
	// Observe tells the strategy what became of proposals, in proposal order.
	Observe(trials []Trial)
}

// Starter is a strategy that can begin from trials which it has not proposed.
type Starter interface {
	// Start gives it evaluated trials, the best first, before its first proposal.
	// It does not propose them again.
	Start(known []Trial)
}

// Score is what an evaluator finds out about one architecture.
type Score struct {
	Accuracy float64 // fraction
	Loss     float64 // nats
}

// Evaluator scores architectures: result i belongs to architecture i and must
// not depend on the others. It returns the context's error when cancelled.
type Evaluator interface {
	Evaluate(ctx context.Context, archs []space.Arch) ([]Score, error)
}

// better orders trials by reward, then by lower latency, then by age.
func better(a, b Trial) bool {
	if a.Reward != b.Reward {
		return a.Reward > b.Reward
	}
	return cmp.Or(cmp.Compare(a.Cost.Latency, b.Cost.Latency), cmp.Compare(a.Index, b.Index)) < 0
}

// Anytime returns the best reward found within the first i+1 trials, for each
// i: the curve by which searches of equal budget are compared.
func Anytime(trials []Trial) []float64 {
	curve := make([]float64, len(trials))
	for i, t := range trials {
		curve[i] = t.Reward
		if i > 0 {
			curve[i] = max(curve[i-1], t.Reward)
		}
	}
	return curve
}
