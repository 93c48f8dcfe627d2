package bench

import (
	"context"
	"slices"
	"time"
)

// Effort is how long a device measures one thing.
type Effort struct {
	Warmup time.Duration // before anything counts
	Round  time.Duration // least length of a round; a round repeats the pass
	Rounds int
}

// DefaultEffort takes about 20 ms a measurement: with interquartile ranges of a
// few percent on a busy machine it ranks networks that differ by 5 %.
var DefaultEffort = Effort{Warmup: 3 * time.Millisecond, Round: time.Millisecond, Rounds: 15}

// LeastEffort takes under 2 ms a measurement, and is the least that a Pace asks
// for.
var LeastEffort = Effort{Warmup: 300 * time.Microsecond, Round: 300 * time.Microsecond, Rounds: 3}

// between returns the effort that is so much of the way, 0 to 1, from
// LeastEffort to DefaultEffort.
func between(share float64) Effort {
	mix := func(a, b time.Duration) time.Duration { return a + time.Duration(share*float64(b-a)) }
	lo, hi := LeastEffort, DefaultEffort
	return Effort{
		Warmup: mix(lo.Warmup, hi.Warmup),
		Round:  mix(lo.Round, hi.Round),
		Rounds: lo.Rounds + int(share*float64(hi.Rounds-lo.Rounds)),
	}
}

// Lasts returns about how long a measurement takes whose pass takes so many
// seconds, the making of the network left out.
func (m Effort) Lasts(pass float64) time.Duration {
	d := time.Duration(pass * float64(time.Second))
	return d + max(m.Warmup, d) + time.Duration(m.Rounds)*max(m.Round, d)
}

// measure times f in rounds of equal repetitions.
func (m Effort) measure(ctx context.Context, f func()) (Sample, error) {
	n := m.warm(f)
	rounds := make([]float64, 0, m.Rounds)
	for range m.Rounds {
		if err := ctx.Err(); err != nil {
			return Sample{}, err
		}
		start := time.Now()
		for range n {
			f()
		}
		rounds = append(rounds, time.Since(start).Seconds()/float64(n))
	}
	slices.Sort(rounds)
	at := func(q float64) float64 { return rounds[int(q*float64(len(rounds)-1)+0.5)] }
	return Sample{Median: at(0.5), Best: rounds[0], Low: at(0.25), High: at(0.75), Rounds: len(rounds)}, nil
}

// warm runs f for the warm-up time and returns how many runs make a round.
func (m Effort) warm(f func()) int {
	f() // makes memory
	start, runs := time.Now(), 0
	for runs == 0 || time.Since(start) < m.Warmup {
		f()
		runs++
	}
	each := time.Since(start) / time.Duration(runs)
	return max(1, int(m.Round/max(each, 1)))
}
