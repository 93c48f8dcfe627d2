package search

import (
	"math"
	"slices"
)

// place is where a candidate stands: what it costs and what it is worth.
type place struct{ latency, value float64 }

// choose returns the indices of up to n places. It divides the latencies, from
// the lowest to the highest, into slots of equal ratio, and takes the most
// valuable place of each slot, then the second of each, and so on, the slowest
// slot first. Values are only compared within a slot: what separates fast
// networks from slow ones there is little, whatever the values mean. The result
// is ordered by latency, then value, then index.
func choose(all []place, slots, n int) []int {
	var chosen []int
	bins := sortedSlots(all, slots)
	for rank := 0; len(chosen) < min(n, len(all)); rank++ {
		for _, bin := range slices.Backward(bins) {
			if rank < len(bin) && len(chosen) < n {
				chosen = append(chosen, bin[rank])
			}
		}
	}
	slices.SortFunc(chosen, func(a, b int) int { return byPlace(all, a, b) })
	return chosen
}

// sortedSlots returns the places in each slot, the most valuable first, then the
// fastest.
func sortedSlots(all []place, slots int) [][]int {
	bins := make([][]int, max(1, slots))
	low, high := span(all)
	for i, p := range all {
		b := slot(p.latency, low, high, len(bins))
		bins[b] = append(bins[b], i)
	}
	for _, bin := range bins {
		slices.SortStableFunc(bin, func(a, b int) int {
			if all[a].value != all[b].value {
				return sign(all[a].value > all[b].value)
			}
			return byPlace(all, a, b)
		})
	}
	return bins
}

// span returns the lowest and the highest latency.
func span(all []place) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, p := range all {
		low, high = min(low, p.latency), max(high, p.latency)
	}
	return low, high
}

// slot returns which of n slots between low and high a latency is in.
func slot(latency, low, high float64, n int) int {
	if !(high > low) || !(latency > low) {
		return 0
	}
	return min(n-1, int(float64(n)*math.Log(latency/low)/math.Log(high/low)))
}

func byPlace(all []place, a, b int) int {
	switch p, q := all[a], all[b]; {
	case p.latency != q.latency:
		return sign(p.latency < q.latency)
	case p.value != q.value:
		return sign(p.value > q.value)
	default:
		return a - b
	}
}
