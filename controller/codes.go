package controller

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/espalier-nas/espalier/supernet/space"
)

// coder measures how far apart architectures are, decision by decision and feature by
// feature.
type coder struct {
	space    *space.Space
	ranges   []float64 // of a decision's choices if they are ordered, 0 if they are not; of a feature's steps
	group    []int     // of each decision, then of each feature: those of a group count alike
	sizes    []float64 // decisions and features of each group
	features []feature
	of       func(space.Arch) []float64 // features; nil: none
}

// mostGroups is how many decisions have groups of their own at most; in larger
// spaces the decisions of a kind are a group.
const mostGroups = 12

func newCoder(s *space.Space) *coder {
	c := &coder{space: s}
	kinds := make(map[space.Kind]int)
	for i, d := range s.Decisions() {
		c.ranges = append(c.ranges, 0)
		switch d.Kind {
		case space.KindWidth, space.KindKernel, space.KindDepth, space.KindExpand, space.KindResolution:
			c.ranges[i] = float64(len(d.Choices) - 1)
		}
		g := i
		if len(s.Decisions()) > mostGroups {
			if _, known := kinds[d.Kind]; !known {
				kinds[d.Kind] = len(kinds)
			}
			g = kinds[d.Kind]
		}
		if c.group = append(c.group, g); g == len(c.sizes) {
			c.sizes = append(c.sizes, 0)
		}
		c.sizes[g]++
	}
	return c
}

// code returns a with one number per decision: 0 if it is not made, else its gene and 1;
// and one per feature, its step and 1.
func (c *coder) code(a space.Arch) []uint8 {
	genes := a.Genes()
	code := make([]uint8, len(genes), len(c.group))
	for i, g := range genes {
		if c.space.Active(genes, i) {
			code[i] = g + 1
		}
	}
	if c.of == nil {
		return code
	}
	for d, v := range c.of(a) {
		code = append(code, c.features[d].step(v)+1)
	}
	return code
}

// distance returns, for each decision that is not alike, what it adds, summed by
// group: 1, or for ordered choices how far they lie apart as a share. Features that codes
// have and the coder does not look at add nothing.
func (c *coder) distance(a, b []uint8, sums []float64) {
	clear(sums)
	for i := range c.group {
		x, y := a[i], b[i]
		switch {
		case x == y:
		case x == 0 || y == 0 || c.ranges[i] == 0:
			sums[c.group[i]]++
		default:
			sums[c.group[i]] += math.Abs(float64(x)-float64(y)) / c.ranges[i]
		}
	}
}

// normalScores replaces values by the quantiles of a standard normal distribution at
// their ranks, so that neither outliers nor the scale of values count. Equal values
// share their mean rank.
func normalScores(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(v[a], v[b]) })
	out := make([]float64, len(v))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && v[order[to]] == v[order[from]] {
			to++
		}
		at := (float64(from+to) / 2) / float64(len(v))
		for _, i := range order[from:to] {
			out[i] = distuv.UnitNormal.Quantile(at)
		}
		from = to
	}
	return out
}

// keep returns at most n of the trials, in order: the best third of n, and the newest.
func keep(trials []Trial, worth func(Trial) float64, n int) []Trial {
	if len(trials) <= n {
		return trials
	}
	order := make([]int, len(trials))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(worth(trials[b]), worth(trials[a])) })
	kept := make([]bool, len(trials))
	for _, i := range order[:n/3] {
		kept[i] = true
	}
	left := n - n/3
	for i := len(trials) - 1; i >= 0 && left > 0; i-- {
		if !kept[i] {
			kept[i] = true
			left--
		}
	}
	var out []Trial
	for i, t := range trials {
		if kept[i] {
			out = append(out, t)
		}
	}
	return out
}
