package predictor

import (
	"cmp"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// graphSignals is how many numbers a graph has of its signals: three of each kind.
const graphSignals = 6

// signal is what lies behind a step's output in a network at initialisation, on average
// over the paths from the picture, each weighed by the variance that it brings.
type signal struct {
	variance float64
	depth    float64 // convolutions
	field    float64 // pixels that their kernels reach to one side, each on its own map: the mean of up and sideways
	pools    float64
}

// add joins a summand that is pooled and there n times.
func (a *signal) add(b signal, pools int, n float64) {
	v := b.variance * n * n
	if v == 0 {
		return
	}
	a.variance += v
	w := v / a.variance
	a.depth += w * (b.depth - a.depth)
	a.field += w * (b.field - a.field)
	a.pools += w * (b.pools + float64(pools) - a.pools)
}

// step sends it through a convolution or pool: a convolution puts out a variance of 1, by
// its norm, and a pool is taken to keep the variance.
func (a *signal) step(l space.Layer) {
	if l.Op != space.Conv {
		a.pools++
		return
	}
	a.variance = 1
	a.depth++
	p := l.Pad()
	a.field += float64(p.H+p.W) / 2
}

// signals are those of a step: carried through all of the network, and in a network in
// which each piece from cut to cut gets a variance of 1. In the first, what residual cells
// carry on outweighs what a late cell adds; in the second, all cells count alike.
type signals struct{ carried, renewed signal }

// summand is what a step puts out, in a sum: n times, after means of neighbours.
type summand struct {
	source, pools int
	n             float64
}

// flow follows signals through a plan. Steps of which nothing is known but that they sum
// and take means are written as sums of what convolutions, other pools and cuts put out,
// which are independent of each other: so how cells are written does not count.
type flow struct {
	of   []signals   // of each step that is a source; the picture is the last
	sums [][]summand // of each step, by source and pools
}

func newFlow(steps int) *flow {
	f := &flow{of: make([]signals, steps+1), sums: make([][]summand, steps)}
	f.of[steps] = signals{signal{variance: 1}, signal{variance: 1}}
	return f
}

// step follows the signals through step i.
func (f *flow) step(i int, s space.Step) {
	var in []summand
	for k, j := range s.In {
		switch {
		case k > 0 && s.Layer.Op == space.Scale: // a factor, not a summand
		case j < 0:
			in = append(in, summand{len(f.sums), 0, 1})
		default:
			in = append(in, f.sums[j]...)
		}
	}
	in = joined(in)
	switch l := s.Layer; {
	case l.Op == space.Zero:
	case l.Op == space.AvgPool && l.S == 1:
		for k := range in {
			in[k].pools++
		}
		f.sums[i] = in
	case l.Op == space.Conv || l.Op == space.MaxPool || l.Op == space.AvgPool:
		at := f.total(in)
		at.carried.step(l)
		at.renewed.step(l)
		f.of[i], f.sums[i] = at, []summand{{i, 0, 1}}
	default:
		f.sums[i] = in
	}
}

// joined sorts summands and joins equal ones, in place.
func joined(in []summand) []summand {
	slices.SortFunc(in, func(a, b summand) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.pools, b.pools))
	})
	k := 0
	for i := 1; i < len(in); i++ {
		if in[i].source == in[k].source && in[i].pools == in[k].pools {
			in[k].n += in[i].n
		} else {
			k++
			in[k] = in[i]
		}
	}
	return in[:min(k+1, len(in))]
}

// total returns the signals of a sum.
func (f *flow) total(sum []summand) signals {
	var out signals
	for _, t := range sum {
		out.carried.add(f.of[t.source].carried, t.pools, t.n)
		out.renewed.add(f.of[t.source].renewed, t.pools, t.n)
	}
	return out
}

// cut begins a new piece after step i; after zeros there is nothing to begin with.
func (f *flow) cut(i int) {
	if len(f.sums[i]) == 0 {
		return
	}
	at := f.total(f.sums[i])
	at.renewed.variance = 1
	f.of[i], f.sums[i] = at, []summand{{i, 0, 1}}
}

// numbers lists both kinds at step i.
func (f *flow) numbers(i int) []float64 {
	s := f.total(f.sums[i])
	var out []float64
	for _, a := range []signal{s.carried, s.renewed} {
		out = append(out, a.depth, a.field, a.pools)
	}
	return out
}
