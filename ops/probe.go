package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

const (
	probeShares = 32      // of work for each worker in one call, scheduled dynamically
	probeFloats = 1 << 20 // that a share of a stream walks over, about
	probeRounds = 5_000   // of multiply-adds in a share: a few tens of microseconds
	pageFloats  = 1 << 14 // memory of this size starts on a page, and so on a cache line
)

// Probe keeps all workers of an Exec busy with the simplest loops there are, so
// that the time of a call says what the machine can do at most. Each worker
// walks over memory of its own and goes on where its last share ended. A call
// moves some 128 MiB for each worker, or does multiply-adds for a millisecond. It
// counts as use of the Exec.
type Probe struct {
	e     *Exec
	n     int    // floats of each worker
	walks []walk // by worker
	do    func(p *Probe, w *walk)
}

// walk is a worker's memory, how far into it the worker is, and what it has done
// in this call, in bytes or operations.
type walk struct {
	x        []float32
	at, done int
	sums     [kernel.StreamRound]float32
	_        [64]byte
}

// NewProbe returns a probe whose workers walk over the given number of bytes
// each, all operands of a loop together, rounded down to what loops of one, two
// and three operands can share. A worker's memory is made when it first runs.
func NewProbe(e *Exec, bytes int) *Probe {
	const round = 6 * kernel.StreamRound
	return &Probe{e: e, n: max(1, bytes/4/round) * round, walks: make([]walk, e.Workers())}
}

// Bytes returns how much memory each worker walks over.
func (p *Probe) Bytes() int { return 4 * p.n }

// Read loads memory and returns how many bytes all workers loaded.
func (p *Probe) Read() (bytes int) { return p.run(walkRead) }

// Copy copies one half of the memory to the other and returns how many bytes all
// workers loaded and stored. What a store makes the caches load is not counted.
func (p *Probe) Copy() (bytes int) { return p.run(walkCopy) }

// Triad computes one third of the memory from the other two, y = x + a*z, and
// returns how many bytes all workers loaded and stored, counted as by Copy.
func (p *Probe) Triad() (bytes int) { return p.run(walkTriad) }

// PeakLoop does multiply-adds in registers and returns how many floating-point
// operations all workers did.
func (p *Probe) PeakLoop() (flops int) { return p.run(walkPeakLoop) }

func (p *Probe) run(do func(p *Probe, w *walk)) (done int) {
	for i := range p.walks {
		p.walks[i].done = 0
	}
	p.do = do
	p.e.run(probeShares*len(p.walks), (*probeTask)(p))
	for i := range p.walks {
		done += p.walks[i].done
	}
	return done
}

type probeTask Probe

// Do does one share of a worker's walk.
func (p *probeTask) Do(_, worker int) { p.do((*Probe)(p), &p.walks[worker]) }

func walkRead(p *Probe, w *walk) {
	x, passes := w.next(p.n, 1)
	p.e.vec.StreamRead(passes, x[0], &w.sums)
}

func walkCopy(p *Probe, w *walk) {
	x, passes := w.next(p.n, 2)
	p.e.vec.StreamCopy(passes, x[0], x[1])
}

func walkTriad(p *Probe, w *walk) {
	x, passes := w.next(p.n, 3)
	p.e.vec.StreamTriad(passes, 0.5, x[0], x[1], x[2])
}

func walkPeakLoop(p *Probe, w *walk) { w.done += p.e.eng.Set.PeakLoop(probeRounds) }

// next returns the next run of each of so many operands that share n floats,
// and how often to pass over it: short ones many times.
func (w *walk) next(n, operands int) (x [3][]float32, passes int) {
	if w.x == nil {
		w.x = make([]float32, max(n, pageFloats))[:n]
		for i := range w.x {
			w.x[i] = 1 // a page that was never written may be no memory at all
		}
	}
	length := n / operands
	share := probeFloats / operands
	count := (length + share - 1) / share
	if w.at >= length {
		w.at = 0
	}
	end := min(w.at+roundUp(length/count, kernel.StreamRound), length)
	for i := range operands {
		x[i] = w.x[i*length+w.at : i*length+end]
	}
	passes = max(1, share/length)
	w.done += 4 * operands * passes * (end - w.at)
	w.at = end
	return x, passes
}

// roundUp returns the least multiple of m that is at least n.
func roundUp(n, m int) int { return (n + m - 1) / m * m }
