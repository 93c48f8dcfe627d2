package search

import (
	"context"
	"slices"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
)

// finished is a candidate with what training it on has brought.
type finished struct {
	candidate                   // as evaluated with inherited weights
	arm       *arm              // that brought it first
	index     int               // among the arm's candidates
	rungs     []rundir.Rung     // done so far
	net       *supernet.Network // after the last rung done; nil before the first
}

// last returns what the last rung found.
func (f *finished) last() rundir.Rung { return f.rungs[len(f.rungs)-1] }

// steps returns the optimiser steps of all rungs.
func (f *finished) steps() (n int) {
	for _, g := range f.rungs {
		n += g.Steps
	}
	return n
}

// seconds returns the time of training and evaluating on all rungs.
func (f *finished) seconds() (s float64) {
	for _, g := range f.rungs {
		s += g.Seconds
	}
	return s
}

// arm is a way to bring candidates: the search, or random search beside it.
type arm struct {
	name    string
	on      []*finished       // that are on the rung at hand
	count   int               // candidates so far
	more    chooser           // of further candidates; nil: none
	targets *supernet.Targets // of the arm's teacher; nil: none
}

// chooser chooses n further candidates after the first ones have been on a rung.
type chooser func(ctx context.Context, done []*finished, n int) ([]candidate, error)

func newArm(name string, all []candidate, more chooser) *arm {
	a := &arm{name: name, more: more}
	a.join(all, nil)
	return a
}

// join adds candidates to an arm and returns those that are new to it. One that
// another arm has too is the same network: it is trained once, for both.
func (a *arm) join(all []candidate, others []*arm) []*finished {
	first := len(a.on)
	for _, c := range all {
		f := &finished{candidate: c, arm: a, index: a.count}
		for _, o := range others {
			if k := slices.IndexFunc(o.on, func(g *finished) bool { return g.Arch == c.Arch }); k >= 0 {
				f = o.on[k]
			}
		}
		a.on = append(a.on, f)
		a.count++
	}
	return a.on[first:]
}

// promote keeps n of an arm's candidates for the next rung, by rising latency.
func (a *arm) promote(pick func(all []place, n int) []int, n int, value func(*finished) float64) {
	places := make([]place, len(a.on))
	for i, f := range a.on {
		places[i] = place{f.latency(), value(f)}
	}
	var next []*finished
	for _, i := range pick(places, n) {
		next = append(next, a.on[i])
	}
	a.on = next
}

// value returns what a score is worth: higher is better.
func (r *Run) value(accuracy, loss float64) float64 {
	if r.cfg.Search.By == config.ByAccuracy {
		return accuracy
	}
	return -loss
}
