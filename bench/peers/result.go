package main

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// result compares the arms on one job with one number of threads.
type result struct {
	name    string
	pass    pass
	threads int
	seconds map[string]float64 // by arm: median over rounds
	ratios  map[string]float64 // by peer: median over rounds of its time / ours
	best    string             // the peer with the least ratio; empty without peers
}

// ratio is the best peer's time over ours: above 1, ours is faster. Without
// peers it is 0.
func (r result) ratio() float64 { return r.ratios[r.best] }

// results pairs the samples of each round. Results come in the order of their
// first samples, those with fewer threads first; jobs that ours has not run are
// left out. by says which time of a sample counts, median or best.
func results(samples []sample, by string) []result {
	type key struct {
		name    string
		pass    pass
		threads int
	}
	var keys []key
	groups := map[key]map[string]map[int]float64{} // arm, round: seconds
	for _, s := range samples {
		k := key{s.name, s.pass, s.threads}
		if groups[k] == nil {
			keys = append(keys, k)
			groups[k] = map[string]map[int]float64{}
		}
		if groups[k][s.arm] == nil {
			groups[k][s.arm] = map[int]float64{}
		}
		groups[k][s.arm][s.round] = s.median
		if by == "best" {
			groups[k][s.arm][s.round] = s.best
		}
	}
	slices.SortStableFunc(keys, func(a, b key) int { return cmp.Compare(a.threads, b.threads) })
	var all []result
	for _, k := range keys {
		if groups[k][ours] == nil {
			continue
		}
		r := result{name: k.name, pass: k.pass, threads: k.threads}
		r.pair(groups[k])
		all = append(all, r)
	}
	return all
}

// pair fills in times and ratios from the seconds of each arm in each round.
func (r *result) pair(arms map[string]map[int]float64) {
	r.seconds, r.ratios = map[string]float64{}, map[string]float64{}
	for _, arm := range slices.Sorted(maps.Keys(arms)) {
		r.seconds[arm] = median(slices.Collect(maps.Values(arms[arm])))
		var paired []float64
		for round, seconds := range arms[arm] {
			if own, ok := arms[ours][round]; ok {
				paired = append(paired, seconds/own)
			}
		}
		if arm == ours || len(paired) == 0 {
			continue
		}
		r.ratios[arm] = median(paired)
		if r.best == "" || r.ratios[arm] < r.ratios[r.best] {
			r.best = arm
		}
	}
}

// peersOf returns the names of the peers that ran, sorted.
func peersOf(all []result) []string {
	peers := map[string]bool{}
	for _, r := range all {
		for p := range r.ratios {
			peers[p] = true
		}
	}
	return slices.Sorted(maps.Keys(peers))
}

// threadsOf returns the numbers of threads that were used, sorted.
func threadsOf(all []result) []int {
	threads := map[int]bool{}
	for _, r := range all {
		threads[r.threads] = true
	}
	return slices.Sorted(maps.Keys(threads))
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

// gain is what a second thread brings to an arm: time with one over time with
// two, the geometric mean over n jobs.
type gain struct {
	n    int
	mean float64
}

// gains compares the results with one thread and those with two, by arm.
func gains(all []result) map[string]gain {
	ratios := map[string][]float64{}
	for _, one := range all {
		for _, two := range all {
			if one.threads != 1 || two.threads != 2 || one.name != two.name || one.pass != two.pass {
				continue
			}
			for arm, s := range two.seconds {
				if t, ok := one.seconds[arm]; ok {
					ratios[arm] = append(ratios[arm], t/s)
				}
			}
		}
	}
	g := map[string]gain{}
	for arm, v := range ratios {
		g[arm] = gain{len(v), geometric(v)}
	}
	return g
}
