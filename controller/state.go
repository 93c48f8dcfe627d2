package controller

import (
	"fmt"
	"math"
	"slices"
)

// stateHead is the number of figures in a state before the vectors.
const stateHead = 5

// State returns all that Propose and Observe depend on: position in the random
// stream, updates, baseline, variance, Adam's step, then parameters and Adam's
// two moments, and last, only if the learning rate grows, the evaluations observed.
// Options and seed are not part of it, nor is Health.
func (r *Reinforce) State() []float64 {
	head := []float64{float64(r.calls), float64(r.updates), r.baseline, r.variance, float64(r.opt.step)}
	state := slices.Concat(head, r.policy.params(), r.opt.m, r.opt.v)
	if r.o.grows() {
		state = append(state, float64(r.spent))
	}
	return state
}

// SetState restores what State returned, of a strategy of the same space and options. A state
// of another length, and numbers that cannot be in one, are errors that change nothing.
func (r *Reinforce) SetState(state []float64) error {
	n := len(r.policy.params())
	want, counts := stateHead+3*n, []int{0, 1, 4}
	if r.o.grows() {
		counts = append(counts, want)
		want++
	}
	if len(state) != want {
		return fmt.Errorf("policy state has %d numbers, want %d: it belongs to another space, policy, hidden size or growth", len(state), want)
	}
	for i, v := range state {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("policy state: number %d is %v, want a finite one", i, v)
		}
	}
	for _, i := range counts {
		if v := state[i]; v < 0 || v >= 1<<53 || v != math.Trunc(v) {
			return fmt.Errorf("policy state: number %d is %v, want a count", i, v)
		}
	}
	if state[3] < 0 {
		return fmt.Errorf("policy state: number 3 is %v, want a variance", state[3])
	}
	r.calls, r.updates, r.opt.step = uint64(state[0]), int(state[1]), int(state[4])
	r.baseline, r.variance = state[2], state[3]
	vectors := state[stateHead:]
	copy(r.policy.params(), vectors[:n])
	copy(r.opt.m, vectors[n:2*n])
	copy(r.opt.v, vectors[2*n:3*n])
	if r.o.grows() {
		r.spent = int(vectors[3*n])
	}
	return nil
}
