package predictor

import (
	"fmt"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Features turns an architecture into numbers: always as many, best 0/1 with
// all zeros where a decision is not made, as space.Space.Features does.
type Features func(space.Arch) []float64

// Inputs are what models may look at.
type Inputs struct {
	Features Features                    // needed by "fm", "ridge" and "gp"
	FLOPs    func(space.Arch) float64    // needed by "flops"; "fm" adds its logarithm to the features when set
	Params   func(space.Arch) float64    // needed by "params"; "fm" adds its logarithm to the features when set
	Plan     func(space.Arch) space.Plan // what "gp" reads paths, operations and sizes from; nil: it knows the features only

	memory *memory // of graphs; nil: none
}

// FamilyInputs returns all inputs of a family: the features of its space, and
// FLOPs and parameters of its plans.
func FamilyInputs(f space.Family) Inputs {
	return Inputs{
		Features: f.Space().Features,
		FLOPs:    func(a space.Arch) float64 { return float64(f.Plan(a).FLOPs()) },
		Params:   func(a space.Arch) float64 { return float64(f.Plan(a).Params()) },
		Plan:     f.Plan,
	}
}

// Options steer the fit; the zero value is ready to use.
type Options struct {
	Seed    uint64
	Ranks   []int // ranks that "fm" chooses from by cross-validation; 0 is the additive model; nil means 0, 4 and 8
	Warp    Warp  // scale on which "fm", "gp" and "blend" model their target
	Workers int   // goroutines of a fit or prediction; 0 means one per processor. No result depends on it
}

// newEncoder returns the encoder of the inputs: features, then the logarithms
// of the sizes that are given.
func newEncoder(in Inputs) encoder {
	e := encoder{features: in.Features}
	if in.FLOPs != nil || in.Params != nil {
		e.extras = in.logSizes
	}
	return e
}

func (in Inputs) logSizes(a space.Arch) []float64 {
	var out []float64
	for _, size := range []func(space.Arch) float64{in.FLOPs, in.Params} {
		if size != nil {
			out = append(out, math.Log(size(a)))
		}
	}
	return out
}

// count returns how many extras the inputs give.
func (in Inputs) count() int {
	n := 0
	if in.FLOPs != nil {
		n++
	}
	if in.Params != nil {
		n++
	}
	return n
}

// warps returns the scales to choose from; the target's own comes first.
func (o Options) warps() []Warp {
	if o.Warp == WarpAuto {
		return []Warp{WarpNone, WarpRanks}
	}
	return []Warp{o.Warp}
}

// maxRank bounds the ranks that may be asked for.
const maxRank = 64

func (o Options) check() error {
	for i, r := range o.Ranks {
		if r < 0 || r > maxRank {
			return fmt.Errorf("Options.Ranks[%d] is %d; want 0 to %d", i, r, maxRank)
		}
	}
	if err := o.Warp.Validate(); err != nil {
		return fmt.Errorf("Options.Warp: %w", err)
	}
	return nil
}

// ranks returns the candidate ranks, ascending.
func (o Options) ranks() []int {
	if len(o.Ranks) == 0 {
		return []int{0, 4, 8}
	}
	r := slices.Clone(o.Ranks)
	slices.Sort(r)
	return slices.Compact(r)
}
