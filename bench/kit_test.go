package bench_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/ops"
)

// TestMain gives each benchmark 30 ms instead of a second unless -benchtime says
// otherwise: there are more than a thousand.
func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.benchtime" })
	if !chosen {
		if err := flag.Set("test.benchtime", "30ms"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}

// leastRounds is how often a thing is timed at least, however long it takes.
const leastRounds = 5

// newExec returns an Exec that ends with the benchmark.
func newExec(b testing.TB, kernel string, workers int) *ops.Exec {
	b.Helper()
	e, err := ops.NewExec(ops.Config{Kernel: kernel, Workers: workers})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(e.Close)
	return e
}

// newExecs returns an Exec of one worker and, if the machine has them, of two.
func newExecs(b testing.TB) []*ops.Exec {
	execs := []*ops.Exec{newExec(b, "", 1)}
	if runtime.GOMAXPROCS(0) > 1 {
		execs = append(execs, newExec(b, "", 2))
	}
	return execs
}

func layers(b testing.TB) []bench.Layer {
	b.Helper()
	ls, err := bench.Layers()
	if err != nil {
		b.Fatal(err)
	}
	return ls
}

// flushBytes is more than the last-level cache of one group of cores.
const flushBytes = 64 << 20

// flush returns a function that fills the caches of e's workers with other data
// and leaves the workers awake.
func flush(e *ops.Exec) func() {
	p := ops.NewProbe(e, flushBytes)
	return func() { p.Read() }
}

// random returns n uniform numbers in -1..1.
func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = 2*r.Float32() - 1
	}
	return x
}

// median returns the median in seconds.
func median(times []time.Duration) float64 {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2].Seconds()
}

// pairs times two things in turns, so that a change of the machine's speed meets
// both.
type pairs struct {
	run   [2]func()
	times [2][]time.Duration
}

func newPairs(first, second func()) *pairs {
	p := &pairs{run: [2]func(){first, second}}
	first()
	second()
	return p
}

// round times both once; the order changes from round to round.
func (p *pairs) round() {
	n := len(p.times[0])
	for i := range 2 {
		k := (i + n) % 2
		start := time.Now()
		p.run[k]()
		p.times[k] = append(p.times[k], time.Since(start))
	}
}

// loop runs rounds for the benchmark's time, and enough for a ratio.
func (p *pairs) loop(b *testing.B) {
	for b.Loop() {
		p.round()
	}
	for len(p.times[0]) < 2*leastRounds {
		p.round()
	}
}

// median returns the median time of the first (0) or the second (1), in seconds.
func (p *pairs) median(which int) float64 { return median(p.times[which]) }

// best returns the shortest time of the first (0) or the second (1), in seconds.
func (p *pairs) best(which int) float64 { return slices.Min(p.times[which]).Seconds() }

// ratio returns the median over the rounds of the first's time by the second's.
func (p *pairs) ratio() float64 {
	var r []float64
	for i, t := range p.times[0] {
		r = append(r, t.Seconds()/p.times[1][i].Seconds())
	}
	slices.Sort(r)
	return r[len(r)/2]
}
