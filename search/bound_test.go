package search

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Under a limit the supernet is trained on architectures that meet it, and the
// largest mixture of the slices that does teaches them.
func TestSupernetIsTrainedWithinTheLimits(t *testing.T) {
	w := newWorld(t, asPredicted)
	o := w.spelt()
	w.cfg.Limits.Latency = time.Duration(1e9 * w.quantile(0.8, func(a space.Arch) float64 { return w.measured[a] / 4 }))
	r := w.open("run")
	l, err := r.latencies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := r.bound(l); err != nil {
		t.Fatal(err)
	}
	f := w.family
	fits := func(a space.Arch) bool {
		c, err := l.Cost(a)
		return err == nil && c.Latency <= w.cfg.Limits.Latency.Seconds()
	}
	if given := r.given(); given[0] != r.largest() {
		t.Errorf("%s is given; want the largest within the limits", f.Space().Format(given[0]))
	}
	flops := func(a space.Arch) int64 { return f.Plan(a).FLOPs() }
	largest := r.largest()
	if largest == f.Extremes().Largest || !fits(largest) {
		t.Fatalf("largest is %s", f.Space().Format(largest))
	}
	for a := range f.Space().Enumerate {
		mixture := true
		for i := range a.Len() {
			mixture = mixture && (a.Gene(i) == f.Extremes().Largest.Gene(i) || a.Gene(i) == f.Extremes().Narrow.Gene(i))
		}
		if mixture && fits(a) && flops(a) > flops(largest) {
			t.Errorf("%s is larger than %s", f.Space().Format(a), f.Space().Format(largest))
		}
	}
	if err := r.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := supernet.NewSampler("sandwich", f.Space(), supernet.SamplerOptions{Narrow: f.Extremes().Narrow, Max: largest, Random: 3, Between: 0.4, Alone: 4, Stratify: true, FLOPs: flops, Fits: fits})
	if err != nil {
		t.Fatal(err)
	}
	if n := trainAnew(t, r, supernet.New(f, 11), s, o, nil); n.Hash() != r.net.Hash() {
		t.Error("the run's weights are not those of the options spelt out")
	}
}

// Who opens a trained run gets the subnets that its sampler draws within the limits, without
// latencies: pooled statistics are of them.
func TestPooledSubnetsAreWithinTheLimits(t *testing.T) {
	w := newWorld(t, asPredicted)
	params := func(a space.Arch) float64 { return float64(w.family.Plan(a).Params()) }
	limit := w.quantile(0.5, params)
	w.cfg.Limits.Params = config.Count(limit)
	r := w.open("run")
	fits := func(a space.Arch) bool { return params(a) <= limit }
	r.bounds = &bounds{fits, w.family.Extremes().Narrow}
	if err := r.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	want, err := r.lastSamples(pooledSubnets)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	opened, err := OpenTrained(r.dir.Path(), Machine{}, Monitor{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	got, err := opened.pool()
	if err != nil || !slices.Equal(got, want) || strings.Contains(log.String(), "earlier version") {
		t.Errorf("%d subnets, %v; want the %d that the run draws\n%s", len(got), err, len(want), log.String())
	}
	beyond := 0
	opened.state.Pool = nil // as earlier versions
	whole, err := opened.pool()
	for _, a := range whole {
		if !fits(a) {
			beyond++
		}
	}
	if err != nil || beyond == 0 || !strings.Contains(log.String(), "earlier version") {
		t.Errorf("%d of %d subnets are beyond the limits, %v; want a warning of that\n%s", beyond, len(whole), err, log.String())
	}
	if i := slices.IndexFunc(got, func(a space.Arch) bool { return !fits(a) }); i >= 0 {
		t.Errorf("%s is beyond the limits", w.family.Space().Format(got[i]))
	}
}
