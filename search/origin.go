package search

import (
	"slices"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/supernet/space"
)

// The origins of finished networks.
const (
	originSearch = "search" // proposed by the strategy in a round
	originSample = "sample" // among the first samples of the predictor, which are drawn at random
	originRandom = "random" // drawn by the random arm
	originGiven  = "given"  // no search had to find it: see Run.given
)

// origin tells how an architecture came to be a candidate of an arm; armBoth counts as
// the search.
func (r *Run) origin(a space.Arch, arm string, out *outcome) string {
	switch {
	case slices.Contains(r.given(), a):
		return originGiven
	case arm == armRandom:
		return originRandom
	case slices.ContainsFunc(out.samples[:out.first], func(t controller.Trial) bool { return t.Arch == a }):
		return originSample
	default:
		return originSearch
	}
}
