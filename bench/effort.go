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
// few percent on a quiet machine it ranks networks that differ by 5 %.
var DefaultEffort = Effort{Warmup: 3 * time.Millisecond, Round: time.Millisecond, Rounds: 15}

// VisitEffort takes about 4 ms a measurement: that of one sweep over many things. Visits of it
// have the rounds of DefaultEffort.
var VisitEffort = Effort{Warmup: time.Millisecond, Round: time.Millisecond, Rounds: 3}

// LeastEffort takes under 2 ms a measurement, where there is no time for more.
var LeastEffort = Effort{Warmup: 300 * time.Microsecond, Round: 300 * time.Microsecond, Rounds: VisitEffort.Rounds}

// Visits is how many sweeps time a thing, each once all others had their turn. A processor that
// others share changes its speed for a tenth of a second and more; rounds in a row are all as
// slow as one of them, visits some time apart are not.
const Visits = 5

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
