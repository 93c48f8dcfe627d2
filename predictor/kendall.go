package predictor

import (
	"cmp"
	"math"
	"slices"
)

// Kendall returns the rank correlation tau-b of two lists of equal length, in
// O(n log n): concordant minus discordant pairs over the geometric mean of the
// pairs untied in each list. It is 0 where that is undefined: fewer than two
// entries, or all of one list equal. Source: Knight, JASA 61 (1966).
func Kendall(a, b []float64) float64 {
	mustPair(a, b)
	n := len(a)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(a[i], a[j]), cmp.Compare(b[i], b[j]))
	})
	bs := make([]float64, n)
	for k, i := range order {
		bs[k] = b[i]
	}
	tiedA := tiedPairs(n, func(k int) bool { return a[order[k]] == a[order[k-1]] })
	tiedBoth := tiedPairs(n, func(k int) bool { return a[order[k]] == a[order[k-1]] && bs[k] == bs[k-1] })
	swaps := sortSwaps(bs, make([]float64, n))
	tiedB := tiedPairs(n, func(k int) bool { return bs[k] == bs[k-1] })
	all := int64(n) * int64(n-1) / 2
	if tiedA == all || tiedB == all {
		return 0
	}
	diff := all - tiedA - tiedB + tiedBoth - 2*swaps
	return float64(diff) / math.Sqrt(float64(all-tiedA)*float64(all-tiedB))
}

// tiedPairs counts the pairs within runs of equal neighbours of n entries.
func tiedPairs(n int, same func(k int) bool) int64 {
	var pairs, run int64
	for k := 1; k < n; k++ {
		if !same(k) {
			run = 0
			continue
		}
		run++
		pairs += run
	}
	return pairs
}

// sortSwaps sorts v by merging and returns how many pairs stood in strictly
// falling order. tmp is scratch of the same length.
func sortSwaps(v, tmp []float64) int64 {
	if len(v) < 2 {
		return 0
	}
	m := len(v) / 2
	swaps := sortSwaps(v[:m], tmp[:m]) + sortSwaps(v[m:], tmp[m:])
	copy(tmp, v)
	l, r := tmp[:m], tmp[m:]
	for k := range v {
		switch {
		case len(r) == 0 || len(l) > 0 && l[0] <= r[0]:
			v[k], l = l[0], l[1:]
		default:
			swaps += int64(len(l))
			v[k], r = r[0], r[1:]
		}
	}
	return swaps
}

// PartialKendall returns the rank correlation of a and b with that of both to z
// taken out: with z the logarithm of FLOPs, how well predictions rank networks
// beyond their size. It is 0 where z ranks either list perfectly. As a ratio of
// pair counts it shrinks what z explains but seldom to exactly 0: compare it
// between predictors, not with 0. Source: Kendall, Biometrika 32 (1942).
func PartialKendall(a, b, z []float64) float64 {
	ab, az, bz := Kendall(a, b), Kendall(a, z), Kendall(b, z)
	d := (1 - az*az) * (1 - bz*bz)
	if d <= 0 {
		return 0
	}
	return (ab - az*bz) / math.Sqrt(d)
}

// Spearman returns the correlation of ranks, ties sharing their mean rank; 0
// where undefined, as for Kendall.
func Spearman(a, b []float64) float64 {
	mustPair(a, b)
	ra, rb := ranks(a), ranks(b)
	mid := (float64(len(a)) + 1) / 2
	var ab, aa, bb float64
	for i := range ra {
		da, db := ra[i]-mid, rb[i]-mid
		ab += da * db
		aa += da * da
		bb += db * db
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// ranks returns the rank of each entry, from 1; ties share their mean rank.
func ranks(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(v[i], v[j]) })
	r := make([]float64, len(v))
	for lo := 0; lo < len(v); {
		hi := lo + 1
		for hi < len(v) && v[order[hi]] == v[order[lo]] {
			hi++
		}
		for _, i := range order[lo:hi] {
			r[i] = float64(lo+hi+1) / 2
		}
		lo = hi
	}
	return r
}

func mustPair(a, b []float64) {
	if len(a) != len(b) {
		panic("predictor: lists of different length")
	}
}
