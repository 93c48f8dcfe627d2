package truth

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// strata of equal width in log FLOPs, with as many architectures each.
	strata = 4
	// pooledDraws random architectures are drawn from; where they are rare,
	// mutations lead there.
	pooledDraws = 4096
	// climbSteps mutations look for the cheapest and for the dearest architecture.
	climbSteps = 4096
	// walkSteps mutations at most lead from a random architecture to a target.
	walkSteps = 1024
	// walkRate is the share of decisions that a mutation changes.
	walkRate = 0.1
	// nearTarget is how near to its target an architecture must come, as a share
	// of a stratum; nearer than strata are wide, so that each is filled evenly.
	nearTarget = 1. / 32
)

// Drawn is an architecture with its place on the scale of FLOPs.
type Drawn struct {
	Arch    space.Arch
	FLOPs   int64 // for one image
	Stratum int   // from 0, the cheapest
}

// Draw returns n different architectures whose FLOPs are spread evenly, on
// a logarithmic scale, between the cheapest and the dearest of the space. They
// alternate between strata and are a function of family and seed; fewer are the
// first of more.
func Draw(f space.Family, n int, seed uint64) ([]Drawn, error) {
	d := newStratified(f, seed)
	out := make([]Drawn, 0, n)
	for i := range n {
		a, ok := d.nearest(d.target(i))
		if !ok {
			return nil, fmt.Errorf("count is %d; want at most %d, the different architectures that were found", n, i)
		}
		out = append(out, a)
	}
	return out, nil
}

// stratified draws architectures by their FLOPs.
type stratified struct {
	family    space.Family
	rand      *rand.Rand
	low, high float64 // log FLOPs of the cheapest and the dearest
	pool      []Drawn
	used      map[space.Arch]bool
}

func newStratified(f space.Family, seed uint64) *stratified {
	d := &stratified{family: f, rand: stream.New(seed, "architectures trained alone"), used: map[space.Arch]bool{}}
	for range pooledDraws {
		d.pool = append(d.pool, d.random())
	}
	d.low, d.high = d.extreme(-1), d.extreme(1)
	for i := range d.pool {
		d.pool[i].Stratum = d.stratumOf(d.pool[i])
	}
	return d
}

func (d *stratified) random() Drawn { return d.measure(d.family.Space().Random(d.rand)) }

func (d *stratified) measure(a space.Arch) Drawn {
	return Drawn{Arch: a, FLOPs: d.family.Plan(a).FLOPs()}
}

// log returns the logarithm of an architecture's FLOPs.
func (a Drawn) log() float64 { return math.Log(float64(max(a.FLOPs, 1))) }

// extreme returns the least (side -1) or largest (side 1) log FLOPs that climbing
// from the most extreme of the pool finds.
func (d *stratified) extreme(side float64) float64 {
	best := d.pool[0]
	for _, a := range d.pool {
		if side*a.log() > side*best.log() {
			best = a
		}
	}
	for range climbSteps {
		if m := d.mutant(best); side*m.log() >= side*best.log() {
			best = m
		}
	}
	return best.log()
}

func (d *stratified) mutant(a Drawn) Drawn {
	return d.measure(d.family.Space().Mutate(d.rand, a.Arch, walkRate))
}

func (d *stratified) width() float64 { return (d.high - d.low) / strata }

func (d *stratified) stratumOf(a Drawn) int {
	if d.width() == 0 {
		return 0
	}
	return min(max(int((a.log()-d.low)/d.width()), 0), strata-1)
}

// target returns the log FLOPs wanted of architecture i: strata take turns, and
// within each the places of van der Corput's sequence, which fill it evenly
// however many there are.
func (d *stratified) target(i int) float64 {
	place := float64(bits.Reverse32(uint32(i/strata+1))) / (1 << 32)
	return d.low + d.width()*(float64(i%strata)+place)
}

// nearest takes the unused architecture nearest to a target: one of the pool, or
// where none is near enough also one that a walk finds.
func (d *stratified) nearest(target float64) (Drawn, bool) {
	best := d.unused(target)
	if best < 0 || math.Abs(d.pool[best].log()-target) > nearTarget*d.width() {
		d.walk(target)
		best = d.unused(target)
	}
	if best < 0 {
		return Drawn{}, false
	}
	d.used[d.pool[best].Arch] = true
	return d.pool[best], true
}

// unused returns the index of the unused architecture of the pool nearest to a
// target, -1 if there is none.
func (d *stratified) unused(target float64) int {
	best, gap := -1, math.Inf(1)
	for i, a := range d.pool {
		if g := math.Abs(a.log() - target); g < gap && !d.used[a.Arch] {
			best, gap = i, g
		}
	}
	return best
}

// walk mutates a random architecture towards a target and adds where it gets to
// to the pool.
func (d *stratified) walk(target float64) {
	a := d.random()
	for range walkSteps {
		if math.Abs(a.log()-target) <= nearTarget*d.width() && !d.used[a.Arch] {
			break
		}
		if m := d.mutant(a); math.Abs(m.log()-target) <= math.Abs(a.log()-target) {
			a = m
		}
	}
	a.Stratum = d.stratumOf(a)
	d.pool = append(d.pool, a)
}
