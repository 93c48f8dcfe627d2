package search

import (
	"math"
	"slices"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/supernet/space"
)

// random tells what architectures drawn at random within the limits have with inherited
// weights: those of the first samples, some of which may be beyond them, and of the random arm.
// Nil if there are none.
func (r *Run) random(out *outcome) *report.Random {
	given := r.given()
	var trials []controller.Trial
	for _, t := range out.samples[:out.first] {
		if out.drawn[t.Arch] {
			trials = append(trials, t)
		}
	}
	for _, t := range out.random.trials {
		if !slices.Contains(given, t.Arch) {
			trials = append(trials, t)
		}
	}
	if trials = fitting(trials, r.limits()); len(trials) == 0 {
		return nil
	}
	rep := &report.Random{Pictures: r.comparedOn().Len(), Effects: effects(r.family.Space(), trials)}
	accuracies := make([]float64, len(trials))
	variance := 0.0
	for i, t := range trials {
		accuracies[i] = t.Accuracy
		variance += t.Accuracy * (1 - t.Accuracy) / float64(rep.Pictures) / float64(len(trials))
	}
	rep.Accuracy, rep.Noise, rep.Bins = summary(accuracies), math.Sqrt(variance), histogram(accuracies)
	return rep
}

// histogramBins of equal width hold accuracies from the least to the highest.
const histogramBins = 10

func histogram(values []float64) []report.Bin {
	low, high := slices.Min(values), slices.Max(values)
	if low == high {
		return []report.Bin{{From: low, To: high, Count: len(values)}}
	}
	bins := make([]report.Bin, histogramBins)
	edge := func(i int) float64 { return low + (high-low)*float64(i)/histogramBins }
	for i := range bins {
		bins[i].From, bins[i].To = edge(i), edge(i+1)
	}
	for _, v := range values {
		bins[min(int(histogramBins*(v-low)/(high-low)), histogramBins-1)].Count++
	}
	return bins
}

// effects returns, for each decision, the mean accuracy of the trials that made each
// choice, whatever else they chose.
func effects(s *space.Space, trials []controller.Trial) []report.Effect {
	var all []report.Effect
	for i, d := range s.Decisions() {
		by := make([][]float64, len(d.Choices))
		for _, t := range trials {
			if genes := t.Arch.Genes(); s.Active(genes[:i], i) {
				by[genes[i]] = append(by[genes[i]], t.Accuracy)
			}
		}
		e := report.Effect{Decision: d.Name}
		for k, accuracies := range by {
			if len(accuracies) > 0 {
				e.Choices = append(e.Choices, report.Choice{Name: d.Choices[k], Accuracy: summary(accuracies)})
			}
		}
		all = append(all, e)
	}
	return all
}

// proposals tells how widely the trials of a strategy are spread over the choices.
func proposals(s *space.Space, trials []controller.Trial) report.Proposals {
	p := report.Proposals{Count: len(trials), Unused: []string{}}
	for i, d := range s.Decisions() {
		counts := make([]int, len(d.Choices))
		for _, t := range trials {
			if genes := t.Arch.Genes(); s.Active(genes[:i], i) {
				counts[genes[i]]++
			}
		}
		for k, n := range counts {
			if n == 0 {
				p.Unused = append(p.Unused, d.Name+" "+d.Choices[k])
			}
		}
		p.Decisions, p.Entropy = append(p.Decisions, d.Name), append(p.Entropy, entropy(counts))
	}
	return p
}

// entropy returns that of counts as a share of the largest possible; -1 of none, 0 where
// there is only one to count.
func entropy(counts []int) float64 {
	total, h := 0, 0.0
	for _, n := range counts {
		total += n
	}
	if total == 0 {
		return -1
	}
	for _, n := range counts {
		if p := float64(n) / float64(total); p > 0 {
			h -= p * math.Log(p)
		}
	}
	return h / math.Log(float64(max(2, len(counts))))
}

// conditions returns how the controllers of the searches were at their last updates.
func conditions(health []sweepHealth) []report.Condition {
	var all []report.Condition
	for _, h := range health {
		if n := len(h.updates); n > 0 {
			last := h.updates[n-1]
			all = append(all, report.Condition{Search: h.arm, Updates: n, First: h.updates[0].Entropy, Last: last, Sign: last.Collapse()})
		}
	}
	return all
}
