package kernel

import (
	"math/bits"
	"time"
)

// exchange is the task that fork and join are timed with: each worker writes a buffer, or
// reads what the next one wrote.
type exchange struct {
	buffers []exchangeBuffer
	reading bool
}

type exchangeBuffer struct {
	floats []float32
	fetched
	_ padding
}

// exchangeFloats is the size of a buffer: about what of a small map changes cores from
// one layer to the next, where each worker reads mostly what it wrote itself.
const exchangeFloats = 4 << 10

// Do implements Task.
func (x *exchange) Do(i, _ int) {
	if x.reading {
		x.buffers[i].read(x.buffers[(i+1)%len(x.buffers)].floats)
		return
	}
	for p := x.buffers[i].floats; len(p) >= lineFloats; p = p[lineFloats:] {
		p[0]++
	}
}

const (
	forkJoinRounds = 8
	forkJoinAge    = 250 * time.Millisecond
	forkJoinAsked  = 512 // times between two looks at the clock
)

// forkJoin is what it costs to fork a task to the workers, to read what other cores wrote
// before, and to join. It is measured now and then: on a virtual machine it changes by
// several times, as the host moves the processors.
type forkJoin struct {
	exchange exchange
	asked    int
	at       time.Time
	cost     time.Duration
}

// ForkJoinCost returns about how long fork and join of a task take, the best of a few trials
// not long ago, down to a power of two nanoseconds: so chunks, and the memory that
// they need, seldom change.
func (p *Pool) ForkJoinCost() time.Duration {
	h := &p.forkJoin
	if h.asked++; h.cost > 0 && (h.asked%forkJoinAsked != 0 || time.Since(h.at) < forkJoinAge) {
		return h.cost
	}
	x := &h.exchange
	for len(x.buffers) < p.workers {
		x.buffers = append(x.buffers, exchangeBuffer{floats: Floats(exchangeFloats)})
	}
	var best time.Duration
	for range forkJoinRounds {
		start := time.Now()
		x.reading = false
		p.Run(len(x.buffers), x)
		x.reading = true
		p.Run(len(x.buffers), x)
		if d := time.Since(start) / 2; best == 0 || d < best {
			best = d
		}
	}
	h.cost, h.at = powerBelow(best), time.Now()
	return h.cost
}

// powerBelow returns the largest power of two that is not above d, at least one.
func powerBelow(d time.Duration) time.Duration { return 1 << max(0, bits.Len64(uint64(d))-1) }
