package bench_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/bench/nets"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// input is the shape of the pictures that a network is timed on.
type input struct{ channels, size int }

func (in input) String() string { return fmt.Sprintf("%dx%dx%d", in.channels, in.size, in.size) }

var inputs = []input{{1, 28}, {3, 32}}

// trainBatch is the number of pictures in a training step.
const trainBatch = 64

// BenchmarkTrain times training steps, forward, backward and SGD, of batches of
// 64 pictures, without a loader. Names read Train/NETWORK/INPUT/w1. The sandwich
// trains the largest subnet on the labels, and the smallest and two random ones
// on its softmax, other random ones from step to step; each picture counts once
// a step.
//
//	images/s  of the median step
//	B/op      0: steps allocate nothing once they have met their subnets
func BenchmarkTrain(b *testing.B) {
	for _, in := range inputs {
		batch := nets.RandomBatch(trainBatch, in.channels, in.size, 1)
		for _, e := range newExecs(b) {
			run := func(name string, make func() *cycle) {
				b.Run(fmt.Sprintf("%s/%s/w%d", name, in, e.Workers()), func(b *testing.B) { benchTrain(b, make()) })
			}
			c := newConv6(b, in)
			run("conv6", func() *cycle { return trainViews(e, batch, supernet.New(c, 1), [][]space.Arch{{c.Arch()}}) })
			f := newOFA32(b, in)
			for _, s := range []struct {
				name  string
				steps [][]space.Arch
			}{
				{"ofa32-max", [][]space.Arch{{f.Extremes().Largest}}},
				{"ofa32-min", [][]space.Arch{{f.Extremes().Smallest}}},
				{"ofa32-random", [][]space.Arch{{f.Drawn()}}},
				{"ofa32-sandwich", f.Sandwiches()},
			} {
				run(s.name, func() *cycle { return trainViews(e, batch, supernet.New(f, 1), s.steps) })
			}
		}
	}
}

func benchTrain(b *testing.B, c *cycle) {
	for range len(c.steps) {
		c.step()
	}
	settle(c.step)
	b.ReportAllocs()
	times := timeLoop(b, max(leastRounds, len(c.steps)), c.step)
	b.ReportMetric(trainBatch/median(times), "images/s")
}

// BenchmarkInference times networks with folded batch norms. Names read
// Inference/NETWORK/INPUT/b1/w1.
//
//	µs/image  of the median pass
//	B/op      0
func BenchmarkInference(b *testing.B) {
	for _, in := range inputs {
		for _, s := range servedNets(b, in) {
			for _, n := range []int{1, 64} {
				batch := nets.RandomBatch(n, in.channels, in.size, 1)
				for _, e := range newExecs(b) {
					b.Run(fmt.Sprintf("%s/%s/b%d/w%d", s.name, in, n, e.Workers()), func(b *testing.B) {
						benchInference(b, e, s.plan, batch)
					})
				}
			}
		}
	}
}

// servedNet is a network to run.
type servedNet struct {
	name string
	plan space.Plan
}

func servedNets(b *testing.B, in input) []servedNet {
	c, f := newConv6(b, in), newOFA32(b, in)
	return []servedNet{
		{"conv6", c.Plan(c.Arch())},
		{"ofa32-max", f.Plan(f.Extremes().Largest)},
		{"ofa32-min", f.Plan(f.Extremes().Smallest)},
		{"ofa32-random", f.Plan(f.Drawn())},
	}
}

func benchInference(b *testing.B, e *ops.Exec, p space.Plan, batch *data.Batch) {
	s, err := nets.Serve(p)
	if err != nil {
		b.Fatal(err)
	}
	run := func() {
		e.Begin(false)
		s.Forward(e, e.Input(batch.N, batch.H, batch.W, batch.C, batch.X))
	}
	settle(run)
	b.ReportAllocs()
	times := timeLoop(b, leastRounds, run)
	b.ReportMetric(1e6*median(times)/float64(batch.N), "µs/image")
}

// settle runs f until it allocates nothing: the second run finds the memory that
// the first one asked for, and a worker that was late makes its own when it first
// takes part. What still allocates after a hundred runs is left to show.
func settle(f func()) {
	var before, after runtime.MemStats
	for range 100 {
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		if after.Mallocs == before.Mallocs {
			return
		}
	}
}

// timeLoop runs f for the benchmark's time and at least so many rounds.
func timeLoop(b *testing.B, least int, f func()) []time.Duration {
	times := make([]time.Duration, 0, 1<<16)
	sample := func() {
		start := time.Now()
		f()
		if t := time.Since(start); len(times) < cap(times) { // growing would count as the step's bytes
			times = append(times, t)
		}
	}
	for b.Loop() {
		sample()
	}
	for len(times) < least {
		sample()
	}
	b.ReportMetric(median(times)*1e9, "ns/op")
	return times
}

// cycle is a number of training steps that take turns.
type cycle struct {
	training *nets.Training
	batch    *data.Batch
	steps    [][]*nets.View
	next     int
}

func (c *cycle) step() {
	c.training.Step(c.batch, c.steps[c.next])
	c.next = (c.next + 1) % len(c.steps)
}

func trainViews(e *ops.Exec, batch *data.Batch, n *supernet.Net, steps [][]space.Arch) *cycle {
	c := &cycle{training: nets.NewTraining(e, n.Params()), batch: batch}
	for _, archs := range steps {
		var views []*nets.View
		for _, a := range archs {
			views = append(views, nets.ViewOf(n, a))
		}
		c.steps = append(c.steps, views)
	}
	return c
}

func newConv6(b testing.TB, in input) *space.Fixed {
	b.Helper()
	f, err := nets.NewConv6(in.channels, in.size)
	if err != nil {
		b.Fatal(err)
	}
	return f
}

func newOFA32(b testing.TB, in input) *nets.OFA32 {
	b.Helper()
	f, err := nets.NewOFA32(in.channels, in.size)
	if err != nil {
		b.Fatal(err)
	}
	return f
}
