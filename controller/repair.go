package controller

import (
	"fmt"
	"math/rand/v2"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// repairWalks bounds the walks of one repair, per place in the batch.
const repairWalks = 20

// repairName marks trials that Search made feasible.
const repairName = "repair"

// unblock is called when the strategy brought nothing new for too long. If limits
// were the main obstacle and the smallest candidate meets them, it adds a batch
// of repaired architectures to the round, from which the strategy can go on.
// Otherwise the search is exhausted, or, if it never found anything, fails.
func (r *run) unblock(round []Trial) ([]Trial, error) {
	before := r.res.Repaired
	if 2*r.staleBroken > r.stale && r.p.Smallest.Len() > 0 {
		var err error
		if round, err = r.repair(round); err != nil {
			return nil, err
		}
	}
	found := r.res.Repaired > before
	if !found && r.res.Evaluated == 0 && r.res.Infeasible > 0 {
		return nil, r.infeasible()
	}
	r.res.Exhausted = !found
	return round, nil
}

// repair appends up to one batch of new feasible architectures to the round:
// each starts at a random architecture and takes over genes of the smallest
// one, in random order, until it meets the limits.
func (r *run) repair(round []Trial) ([]Trial, error) {
	rng := stream.New(r.o.Seed, "repair", r.repairs)
	r.repairs++
	want := min(r.o.Batch, r.o.Trials-r.res.Evaluated)
	pending := make(map[space.Arch]bool, want)
	for range repairWalks * want {
		a, ok, err := r.walk(rng)
		if err != nil {
			return nil, err
		}
		if _, known := r.seen[a]; !ok || known || pending[a] {
			continue
		}
		t, err := r.classify(a, pending)
		if err != nil {
			return nil, err
		}
		t.Strategy = repairName
		round = append(round, t)
		r.res.Repaired++
		r.stale, r.staleBroken = 0, 0
		if len(pending) == want {
			break
		}
	}
	return round, nil
}

// walk makes one random architecture feasible; ok is false if even its last
// step, the smallest candidate, is not.
func (r *run) walk(rng *rand.Rand) (a space.Arch, ok bool, err error) {
	genes := r.p.Space.Random(rng).Genes()
	for _, i := range rng.Perm(len(genes)) {
		genes[i] = uint8(r.p.Smallest.Gene(i))
		a, err := r.p.Space.Canon(genes)
		if err != nil {
			continue // a half-way mix that the rules forbid
		}
		cost, err := r.p.Cost(a)
		if err != nil {
			return a, false, fmt.Errorf("cost of %s: %w", r.p.Space.Format(a), err)
		}
		if r.p.Limits.Excess(cost) == 0 {
			return a, true, nil
		}
	}
	return a, false, nil
}

// infeasible names the network that comes nearest to the limits, of what was
// proposed and the smallest candidate, and says which it breaks and by how much.
func (r *run) infeasible() error {
	if r.p.Smallest.Len() > 0 {
		cost, err := r.p.Cost(r.p.Smallest)
		if err != nil {
			return fmt.Errorf("%w (%s); cost of the smallest candidate: %w", ErrInfeasible, r.p.Limits, err)
		}
		r.approach(r.p.Smallest, cost)
	}
	return fmt.Errorf("%w (%s): all %d proposals break them; the nearest is %s, which costs %s, and so breaks: %s",
		ErrInfeasible, r.p.Limits, r.res.Infeasible, r.p.Space.Format(r.nearest), r.nearestCost, r.p.Limits.Broken(r.nearestCost))
}

// approach notes an architecture that breaks the limits less than any before.
func (r *run) approach(a space.Arch, c Cost) {
	if excess := r.p.Limits.Excess(c); excess < r.excess {
		r.nearest, r.nearestCost, r.excess = a, c, excess
	}
}
