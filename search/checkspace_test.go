package search

import (
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/supernet/space"
)

// What is told of random architectures is of those that were drawn, in both arms, each once
// and none that was given; a narrow space is warned of.
func TestRandomArchitecturesAreTold(t *testing.T) {
	w := newWorld(t, asPredicted)
	r := w.open("run")
	s := w.family.Space()
	var archs []space.Arch
	for a := range s.Enumerate {
		if archs = append(archs, a); len(archs) == 40 {
			break
		}
	}
	given := w.family.Extremes().Narrow
	evaluate := func(a space.Arch, accuracy float64) controller.Trial {
		return controller.Trial{Arch: a, Accuracy: accuracy}
	}
	out := &outcome{drawn: map[space.Arch]bool{}}
	for i, a := range archs[:20] {
		out.samples = append(out.samples, evaluate(a, 0.3+0.02*float64(i)))
		out.drawn[a] = i%2 == 0 && a != given
	}
	out.first = 18 // the last two were picked in a round
	for i, a := range archs[10:] {
		out.random.trials = append(out.random.trials, evaluate(a, 0.5+0.01*float64(i)))
	}
	out.random.trials = append(out.random.trials, evaluate(given, 0.99))
	want := map[space.Arch]float64{}
	for _, x := range out.random.trials {
		if x.Arch != given && !slices.Contains(r.given(), x.Arch) {
			want[x.Arch] = x.Accuracy
		}
	}
	for _, x := range out.samples[:18] {
		if out.drawn[x.Arch] {
			want[x.Arch] = x.Accuracy
		}
	}
	got := r.random(out)
	var all []float64
	noise := 0.0
	for _, v := range want {
		all = append(all, v)
		noise += v * (1 - v) / netCompared / float64(len(want))
	}
	if got.Accuracy.N != len(want) || math.Abs(got.Accuracy.Mean-meanOf(all)) > 1e-9 || math.Abs(got.Noise-math.Sqrt(noise)) > 1e-9 {
		t.Errorf("%+v, noise %v; want %d with a mean of %v, noise %v", got.Accuracy, got.Noise, len(want), meanOf(all), math.Sqrt(noise))
	}
	checkBins(t, got.Bins, all)
	checkEffects(t, s, got.Effects, want)
	for _, c := range []struct {
		std  float64
		warn bool
	}{{1.4 * got.Noise, true}, {2 * got.Noise, false}} {
		r.warnings = nil
		got.Accuracy.Std = c.std
		if r.warnOfChecks(&report.Checks{Random: got}); (len(r.warnings) > 0) != c.warn {
			t.Errorf("a deviation of %v where pictures leave %v: warnings %q", c.std, got.Noise, r.warnings)
		}
	}
}

// checkBins counts values again; the last bin holds its end.
func checkBins(t *testing.T, bins []report.Bin, values []float64) {
	t.Helper()
	total := 0
	for i, b := range bins {
		n := 0
		for _, v := range values {
			if v >= b.From-1e-12 && (v < b.To-1e-12 || i == len(bins)-1) {
				n++
			}
		}
		total += b.Count
		if b.Count != n && math.Abs(float64(b.Count-n)) > 1 { // an edge may fall on either side by rounding
			t.Errorf("%d from %v to %v; want %d", b.Count, b.From, b.To, n)
		}
	}
	if total != len(values) || bins[0].From != slices.Min(values) || bins[len(bins)-1].To != slices.Max(values) {
		t.Errorf("bins %+v hold %d of %d", bins, total, len(values))
	}
}

// checkEffects takes means over the architectures whose features say that they chose.
func checkEffects(t *testing.T, s *space.Space, effects []report.Effect, accuracy map[space.Arch]float64) {
	t.Helper()
	at := 0
	for i, d := range s.Decisions() {
		told := map[string]controller.Summary{}
		for _, c := range effects[i].Choices {
			told[c.Name] = c.Accuracy
		}
		for _, name := range d.Choices {
			var with []float64
			for a, v := range accuracy {
				if s.Features(a)[at] == 1 {
					with = append(with, v)
				}
			}
			if got := told[name]; effects[i].Decision != d.Name || got.N != len(with) || len(with) > 0 && math.Abs(got.Mean-meanOf(with)) > 1e-9 {
				t.Errorf("%s %s: %+v; want a mean of %v of %d", d.Name, name, got, meanOf(with), len(with))
			}
			at++
		}
	}
}

// Of the first samples those count as random that are neither given nor mixtures.
func TestRandomSamplesAreMarked(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Predictor.Samples = 30
	r := w.open("run")
	l, err := r.latencies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	archs, random, err := r.drawSamples(l)
	if err != nil {
		t.Fatal(err)
	}
	drawn, others := 0, 0
	for _, a := range archs {
		switch {
		case slices.Contains(r.given(), a):
			if random[a] {
				t.Errorf("%s is given, but counts as random", w.family.Space().Format(a))
			}
		case random[a]:
			drawn++
		default:
			others++
		}
	}
	if drawn == 0 || others == 0 || drawn < others {
		t.Errorf("%d random ones and %d mixtures; want two of three random", drawn, others)
	}
}

// First samples that are beyond the limits, where hardly anything is within them, are not told
// as architectures within them.
func TestRandomArchitecturesAreWithinTheLimits(t *testing.T) {
	w := newWorld(t, asPredicted)
	r := w.open("run")
	r.cfg.Limits.FLOPs = 1000
	out := &outcome{drawn: map[space.Arch]bool{}}
	i := 0
	for a := range w.family.Space().Enumerate {
		if slices.Contains(r.given(), a) {
			continue
		}
		out.drawn[a] = true
		out.samples = append(out.samples, controller.Trial{Arch: a, Accuracy: 0.3 + 0.1*float64(i%2), Cost: controller.Cost{FLOPs: int64(999 + i%2*2)}})
		if i++; i == 8 {
			break
		}
	}
	out.first = len(out.samples)
	if got := r.random(out); got.Accuracy.N != 4 || math.Abs(got.Accuracy.Mean-0.3) > 1e-12 {
		t.Errorf("%+v; want the 4 within the limit, which have 0.3", got.Accuracy)
	}
	r.cfg.Limits.FLOPs = 10
	if got := r.random(out); got != nil {
		t.Errorf("%+v; want nothing where all are beyond the limit", got)
	}
}
