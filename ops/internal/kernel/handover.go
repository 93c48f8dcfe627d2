package kernel

import (
	"math/bits"
	"time"
)

// exchange is what a hand-over is timed with: each worker writes a piece of memory,
// or reads what the next one wrote.
type exchange struct {
	pieces  []piece
	reading bool
}

type piece struct {
	floats []float32
	fetched
	_ padding
}

// exchangeFloats is the size of a piece: about what of a small map changes cores from
// one layer to the next, where each worker reads mostly what it wrote itself.
const exchangeFloats = 4 << 10

// Do implements Task.
func (x *exchange) Do(i, _ int) {
	if x.reading {
		x.pieces[i].read(x.pieces[(i+1)%len(x.pieces)].floats)
		return
	}
	for p := x.pieces[i].floats; len(p) >= lineFloats; p = p[lineFloats:] {
		p[0]++
	}
}

const (
	handOverRounds = 8
	handOverAge    = 250 * time.Millisecond
	handOverAsked  = 512 // times between two looks at the clock
)

// handOver is how long workers take to share a task and to get at what the others
// wrote before. It is measured now and then: on a virtual machine it changes by
// several times, as the host moves the processors.
type handOver struct {
	exchange exchange
	asked    int
	at       time.Time
	cost     time.Duration
}

// HandOver returns about how long sharing a task takes, the best of a few trials
// not long ago, down to a power of two nanoseconds: so chunks, and the memory that
// they need, seldom change.
func (p *Pool) HandOver() time.Duration {
	h := &p.handOver
	if h.asked++; h.cost > 0 && (h.asked%handOverAsked != 0 || time.Since(h.at) < handOverAge) {
		return h.cost
	}
	x := &h.exchange
	for len(x.pieces) < p.workers {
		x.pieces = append(x.pieces, piece{floats: Floats(exchangeFloats)})
	}
	var best time.Duration
	for range handOverRounds {
		start := time.Now()
		x.reading = false
		p.Run(len(x.pieces), x)
		x.reading = true
		p.Run(len(x.pieces), x)
		if d := time.Since(start) / 2; best == 0 || d < best {
			best = d
		}
	}
	h.cost, h.at = powerBelow(best), time.Now()
	return h.cost
}

// powerBelow returns the largest power of two that is not above d, at least one.
func powerBelow(d time.Duration) time.Duration { return 1 << max(0, bits.Len64(uint64(d))-1) }
