package main

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/bench"
)

// TestEveryResultHasOneGoal runs the whole table of layers past the goals.
func TestEveryResultHasOneGoal(t *testing.T) {
	layers, err := bench.Layers()
	if err != nil {
		t.Fatal(err)
	}
	count := make([]int, len(goals))
	for _, l := range layers {
		for _, p := range passes {
			var hits []int
			for i, g := range goals {
				if g.pick(layerResult{result{pass: p}, l}) {
					hits = append(hits, i)
				}
			}
			if len(hits) != 1 {
				t.Errorf("%s, %s: goals %v, want one", l.Name, p, hits)
				continue
			}
			count[hits[0]]++
		}
	}
	for i, n := range count {
		if n == 0 {
			t.Errorf("goal %q picks nothing", goals[i].name)
		}
	}
}

// drifting are samples of a machine that gets slower from round to round, by
// more than the arms differ: the peer takes 1.5 times our time in each round.
func drifting(l bench.Layer, p pass, threads int) []sample {
	var all []sample
	for round, drift := range []float64{1, 4, 2, 8, 3} {
		for arm, factor := range map[string]float64{ours: 1, "near": 1.5, "far": 6} {
			seconds := drift * factor * 1e-3 / float64(threads)
			all = append(all, sample{l.Name, p, threads, round, arm, times{seconds, seconds}, ""})
		}
	}
	return all
}

func TestRatiosArePairedByRound(t *testing.T) {
	samples := drifting(tiny[0], forward, 1)
	samples = slices.DeleteFunc(samples, func(s sample) bool { return s.arm == "near" && s.round < 2 }) // of the fast rounds
	all := results(samples, "median")
	if len(all) != 1 {
		t.Fatalf("%d results, want 1", len(all))
	}
	r := all[0]
	if r.best != "near" || math.Abs(r.ratio()-1.5) > 1e-9 || math.Abs(r.ratios["far"]-6) > 1e-9 {
		t.Errorf("best %s, ratios %v; want near at 1.5, far at 6", r.best, r.ratios)
	}
	if math.Abs(r.seconds[ours]-3e-3) > 1e-12 {
		t.Errorf("ours takes %g s, want the median 0.003", r.seconds[ours])
	}
	for i := range samples {
		if samples[i].arm == "far" {
			samples[i].best /= 5
		}
	}
	if r := results(samples, "best")[0]; r.best != "far" || math.Abs(r.ratio()-1.2) > 1e-9 {
		t.Errorf("by the best times: %s at %g, want far at 1.2", r.best, r.ratio())
	}
}

func TestReport(t *testing.T) {
	var samples []sample
	for _, l := range tiny {
		for _, p := range passes {
			samples = append(samples, drifting(l, p, 1)...)
			samples = append(samples, drifting(l, p, 2)...)
		}
	}
	all := withLayers(results(samples, "median"), tiny)
	var b bytes.Buffer
	layerReport(&b, []byte("a machine\n"), all)
	for _, want := range []string{
		"| forward, dense 3x3 stride 1, 32 channels and more | 1 | **1.50** | 1.25 | 2.00 | 6.00 | 1.50 | 1.50 wide |",
		"| backward weights, depthwise | 1 | **1.50** ✗ | 8.00 | 20.00 |",
		"| any single layer | 17 | **1.50** | 0.80 | 1.00 |",
		"| espalier | 18 | **2.00** | 1.85 | 1.95 |",
		"## 1 thread\n", "## 2 threads\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, b.String())
		}
	}
	var ratios bytes.Buffer
	if err := writeRatios(&ratios, all, []string{"far", "near"}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(ratios.String(), "\n"); got != 1+len(all) || !strings.Contains(ratios.String(), "near,1.50,") {
		t.Errorf("%d lines of ratios, want %d:\n%s", got, 1+len(all), ratios.String())
	}
}

func TestSamplesRoundTrip(t *testing.T) {
	want := drifting(tiny[0], backwardWeights, 2)
	var b bytes.Buffer
	w, err := newSampleWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range want {
		if err := w.write(s); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readSamples(&b, "file")
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d samples, error %v; want %d", len(got), err, len(want))
	}
	for i := range got {
		if d := math.Abs(got[i].median - want[i].median); d > 1e-9 {
			t.Errorf("sample %d: %+v, want %+v", i, got[i], want[i])
		}
		got[i].times = want[i].times
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestReadSamplesRefuses(t *testing.T) {
	head := strings.Join(sampleHead, ",") + "\n"
	for _, text := range []string{"", "a,b\n", head + "l,forward,1\n", head + "l,forward,one,0,a,1,1,\n", head + "l,forward,1,0,a,0,0,\n", head + "l,forward,1,0,a,NaN,1,\n"} {
		if _, err := readSamples(strings.NewReader(text), "some.csv"); err == nil || !strings.Contains(err.Error(), "some.csv") {
			t.Errorf("%q: error %v, want one that names the file", text, err)
		}
	}
}

func TestLayerFlags(t *testing.T) {
	o, err := parseOptions("layers", []string{"--classes", "depthwise,pointwise", "--only", "b64$", "--quick"}, options{arms: layerArms, rounds: 7, ms: 40})
	if err != nil {
		t.Fatal(err)
	}
	layers, err := o.selected()
	if err != nil || len(layers) != 9 || o.rounds != 3 || o.ms != 13 {
		t.Errorf("%d layers, %d rounds of %d ms, error %v; want 9, 3, 13", len(layers), o.rounds, o.ms, err)
	}
}
