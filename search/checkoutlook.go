package search

import (
	"cmp"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
)

// outlookCheck sets what the second rung let expect of the last one beside what came out, from
// the journal; nil if no network was on both, but for those of which nothing was wrong any more:
// they have no ratio.
func (r *Run) outlookCheck() (*report.Outlook, error) {
	lines, err := rundir.ReadJournal[rundir.Rung](r.dir.Path(rundir.Finish))
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(lines, func(a, b rundir.Rung) int {
		return cmp.Or(cmp.Compare(a.Arch, b.Arch), cmp.Compare(a.Arm, b.Arm), cmp.Compare(a.Rung, b.Rung))
	})
	var on []*finished // after two rungs
	last := make(map[*finished]rundir.Rung)
	for i, g := range lines {
		if g.Rung != 1 || i == 0 || lines[i-1].Arch != g.Arch || lines[i-1].Arm != g.Arm {
			continue
		}
		f := &finished{rungs: lines[i-1 : i+1]}
		if f.Arch, err = r.family.Space().Parse(g.Arch); err != nil {
			return nil, err
		}
		f.Cost.FLOPs = r.flops(f.Arch)
		on = append(on, f)
		if i+1 < len(lines) && lines[i+1].Arch == g.Arch && lines[i+1].Arm == g.Arm && min(r.wrong(g), r.wrong(lines[i+1])) > 0 {
			last[f] = lines[i+1]
		}
	}
	if len(last) == 0 {
		return nil, nil
	}
	bySize, common := r.lawBy(on, true), r.lawBy(on, false)
	out := &report.Outlook{Rungs: len(on), Networks: len(last)}
	for _, f := range on {
		g, ok := last[f]
		if !ok {
			continue
		}
		before, size, factor := r.wrong(f.last()), logFLOPs(f), 1+float64(g.Steps)/float64(f.steps())
		for _, x := range []struct {
			off      *float64
			expected float64
		}{{&out.Off, bySize.after(before, size, factor)}, {&out.Common, common.after(before, size, factor)}, {&out.Same, before}} {
			off := math.Log(x.expected / r.wrong(g))
			*x.off += off * off / float64(len(last))
		}
	}
	out.Off, out.Common, out.Same = math.Sqrt(out.Off), math.Sqrt(out.Common), math.Sqrt(out.Same)
	return out, nil
}
