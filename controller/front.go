package controller

import "slices"

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
