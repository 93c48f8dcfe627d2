package search

import (
	"cmp"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/report"
)

// arms enters the search and the random arm, and compares them.
func (r *Run) arms(rep *report.Report, out *outcome) error {
	s := &rep.Search
	*s = r.armReport(r.cfg.Search.Strategy, r.cfg.Search.Score, out.search)
	s.Evaluations = out.evaluations()
	s.Best = r.entry(rep, best(out.searchTop), out)
	if len(out.randomTop) == 0 {
		return nil
	}
	a := r.armReport(armRandom, "supernet", out.random)
	a.Evaluations = a.Proposals
	a.Best = r.entry(rep, best(out.randomTop), out)
	rep.Random = &a
	compared, err := compareArms(out.searchTop, out.randomTop, out.linear, r.cfg.Seed)
	rep.Compare = &compared
	return err
}

// entry returns the line of the report that describes a finished network.
func (r *Run) entry(rep *report.Report, f *finished, out *outcome) report.Network {
	arch := r.family.Space().Format(f.Arch)
	for _, n := range slices.Concat(rep.Pareto, rep.Others) {
		if n.Arch == arch && n.Arm == out.armOf(f) {
			return n
		}
	}
	return r.network(arch, f, out)
}

// compareArms sets the finished networks of one arm against those of the other: at
// equal latency, above a floor, the best k, and the best within each of some
// latencies.
func compareArms(search, random []*finished, floor float64, seed uint64) (report.Compare, error) {
	k := min(len(search), len(random))
	stats, err := controller.Compare(leading(search, k), leading(random, k), seed)
	if err != nil {
		return report.Compare{}, err
	}
	c := report.Compare{Margin: best(search).last().Accuracy - best(random).last().Accuracy, Best: k, Stats: stats}
	c.Front, c.Common = ahead(search, random, floor)
	for _, latency := range levels(slices.Concat(search, random)) {
		c.Levels = append(c.Levels, report.Level{Latency: latency, Search: within(search, latency), Random: within(random, latency)})
	}
	return c, nil
}

// ahead returns by how much one arm is better than another at equal latency, and the same
// where both have a network; see report.Compare.
func ahead(search, random []*finished, floor float64) (all float64, common *float64) {
	useful := slices.DeleteFunc(slices.Concat(search, random), func(f *finished) bool { return f.last().Accuracy < floor })
	slices.SortFunc(useful, func(a, b *finished) int { return cmp.Compare(a.latency(), b.latency()) })
	var whole, shared mean
	count := func(from, step float64) {
		a, b := within(search, from), within(random, from)
		whole.add(max(floor, a)-max(floor, b), step)
		if min(a, b) >= floor {
			shared.add(a-b, step)
		}
	}
	for i := 1; i < len(useful); i++ {
		from := useful[i-1].latency()
		count(from, math.Log(useful[i].latency()/from))
	}
	if len(useful) > 0 && whole.weight == 0 { // all are as fast: there is no range, but a difference
		count(useful[0].latency(), 1)
	}
	if shared.weight > 0 {
		v := shared.value()
		common = &v
	}
	return whole.value(), common
}

// mean is a weighted mean.
type mean struct{ sum, weight float64 }

func (m *mean) add(v, weight float64) { m.sum, m.weight = m.sum+v*weight, m.weight+weight }

// value returns the mean; 0 without weight.
func (m mean) value() float64 {
	if m.weight == 0 {
		return 0
	}
	return m.sum / m.weight
}

// leading returns the k best accuracies.
func leading(all []*finished, k int) []float64 {
	var acc []float64
	for _, f := range all {
		acc = append(acc, f.last().Accuracy)
	}
	slices.Sort(acc)
	return acc[len(acc)-k:]
}

// comparedLevels is at how many latencies arms are compared.
const comparedLevels = 4

// levels returns latencies in steps of a factor of two, up to the slowest.
func levels(all []*finished) []float64 {
	slowest := 0.0
	for _, f := range all {
		slowest = max(slowest, f.latency())
	}
	out := make([]float64, comparedLevels)
	for i := range out {
		out[i] = slowest * math.Pow(2, float64(i+1-comparedLevels))
	}
	return out
}

// within returns the best accuracy at no more than a latency; 0 if nothing is as fast.
func within(all []*finished, latency float64) float64 {
	top := 0.0
	for _, f := range all {
		if f.latency() <= latency {
			top = max(top, f.last().Accuracy)
		}
	}
	return top
}

func (r *Run) armReport(strategy, score string, f found) report.Arm {
	return report.Arm{
		Strategy: strategy, Score: score, Proposals: f.result.Evaluated, Duplicates: f.result.Duplicates, Infeasible: f.result.Infeasible,
		Repaired: f.result.Repaired, Exhausted: f.result.Exhausted, Limits: r.limits().String(),
	}
}
