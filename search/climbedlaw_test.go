package search

import (
	"math"
	"slices"
)

// remains returns what entrants that are worth value after some steps are worth after factor times as many: the loss above
// half of the least falls with a power, that of a network of average FLOPs plus slope for each e-fold.
func (c recomputed) remains(all []entrant, least, power, slope, factor float64) []entrant {
	centre := c.centre(all)
	out := slices.Clone(all)
	for i, e := range all {
		out[i].value = -(least/2 + (-e.value-least/2)*math.Pow(factor, -max(0, power+slope*(c.size(e)-centre))))
	}
	return out
}

// size returns the logarithm of an entrant's FLOPs, centre its mean.
func (c recomputed) size(e entrant) float64 {
	return math.Log(float64(c.w.family.Plan(c.w.arch(e.arch)).FLOPs()))
}

func (c recomputed) centre(all []entrant) (mean float64) {
	for _, e := range all {
		mean += c.size(e) / float64(len(all))
	}
	return mean
}

// leastLoss returns the least that any entrant has.
func leastLoss(all []entrant) float64 {
	least := math.Inf(1)
	for _, e := range all {
		least = min(least, -e.value)
	}
	return least
}

// hoped returns what those of the first rung can be expected to be worth at the end, by what other tasks have shown:
// 2, 4 and 16 steps are eleven times the first two.
func (c recomputed) hoped(first []entrant) []entrant {
	return c.remains(first, leastLoss(first), 0.4, 0.055, 11)
}

// law returns what the first two rungs say of how losses fall: half of the least is the floor, and the line through
// what each network shows, of a slope that is normal beforehand, gives the power. A flat line has the median.
func (c recomputed) law(first, second []entrant, flat bool) (least, power, slope float64) {
	least = leastLoss(second)
	centre := c.centre(second)
	var powers []entrant
	mean, across, weight := 0.0, 0.0, 0.0
	for i, before := range c.before(first, second) {
		e := second[i]
		powers = append(powers, entrant{e.arch, 0, math.Log((-before.value-least/2)/(-e.value-least/2)) / math.Log(6.0/2)})
		mean += powers[i].value / float64(len(second))
	}
	for _, p := range powers {
		across += (c.size(p) - centre) * (p.value - mean)
		weight += (c.size(p) - centre) * (c.size(p) - centre)
	}
	if slope = (across/(0.04*0.04) + 0.055/(0.02*0.02)) / (weight/(0.04*0.04) + 1/(0.02*0.02)); flat {
		slope = 0
	}
	var levels []float64
	for _, p := range powers {
		levels = append(levels, p.value-slope*(c.size(p)-centre))
	}
	slices.Sort(levels)
	return least, levels[len(levels)/2], slope
}

// before returns what entrants of the second rung were on the first one.
func (c recomputed) before(first, second []entrant) (all []entrant) {
	for _, e := range second {
		all = append(all, first[slices.IndexFunc(first, func(f entrant) bool { return f.arch == e.arch })])
	}
	return all
}

// last returns the two of the second rung that train on the last, by what a power
// law lets expect of sixteen more steps.
func (c recomputed) last(first, second []entrant) []entrant {
	least, power, slope := c.law(first, second, false)
	off := 0.0
	for i, e := range c.remains(c.before(first, second), least, power, slope, 6.0/2) {
		off += math.Pow(second[i].value-e.value, 2) / float64(len(second))
	}
	hoped := c.remains(second, least, power, slope, 1+16.0/6)
	slices.SortFunc(hoped, func(a, b entrant) int { return sign(a.latency < b.latency) })
	return byArea(hoped, 2, math.Sqrt(off))
}

// outlook checks how far off the report says that expectations of the last rung were.
func (c recomputed) outlook(all [rungs][]entrant) {
	got := c.s.report.Checks.Outlook
	if got == nil || got.Rungs != len(all[1]) || got.Networks != len(all[2]) {
		c.t.Errorf("what was expected of the last rung is told as %+v; want it of %d networks by %d", got, len(all[2]), len(all[1]))
		return
	}
	off := func(expected []entrant) float64 {
		sum := 0.0
		for _, e := range all[2] {
			was := expected[slices.IndexFunc(expected, func(f entrant) bool { return f.arch == e.arch })]
			sum += math.Pow(math.Log(was.value/e.value), 2) / float64(len(all[2]))
		}
		return math.Sqrt(sum)
	}
	by := func(flat bool) float64 {
		least, power, slope := c.law(all[0], all[1], flat)
		return off(c.remains(all[1], least, power, slope, 1+16.0/6))
	}
	for name, pair := range map[string][2]float64{"by size": {got.Off, by(false)}, "by one exponent": {got.Common, by(true)}, "as after the second rung": {got.Same, off(all[1])}} {
		if math.Abs(pair[0]-pair[1]) > 1e-9 {
			c.t.Errorf("%s the last rung was off by %v; want %v", name, pair[0], pair[1])
		}
	}
}
