package search

import (
	"math"
	"slices"

	"github.com/espalier-nas/espalier/internal/stream"
)

// coverDraws is how many times values are drawn where they are in doubt.
const coverDraws = 256

// covering returns the indices of up to n places that together can be expected to be
// worth most: at each latency, on a logarithmic scale, a user has the best of those
// that are as fast, so that worth is the area under a staircase. Values are known up
// to independent normal errors with the standard deviation doubt, so that the second of
// two places side by side is worth a little, and a faster place that is hardly worse is
// worth more than the slower one. The place of the highest value comes first: the best that
// there is for whoever has the time. The others are added one by one, that which adds most
// first; when none adds anything, that which is least behind. One beside a chosen place,
// nearer than a quarter of the distance of n places spread evenly, waits until no other is
// left. The result is ordered as choose orders it.
func covering(all []place, n int, doubt float64) []int {
	worlds := drawn(all, doubt)
	low, high := span(all)
	apart := math.Log(high/low) / float64(4*max(1, n))
	var chosen []int
	rest := make([]int, len(all))
	for i := range rest {
		rest[i] = i
	}
	slices.SortFunc(rest, func(a, b int) int { return byPlace(all, a, b) })
	if n > 0 && len(all) > 0 {
		best := choose(all, 1, 1)[0]
		chosen = append(chosen, best)
		rest = slices.DeleteFunc(rest, func(i int) bool { return i == best })
	}
	for len(chosen) < min(n, len(all)) {
		free := slices.DeleteFunc(slices.Clone(rest), func(i int) bool { return nearest(all, chosen, i) < apart })
		if len(free) == 0 {
			free = rest
		}
		gain := make(map[int]float64, len(free))
		for _, i := range free {
			for _, w := range worlds {
				gain[i] += adds(w, chosen, i, high)
			}
		}
		next := slices.MaxFunc(free, func(a, b int) int {
			if gain[a] != gain[b] {
				return sign(gain[a] < gain[b])
			}
			return sign(behind(all, chosen, a) > behind(all, chosen, b))
		})
		chosen = append(chosen, next)
		rest = slices.DeleteFunc(rest, func(i int) bool { return i == next })
	}
	slices.SortFunc(chosen, func(a, b int) int { return byPlace(all, a, b) })
	return chosen
}

// nearest returns the distance of place i to the nearest of the chosen, as the
// logarithm of the ratio of their latencies.
func nearest(all []place, chosen []int, i int) float64 {
	d := math.Inf(1)
	for _, k := range chosen {
		d = min(d, math.Abs(math.Log(all[k].latency/all[i].latency)))
	}
	return d
}

// drawn returns what places may be like if their values are in doubt: the same each
// time.
func drawn(all []place, doubt float64) [][]place {
	if !(doubt > 0) {
		return [][]place{all}
	}
	rng := stream.New(0, "covering")
	worlds := make([][]place, coverDraws)
	for k := range worlds {
		worlds[k] = slices.Clone(all)
		for i := range worlds[k] {
			worlds[k][i].value += doubt * rng.NormFloat64()
		}
	}
	return worlds
}

// adds returns the area between the staircase of the chosen places and that with
// place i, up to the highest latency. The staircase begins at the lowest value
// of all.
func adds(all []place, chosen []int, i int, high float64) float64 {
	level := math.Inf(1)
	for _, p := range all {
		level = min(level, p.value)
	}
	var steps []place // of the staircase that place i changes
	for _, k := range chosen {
		if all[k].latency <= all[i].latency {
			level = max(level, all[k].value)
		} else {
			steps = append(steps, all[k])
		}
	}
	slices.SortFunc(steps, func(a, b place) int { return sign(a.latency < b.latency) })
	area, at := 0.0, math.Log(all[i].latency)
	for _, s := range append(steps, place{high, math.Inf(1)}) {
		to := math.Log(s.latency)
		area += max(0, all[i].value-level) * (to - at)
		at, level = to, max(level, s.value)
	}
	return area
}

// behind returns by how much place i is worth less than the best of the chosen that
// is as fast.
func behind(all []place, chosen []int, i int) float64 {
	best := math.Inf(-1)
	for _, k := range chosen {
		if all[k].latency <= all[i].latency {
			best = max(best, all[k].value)
		}
	}
	return best - all[i].value
}
