package search

import (
	"slices"

	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/supernet"
)

// exposure counts how many subnets trained each choice of the space; nil if a
// controller drew them, whose draws cannot be repeated without its rewards.
func (r *Run) exposure() *report.Exposure {
	if r.enas() {
		return nil
	}
	s, err := r.sampler()
	if err != nil {
		return nil // it was made before, to train
	}
	e := &report.Exposure{Counts: supernet.Exposure(r.family.Space(), s, r.trainOptions(r.cfg.Train.Steps)), Least: -1}
	var all []int
	for i, d := range r.family.Space().Decisions() {
		for k, n := range e.Counts[i] {
			all = append(all, n)
			if e.Least < 0 || n < e.Least {
				e.Least, e.Which = n, d.Name+" "+d.Choices[k]
			}
		}
	}
	slices.Sort(all)
	e.Median, e.Most = all[len(all)/2], all[len(all)-1]
	return e
}
