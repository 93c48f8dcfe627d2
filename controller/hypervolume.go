package controller

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Hypervolume returns the volume of all that at least one of the points dominates
// and that dominates the reference: how much of the space of objectives, all to be
// minimised, a set of trade-offs covers. Points that are not better than the
// reference in every objective cover nothing. It slices along the last objective
// (While et al. 2006), in time n^(d-1) log n for n points of d objectives.
//
// Points and reference must have the same number of finite objectives, at least one.
func Hypervolume(points [][]float64, reference []float64) (float64, error) {
	if len(reference) == 0 {
		return 0, fmt.Errorf("hypervolume: the reference has no objectives, want at least one")
	}
	all := append(slices.Clone(points), reference)
	for i, p := range all {
		if len(p) != len(reference) {
			return 0, fmt.Errorf("hypervolume: point %d has %d objectives, want %d, as the reference has", i, len(p), len(reference))
		}
		for _, v := range p {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return 0, fmt.Errorf("hypervolume: point %d of %d holds %v, want finite numbers; the last one is the reference", i, len(all), v)
			}
		}
	}
	return covered(points, reference), nil
}

func covered(points [][]float64, reference []float64) float64 {
	last := len(reference) - 1
	within := slices.DeleteFunc(slices.Clone(points), func(p []float64) bool {
		for i, r := range reference {
			if p[i] >= r {
				return true
			}
		}
		return false
	})
	if len(within) == 0 {
		return 0
	}
	slices.SortStableFunc(within, func(a, b []float64) int { return cmp.Compare(a[last], b[last]) })
	if last == 0 {
		return reference[0] - within[0][0]
	}
	volume := 0.0
	for i, p := range within {
		top := reference[last]
		if i+1 < len(within) {
			top = within[i+1][last]
		}
		if top > p[last] {
			volume += (top - p[last]) * covered(cut(within[:i+1], last), reference[:last])
		}
	}
	return volume
}

// cut returns the first d objectives of each point.
func cut(points [][]float64, d int) [][]float64 {
	out := make([][]float64, len(points))
	for i, p := range points {
		out[i] = p[:d]
	}
	return out
}
