package run

import (
	"math"
	"slices"
)

// leastSlots is into how many slots latencies are divided at least: a run that is
// to hand over one network looks for it at all latencies.
const leastSlots = 3

// slots returns into how many slots of latency candidates are divided.
func (r *Run) slots() int { return max(leastSlots, r.cfg.Finish.Networks) }

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

// layered returns the indices of up to n places, of those that no other beats in
// both latency and value: the best of each slot, then the second, and so on. Only
// where these are fewer than least, others join: first in slots that have none, the
// one that is least behind the best place as fast. The result is ordered as choose
// orders it.
func layered(all []place, slots, n, least int) []int {
	everything := make([]int, len(all))
	for i := range everything {
		everything[i] = i
	}
	front, others := peel(all, everything)
	low, high := span(all)
	at := func(i int) int { return slot(all[i].latency, low, high, max(1, slots)) }
	taken := make([]int, max(1, slots))
	chosen := inTurns(front, n, at, taken)
	slices.SortStableFunc(others, func(a, b int) int { return sign(behind(all, front, a) < behind(all, front, b)) })
	for rank := 0; len(chosen) < min(n, least, len(all)); rank++ {
		for _, i := range others {
			if len(chosen) < min(n, least) && taken[at(i)] == rank && !slices.Contains(chosen, i) {
				chosen = append(chosen, i)
				taken[at(i)]++
			}
		}
	}
	slices.SortFunc(chosen, func(a, b int) int { return byPlace(all, a, b) })
	return chosen
}

// inTurns takes up to n places of a front, one of each slot at a time, the slowest
// slot and in each the slowest place first, and counts them in taken.
func inTurns(front []int, n int, at func(i int) int, taken []int) (chosen []int) {
	rest := slices.Clone(front) // by rising latency and value
	for round := 0; len(rest) > 0 && len(chosen) < n; round++ {
		var next []int
		for _, i := range slices.Backward(rest) {
			if s := at(i); len(chosen) < n && taken[s] == round {
				chosen = append(chosen, i)
				taken[s]++
			} else {
				next = append(next, i)
			}
		}
		slices.Reverse(next)
		rest = next
	}
	return chosen
}

// behind returns by how much a place is worth less than the best of a front that
// is as fast.
func behind(all []place, front []int, i int) float64 {
	best := math.Inf(-1)
	for _, k := range front {
		if all[k].latency <= all[i].latency {
			best = max(best, all[k].value)
		}
	}
	return best - all[i].value
}

// peel divides places into those that no other of them beats and the others.
func peel(all []place, of []int) (front, others []int) {
	sorted := slices.Clone(of)
	slices.SortFunc(sorted, func(a, b int) int { return byPlace(all, a, b) })
	best := math.Inf(-1)
	for _, i := range sorted {
		if all[i].value > best {
			best = all[i].value
			front = append(front, i)
		} else {
			others = append(others, i)
		}
	}
	return front, others
}
