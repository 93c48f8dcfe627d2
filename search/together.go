package search

import (
	"math"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/report"
)

// interval is the probability level of intervals in reports.
const interval = 0.95

// together sums up several searches.
func together(all []report.Report) *report.Seeds {
	s := &report.Seeds{Searches: len(all), Handed: handedOver(all), Levels: make([]controller.Summary, comparedLevels)}
	var front, common, best, margin []float64
	levels := make([][]float64, comparedLevels)
	for _, rep := range all {
		c := rep.Compare
		if c == nil { // no random arm
			return s
		}
		s.Compare = append(s.Compare, *c)
		front = append(front, c.Front)
		if c.Common != nil {
			common = append(common, *c.Common)
		}
		best, margin = append(best, c.Stats.Difference), append(margin, c.Margin)
		for i, l := range c.Levels {
			if l.Search > 0 && l.Random > 0 {
				levels[i] = append(levels[i], l.Search-l.Random)
			}
		}
	}
	s.Front, s.Common, s.Best, s.Margin = summary(front), summary(common), summary(best), summary(margin)
	for i, l := range levels {
		s.Levels[i] = summary(l)
	}
	return s
}

// handedOver sums up what several searches handed over at most as slow as each of some latencies, in
// steps of a factor of two up to the slowest of all.
func handedOver(all []report.Report) []report.Handed {
	slowest := 0.0
	for _, rep := range all {
		for _, n := range rep.Pareto {
			slowest = max(slowest, n.Takes())
		}
	}
	out := make([]report.Handed, comparedLevels)
	for i := range out {
		h := &out[i]
		h.Latency = slowest * math.Pow(2, float64(i+1-comparedLevels))
		var validation, test []float64
		for _, rep := range all {
			n := mostAccurate(rep.Pareto, h.Latency)
			if n == nil {
				continue
			}
			validation = append(validation, n.Validation)
			if n.Test != nil {
				test = append(test, *n.Test)
			}
		}
		h.Validation, h.Test = summary(validation), summary(test)
	}
	return out
}

// mostAccurate returns the network that is best on validation among those that take no more than a latency;
// nil if none is as fast.
func mostAccurate(all []report.Network, latency float64) *report.Network {
	var top *report.Network
	for i := range all {
		if n := &all[i]; n.Takes() <= latency && (top == nil || n.Validation > top.Validation) {
			top = n
		}
	}
	return top
}
