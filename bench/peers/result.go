package main

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/bench"
)

// result compares the arms on one pass of one layer with one number of threads.
type result struct {
	layer   bench.Layer
	pass    pass
	threads int
	seconds map[string]float64 // median over rounds, by arm
	ratios  map[string]float64 // by peer: median over rounds of its time / ours
	best    string             // the peer with the least ratio; empty without peers
}

// ratio is the best peer's time over ours: above 1, ours is faster.
func (r result) ratio() float64 { return r.ratios[r.best] }

// gflops returns an arm's speed in GFLOP/s, padding counted as pixels, and the
// speed by taps that touch pixels.
func (r result) gflops(arm string) (nominal, valid float64) {
	s := r.seconds[arm] * 1e9
	return float64(r.layer.FLOPs()) / s, float64(r.layer.RealFLOPs()) / s
}

// results pairs the samples of each round and returns a result for each pass of
// each layer that ours has run, in the order of layers.
func results(layers []bench.Layer, samples []sample) []result {
	type key struct {
		layer   string
		pass    pass
		threads int
	}
	byKey := map[key]map[string]map[int]float64{} // arm, round: seconds
	for _, s := range samples {
		k := key{s.layer, s.pass, s.threads}
		if byKey[k] == nil {
			byKey[k] = map[string]map[int]float64{}
		}
		if byKey[k][s.arm] == nil {
			byKey[k][s.arm] = map[int]float64{}
		}
		byKey[k][s.arm][s.round] = s.median
	}
	var all []result
	for k, arms := range byKey {
		i := slices.IndexFunc(layers, func(l bench.Layer) bool { return l.Name == k.layer })
		if i >= 0 && arms[ours] != nil {
			all = append(all, newResult(layers[i], k.pass, k.threads, arms))
		}
	}
	place := func(r result) int {
		return slices.IndexFunc(layers, func(l bench.Layer) bool { return l.Name == r.layer.Name })
	}
	slices.SortFunc(all, func(a, b result) int {
		return cmp.Or(cmp.Compare(a.threads, b.threads), cmp.Compare(slices.Index(passes, a.pass), slices.Index(passes, b.pass)), cmp.Compare(place(a), place(b)))
	})
	return all
}

func newResult(l bench.Layer, p pass, threads int, arms map[string]map[int]float64) result {
	r := result{layer: l, pass: p, threads: threads, seconds: map[string]float64{}, ratios: map[string]float64{}}
	for _, arm := range slices.Sorted(maps.Keys(arms)) {
		rounds := arms[arm]
		r.seconds[arm] = median(slices.Collect(maps.Values(rounds)))
		if arm == ours {
			continue
		}
		var paired []float64
		for round, seconds := range rounds {
			if own, ok := arms[ours][round]; ok {
				paired = append(paired, seconds/own)
			}
		}
		if len(paired) == 0 {
			continue
		}
		r.ratios[arm] = median(paired)
		if r.best == "" || r.ratios[arm] < r.ratios[r.best] {
			r.best = arm
		}
	}
	return r
}

// geometric returns the geometric mean of v, or 0 if v is empty.
func geometric(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sum := 0.0
	for _, x := range v {
		sum += math.Log(x)
	}
	return math.Exp(sum / float64(len(v)))
}
