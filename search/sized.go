package search

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/supernet/space"
)

// sized is what an architecture is worth before any network was trained alone: half
// of it is what the supernet says, the other half what its size lets expect. A supernet of
// a few minutes ranks no better than counting operations, and both together better
// than either (docs/log/fidelity.md).
type sized struct {
	flops func(space.Arch) int64
	// What size lets expect: a line in the logarithm of FLOPs, as steep as the
	// targets of the first samples are wide.
	mean, slope, centre float64
}

// newSized fits the line to architectures and their targets.
func newSized(archs []space.Arch, targets []float64, flops func(space.Arch) int64) *sized {
	logs := make([]float64, len(archs))
	for i, a := range archs {
		logs[i] = math.Log(float64(flops(a)))
	}
	s := &sized{flops: flops, mean: stat.Mean(targets, nil), centre: stat.Mean(logs, nil)}
	if len(archs) > 1 {
		if width := stat.StdDev(logs, nil); width > 0 {
			s.slope = stat.StdDev(targets, nil) / width
		}
	}
	return s
}

// score returns the worth of an architecture with this target, in its unit. A nil
// sized, as before the first samples, knows no size.
func (s *sized) score(a space.Arch, target float64) float64 {
	if s == nil {
		return target
	}
	expected := s.mean + s.slope*(math.Log(float64(s.flops(a)))-s.centre)
	return (target + expected) / 2
}

// inherited returns what an evaluated architecture is worth before any network was
// trained alone: higher is better.
func (r *Run) inherited(t controller.Trial) float64 { return r.sized.score(t.Arch, r.target(t)) }

// triedFirst is added to the worth of networks of one width: more than scores differ by.
const triedFirst = 1000

// early is the worth by which candidates are chosen for the first rung. What a person would
// try first has to show there what it can do: among the subnets that a supernet trains
// networks of one width without skips are rare, and inherited scores are unfair to them. Of
// two in one slot the more promising one is tried: beside it the faster one, which differs by
// less than a slot in latency, is hardly ever handed over.
func (r *Run) early(t controller.Trial) float64 {
	switch {
	case !slices.Contains(r.family.Extremes().Uniform, t.Arch):
		return r.inherited(t)
	case r.state.ByWorth:
		return triedFirst + r.inherited(t)
	default: // as an earlier version began: the fastest of a slot
		return math.Inf(1)
	}
}

// settleEarly notes how given networks are compared, that reach is not about measured latencies, and that
// only doubtful ones of contenders are measured, before candidates are chosen. A run of which an earlier version has chosen them goes on with these.
func (r *Run) settleEarly() error {
	for _, rule := range []*bool{&r.state.ByWorth, &r.state.ReachPredicted, &r.state.DoubtfulOnly} {
		if err := r.takeUp(rule, len(r.logged[armFinal]) == 0); err != nil {
			return err
		}
	}
	return nil
}

// flops returns the FLOPs of an architecture for one image.
func (r *Run) flops(a space.Arch) int64 { return r.family.Plan(a).FLOPs() }
