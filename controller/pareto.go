package controller

import (
	"cmp"
	"slices"
)

// Pareto returns the trials that no other beats in both accuracy (higher) and
// latency (lower), by rising latency and so by rising accuracy. Of trials equal
// in both, the earliest stays. Trials that were not evaluated do not count.
func Pareto(trials []Trial) []Trial {
	sorted := make([]Trial, 0, len(trials))
	for _, t := range trials {
		if t.Outcome == Evaluated {
			sorted = append(sorted, t)
		}
	}
	slices.SortStableFunc(sorted, func(a, b Trial) int {
		return cmp.Or(cmp.Compare(a.Cost.Latency, b.Cost.Latency), cmp.Compare(b.Accuracy, a.Accuracy), cmp.Compare(a.Index, b.Index))
	})
	front := sorted[:0]
	for _, t := range sorted {
		if len(front) == 0 || t.Accuracy > front[len(front)-1].Accuracy {
			front = append(front, t)
		}
	}
	return front
}

// Front returns the points that none of the others dominates, in their order; all
// objectives are to be minimised. Of equal points the first stays.
func Front(points [][]float64) [][]float64 {
	var front [][]float64
	for _, p := range points {
		if !slices.ContainsFunc(front, func(q []float64) bool { return reaches(q, p) }) {
			front = append(slices.DeleteFunc(front, func(q []float64) bool { return reaches(p, q) }), p)
		}
	}
	return front
}
