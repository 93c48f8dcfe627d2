package controller

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// staircase is all that no point of a front dominates, cut into boxes; objectives are to be
// minimised. From it follows by how much a further point is expected to enlarge the
// hypervolume (Emmerich et al. 2006): within a box the objectives are independent of each
// other, so the expectation is exact for any number of them. Two objectives give the strips
// of Yang et al. (2019); more are cut along the last one, as in Hypervolume.
type staircase struct {
	edges [][]float64 // by objective: -Inf, the values of the points below the reference, rising, and the reference
	boxes [][]span    // disjoint; a span for each objective
}

// span is the part of an objective between two of its edges.
type span struct{ from, to int }

// newStaircase returns that of points, of which some may dominate others. Points that are
// not better than the reference in every objective dominate nothing.
func newStaircase(points [][]float64, reference []float64) *staircase {
	s := &staircase{edges: make([][]float64, len(reference))}
	inside := slices.DeleteFunc(slices.Clone(points), func(p []float64) bool {
		for d, r := range reference {
			if p[d] >= r {
				return true
			}
		}
		return false
	})
	for d, r := range reference {
		e := []float64{math.Inf(-1), r}
		for _, p := range inside {
			e = append(e, p[d])
		}
		slices.Sort(e)
		s.edges[d] = slices.Compact(e)
	}
	at := make([][]int, len(inside))
	for i, p := range inside {
		for d, v := range p {
			k, _ := slices.BinarySearch(s.edges[d], v)
			at[i] = append(at[i], k)
		}
	}
	s.cut(at, len(reference)-1, make([]span, len(reference)))
	return s
}

// cut appends the boxes that no point dominates in the objectives from 0 to d; box holds
// the spans of the others, in all of which the points dominate. Points are edges by objective.
func (s *staircase) cut(points [][]int, d int, box []span) {
	top := len(s.edges[d]) - 1
	if d == 0 {
		for _, p := range points {
			top = min(top, p[0])
		}
		box[0] = span{0, top}
		s.boxes = append(s.boxes, slices.Clone(box))
		return
	}
	from := 0
	slab := func(below [][]int, to int) {
		if to > from {
			box[d] = span{from, to}
			s.cut(below, d-1, box)
			from = to
		}
	}
	var below [][]int // the front, in the objectives before d, of the points up to from
	for _, p := range slices.SortedStableFunc(slices.Values(points), func(a, b []int) int { return cmp.Compare(a[d], b[d]) }) {
		if slices.ContainsFunc(below, func(q []int) bool { return reaches(q[:d], p[:d]) }) {
			continue
		}
		slab(below, p[d])
		below = append(slices.DeleteFunc(below, func(q []int) bool { return reaches(p[:d], q[:d]) }), p)
	}
	slab(below, top)
}

// gain returns the expectation of the hypervolume that a point adds whose objectives are
// normal with these means and deviations, independent of each other.
func (s *staircase) gain(mean, deviation []float64) float64 {
	short := make([][]float64, len(s.edges)) // by how much each edge is expected to be undercut
	for d, edges := range s.edges {
		short[d] = make([]float64, len(edges))
		for i, e := range edges[1:] {
			short[d][i+1] = improvement(e-mean[d], deviation[d])
		}
	}
	sum := 0.0
	for _, box := range s.boxes {
		volume := 1.0
		for d, x := range box {
			volume *= short[d][x.to] - short[d][x.from]
		}
		sum += volume
	}
	return sum
}

// improvement is the expectation of max(0, x) for x normal with this mean and
// deviation.
func improvement(mean, deviation float64) float64 {
	if deviation < 1e-12 {
		return max(0, mean)
	}
	z := mean / deviation
	return mean*distuv.UnitNormal.CDF(z) + deviation*distuv.UnitNormal.Prob(z)
}

// beyond returns a reference for a front: in each objective a tenth of the front's range
// worse than its worst point. Where the front has no range, that of all points counts, and 1
// where these have none.
func beyond(front, all [][]float64) []float64 {
	reference := make([]float64, len(front[0]))
	for d := range reference {
		low, high := ends(front, d)
		spread := high - low
		if spread == 0 {
			least, most := ends(all, d)
			spread = most - least
		}
		if spread == 0 {
			spread = 1
		}
		reference[d] = high + spread/10
	}
	return reference
}

// ends returns the least and the largest value of an objective.
func ends(points [][]float64, d int) (low, high float64) {
	low, high = points[0][d], points[0][d]
	for _, p := range points {
		low, high = min(low, p[d]), max(high, p[d])
	}
	return low, high
}
