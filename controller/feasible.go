package controller

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// mostLooked architectures are asked for their costs, at most, to find one within
	// limits. Spaces that are no larger are looked through.
	mostLooked = 10000
	// randomStarts are descended from, besides those that the caller names.
	randomStarts = 8
	// restarts descents begin at the nearest architecture so far with a share shaken of its
	// decisions made anew.
	restarts = 100
	shaken   = 0.3
)

// FindFeasible returns an architecture of p.Space within p.Limits: the first of some to
// begin with that is, else one of the whole space where that is small, else what descents
// come to by changes of one decision, from each of them, from random ones and from mutants of
// the nearest. Nothing is evaluated. If none is found the error wraps ErrInfeasible and names the
// nearest network with all that it costs, and the limits that no network meets even alone.
func FindFeasible(ctx context.Context, p Problem, starts []space.Arch, seed uint64) (space.Arch, error) {
	if err := p.Limits.Validate(); err != nil {
		return space.Arch{}, err
	}
	f := &finder{ctx: ctx, p: p, rng: stream.New(seed, "feasible"), terms: p.Limits.terms(), costs: make(map[space.Arch]Cost), most: mostLooked / 2}
	for range randomStarts {
		starts = append(starts[:len(starts):len(starts)], p.Space.Random(f.rng))
	}
	for _, a := range starts {
		if c, err := f.cost(a); err != nil || p.Limits.Excess(c) == 0 {
			return a, err
		}
	}
	small := p.Space.Size() <= mostLooked
	if small {
		if a, ok, err := f.enumerate(); ok || err != nil {
			return a, err
		}
		return space.Arch{}, f.infeasible(fmt.Sprintf("all %d of the space", len(f.costs)))
	}
	if a, err := f.approach(starts); err != nil || f.distance(f.costs[a]) == 0 {
		return a, err
	}
	for _, t := range f.terms { // how far each can be met alone
		f.most += mostLooked / 2 / len(f.terms)
		for _, a := range starts {
			if _, err := f.descend(a, t.of); err != nil {
				return space.Arch{}, err
			}
		}
	}
	return space.Arch{}, f.infeasible(fmt.Sprintf("all %d that were looked at", len(f.costs)))
}

// finder is one search for an architecture within limits.
type finder struct {
	ctx   context.Context
	p     Problem
	rng   *rand.Rand
	terms []term
	costs map[space.Arch]Cost // of all that were looked at
	seen  []space.Arch        // their order
	most  int                 // to look at, for now
}

// cost returns what an architecture costs, and remembers it.
func (f *finder) cost(a space.Arch) (Cost, error) {
	if c, known := f.costs[a]; known {
		return c, nil
	}
	if err := f.ctx.Err(); err != nil {
		return Cost{}, err
	}
	c, err := f.p.Cost(a)
	if err != nil {
		return c, fmt.Errorf("cost of %s: %w", f.p.Space.Format(a), err)
	}
	f.costs[a] = c
	f.seen = append(f.seen, a)
	return c, nil
}

// distance is 0 within the limits, and grows with every ratio by which one is exceeded: a
// descent that looked at the worst alone would stand still where another could give way.
func (f *finder) distance(c Cost) float64 {
	sum := 0.0
	for _, t := range f.terms {
		if v := t.of(c); v > t.limit {
			sum += math.Log(v / t.limit)
		}
	}
	return sum
}

// enumerate looks through the space until an architecture is within the limits.
func (f *finder) enumerate() (found space.Arch, ok bool, err error) {
	for a := range f.p.Space.Enumerate {
		c, err := f.cost(a)
		if err != nil || f.p.Limits.Excess(c) == 0 {
			return a, err == nil, err
		}
	}
	return found, false, nil
}

// approach descends towards the limits from some architectures, then again and again from
// mutants of the nearest, until one is within, and returns the nearest.
func (f *finder) approach(starts []space.Arch) (nearest space.Arch, err error) {
	top := math.Inf(1)
	for i := range len(starts) + restarts {
		var from space.Arch
		if i < len(starts) {
			from = starts[i]
		} else {
			from = f.p.Space.Mutate(f.rng, nearest, shaken)
		}
		a, err := f.descend(from, f.distance)
		if err != nil {
			return a, err
		}
		if d := f.distance(f.costs[a]); d < top {
			nearest, top = a, d
		}
		if top == 0 || len(f.costs) >= f.most {
			break
		}
	}
	return nearest, nil
}

// descend moves from an architecture to a neighbour that is better, the first of all in
// random order, as long as there is one, what is to fall is above 0 and not too many were
// looked at, and returns where it ends.
func (f *finder) descend(a space.Arch, of func(Cost) float64) (space.Arch, error) {
	c, err := f.cost(a)
	if err != nil {
		return a, err
	}
	here := of(c)
	for moved := true; moved && here > 0; {
		moved = false
		around := f.p.Space.Neighbors(a)
		for _, i := range f.rng.Perm(len(around)) {
			if len(f.costs) >= f.most {
				break
			}
			c, err := f.cost(around[i])
			if err != nil {
				return a, err
			}
			if v := of(c); v < here {
				a, here, moved = around[i], v, true
				break
			}
		}
	}
	return a, nil
}

// infeasible names what comes nearest, and what cannot be met.
func (f *finder) infeasible(looked string) error {
	nearest := f.least(func(c Cost) float64 { return f.p.Limits.Excess(c) })
	cost := f.costs[nearest]
	var alone []string
	for _, t := range f.terms {
		a := f.least(t.of)
		if v := t.of(f.costs[a]); v > t.limit {
			which := "the same network"
			if a != nearest {
				which = f.p.Space.Format(a)
			}
			alone = append(alone, fmt.Sprintf("%s (%s)", t.figure(v), which))
		}
	}
	why := "each limit alone can be met, not all together"
	if len(alone) > 0 {
		why = "the least that any has is " + strings.Join(alone, ", ")
	}
	return fmt.Errorf("%w (%s): %s break them; the nearest is %s, which costs %s, and so breaks: %s; %s",
		ErrInfeasible, f.p.Limits, looked, f.p.Space.Format(nearest), cost, f.p.Limits.Broken(cost), why)
}

// least returns the first of all that were looked at that has the least of something.
func (f *finder) least(of func(Cost) float64) space.Arch {
	best := f.seen[0]
	for _, a := range f.seen {
		if of(f.costs[a]) < of(f.costs[best]) {
			best = a
		}
	}
	return best
}
