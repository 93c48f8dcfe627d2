package latency

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
)

// blurred is a device whose whole networks take more or less than a model can know, always the same.
type blurred struct {
	*sundial
	by float64 // standard deviation, as a share
}

// Time implements bench.Device.
func (b blurred) Time(ctx context.Context, p space.Plan, e bench.Effort) (bench.Sample, error) {
	s, err := b.sundial.Time(ctx, p, e)
	if len(p) > 1 {
		f := 1 + b.by*rand.New(rand.NewPCG(uint64(p.FLOPs()), uint64(p.Params()))).NormFloat64()
		s.Median, s.Best, s.Low, s.High = s.Median*f, s.Best*f, s.Low*f, s.High*f
	}
	return s, err
}

// learntOn returns latencies of the default space on such a device, per picture of a batch, and architectures that they
// have not learnt from.
func learntOn(t *testing.T, by float64, batch int) (*Model, []space.Arch) {
	t.Helper()
	d := blurred{newSundial(fast), by}
	l := on(t, d.sundial, filepath.Join(t.TempDir(), "latency.json"))
	l.device, l.batch = d, batch
	learn(t, l, probing(0))
	return l, l.draw(120, 7)[60:]
}

// doubted returns how many of the architectures have doubtful latencies.
func doubted(t *testing.T, l *Model, archs []space.Arch, limits controller.Limits) (n int) {
	t.Helper()
	for _, a := range archs {
		is, err := l.Doubtful(a, limits)
		if err != nil {
			t.Fatal(err)
		}
		if is {
			n++
		}
	}
	return n
}

// Where networks take what a model can know nothing is doubtful but what is near a limit; where they take more or
// less than that, everything; and the more so the less it was right about networks that it had not seen.
func TestDoubtIsAboutWhatAModelCanKnow(t *testing.T) {
	const batch = 4
	exact, archs := learntOn(t, 0.02, batch)
	if n := doubted(t, exact, archs, controller.Limits{}); n > len(archs)/10 {
		t.Errorf("%d of %d are doubtful, of networks that take what was predicted", n, len(archs))
	}
	if r := exact.Reliance; r.Relied < 17 || r.ReliedWithin < r.Relied-1 {
		t.Errorf("%s; want nearly all of the networks held out", r)
	}
	near, err := exact.Predict(archs[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []float64{near, 1.001 * near} {
		if doubted(t, exact, archs[:1], controller.Limits{Latency: limit}) != 1 {
			t.Errorf("nobody doubts that %v s meet a limit of %v s", near, limit)
		}
	}
	for _, limit := range []float64{near / 2, 2 * near, near * batch} {
		if doubted(t, exact, archs[:1], controller.Limits{Latency: limit}) != 0 {
			t.Errorf("it is doubtful whether %v s meet a limit of %v s", near, limit)
		}
	}
	blurs, archs := learntOn(t, 0.2, batch)
	if n := doubted(t, blurs, archs, controller.Limits{}); n != len(archs) {
		t.Errorf("%d of %d are doubtful, of networks that take 20 %% more or less than a model can know; want all", n, len(archs))
	}
	if r := blurs.Reliance; r.Relied > 0 || r.Doubted != 19 {
		t.Errorf("%s; want none relied on", r)
	}
	exact.stretch *= 100
	if n := doubted(t, exact, archs, controller.Limits{}); n != len(archs) {
		t.Errorf("%d of %d are doubtful where predictions were 100 times as wrong as they said; want all", n, len(archs))
	}
}

// What a network takes by layers that were not measured is doubtful, if it is more than a tenth of it.
func TestEstimatedLayersAreDoubtful(t *testing.T) {
	l, archs := learntOn(t, 0.01, 1)
	a := archs[0]
	if doubted(t, l, archs[:1], controller.Limits{}) != 0 {
		t.Fatal("the latency is doubtful with all layers measured")
	}
	whole := l.table
	plan := l.family.Plan(a)
	for _, x := range plan {
		l.table = bench.NewTable(l.device)
		var others []space.Layer
		for _, y := range plan {
			if y.Layer != x.Layer {
				others = append(others, y.Layer)
			}
		}
		if err := l.table.Measure(context.Background(), others); err != nil {
			t.Fatal(err)
		}
		l.table.Estimate([]space.Layer{x.Layer})
		share := l.table.Guessed(plan)
		s, _ := l.table.Lookup(x.Layer)
		own, _ := whole.Lookup(x.Layer)
		if share <= 0 || share > 1 || s <= 0 || own <= 0 {
			t.Fatalf("%v: %v of the plan is guessed, %v s of %v", x.Layer, share, s, own)
		}
		if got := doubted(t, l, archs[:1], controller.Limits{}) == 1; got != (share > predictor.RelianceWidth) {
			t.Errorf("%v, estimated, is %.2f of the time: doubtful %v", x.Layer, share, got)
		}
	}
	l.table = whole
	if got := l.table.Guessed(plan); got != 0 {
		t.Errorf("%v of what was measured is guessed", got)
	}
}

// With a probe its latency and energy are doubted or not, whatever is known of own kernels.
func TestDoubtIsAboutTheProbe(t *testing.T) {
	own, archs := learntOn(t, 0.2, 1)
	noise := 0.0 // of energy
	f := &formula{of: func(p space.Plan) bench.Reading {
		r := elsewhere(p)
		r.Joules *= 1 + noise*rand.New(rand.NewPCG(uint64(p.FLOPs()), uint64(p.Params()))).NormFloat64()
		return r
	}}
	for _, c := range []struct {
		noise  float64
		limits func(bench.Reading) controller.Limits
		want   bool
	}{
		{0, func(bench.Reading) controller.Limits { return controller.Limits{} }, false},
		{0, func(r bench.Reading) controller.Limits { return controller.Limits{Latency: r.Seconds} }, true},
		{0, func(r bench.Reading) controller.Limits { return controller.Limits{Energy: r.Joules} }, true},
		{0, func(r bench.Reading) controller.Limits {
			return controller.Limits{Energy: r.Seconds, Latency: r.Joules}
		}, false},
		{0.3, func(bench.Reading) controller.Limits { return controller.Limits{} }, true},
	} {
		noise = c.noise
		p, err := OpenProbes(filepath.Join(t.TempDir(), "probes.csv"), f, own)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Learn(t.Context(), 20, 1, unheard); err != nil {
			t.Fatal(err)
		}
		limits := c.limits(p.predict(archs[0]))
		if got := doubted(t, own, archs[:1], limits) == 1; got != c.want {
			t.Errorf("energy off by %v, limits %v: doubtful %v", c.noise, limits, got)
		}
		if r := p.Reliance(); r.Relied+r.Doubted != 20 || r.Relied < 18 {
			t.Errorf("%s; want nearly all latencies of 20 networks relied on", r)
		}
	}
}
