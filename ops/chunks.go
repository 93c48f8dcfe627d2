package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

const (
	minChunk  = 1 << 14 // floats: smaller chunks are not worth a fork and join
	maxChunks = 64
)

// parts returns the least number of parts of at most size that n can be cut into.
func parts(n, size int) int { return (n + size - 1) / size }

// chunks is a run of floats cut for the workers. It depends on
// sizes only, never on the number of workers.
type chunks struct{ total, size int }

// cut cuts total floats into chunks of whole periods.
func cut(total, period int) chunks {
	size := max(minChunk, parts(total, maxChunks))
	return chunks{total, parts(size, period) * period}
}

func (c chunks) count() int { return parts(c.total, c.size) }

// bounds returns where chunk i starts and ends.
func (c chunks) bounds(i int) (lo, hi int) {
	lo = i * c.size
	return lo, min(lo+c.size, c.total)
}

// run runs the n chunks of t on the workers.
func (e *Exec) run(n int, t kernel.Task) { e.eng.Pool.Run(n, t) }

// periodic returns v repeated to the period of its length.
func (e *Exec) periodic(v []float32) []float32 {
	p := e.mem.floats(kernel.Period(len(v)))
	kernel.Repeat(p, v)
	return p
}

// fold adds the repetitions of dst's channels in the partial sums of all
// chunks, in a fixed order and in float64.
func fold(dst []float64, partial []float32) {
	clear(dst)
	for c := len(dst); len(partial) >= c; partial = partial[c:] {
		for i, v := range partial[:c] {
			dst[i] += float64(v)
		}
	}
}

// channels is float64 scratch for one operation's per-channel figures.
type channels struct{ mean, vars, first, second []float64 }

// channels returns the scratch sized for c channels, contents undefined.
func (e *Exec) channels(c int) *channels {
	for _, v := range [...]*[]float64{&e.ch.mean, &e.ch.vars, &e.ch.first, &e.ch.second} {
		if cap(*v) < c {
			*v = make([]float64, c)
		}
		*v = (*v)[:c]
	}
	return &e.ch
}
