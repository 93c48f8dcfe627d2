package kernel

import "time"

// exchange is what a hand-over is timed with: each of two chunks writes a piece
// of memory, or reads what the other wrote.
type exchange struct {
	pieces  [2][]float32
	reading bool
	read    [2]fetchedApart
}

type fetchedApart struct {
	fetched
	_ padding
}

// exchangeFloats is the size of a piece, that of a small map.
const exchangeFloats = 16 << 10

// Do implements Task.
func (x *exchange) Do(i, _ int) {
	if x.reading {
		x.read[i].fetch(x.pieces[1-i])
		return
	}
	for p := x.pieces[i]; len(p) >= lineFloats; p = p[lineFloats:] {
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
// not long ago.
func (p *Pool) HandOver() time.Duration {
	h := &p.handOver
	if h.asked++; h.cost > 0 && (h.asked%handOverAsked != 0 || time.Since(h.at) < handOverAge) {
		return h.cost
	}
	x := &h.exchange
	if x.pieces[0] == nil {
		x.pieces = [2][]float32{Floats(exchangeFloats), Floats(exchangeFloats)}
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
	h.cost, h.at = max(best, 1), time.Now()
	return h.cost
}
