package controller

import (
	"fmt"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Health is the condition of a policy at one update, measured on the trials
// that it observed and under the parameters from before the update. Entropies
// are shares of the largest possible: 1 is uniform, 0 certain.
type Health struct {
	Step         int                `json:"step"`             // update, from 1
	Trials       int                `json:"trials"`           // observed
	MeanReward   float64            `json:"mean_reward"`      // of them
	Baseline     float64            `json:"baseline"`         // that advantages were formed with
	Rate         float64            `json:"rate"`             // learning rate of the update
	AdvantageStd float64            `json:"advantage_std"`    // of reward - baseline, before scaling
	Entropy      float64            `json:"entropy"`          // mean over decisions
	KindEntropy  map[string]float64 `json:"kind_entropy"`     // mean over the decisions of a kind
	Decisions    []float64          `json:"decision_entropy"` // by decision; -1 where no trial made it
	SkipKL       float64            `json:"skip_kl"`          // nats; see PolicyOptions.SkipRate
	Distinct     float64            `json:"distinct"`         // distinct architectures / trials
	Usage        map[string]float64 `json:"op_usage"`         // share of each choice in the op decisions made
}

// Monitored is a strategy that can tell how it is.
type Monitored interface {
	// Health returns one record per update, in order.
	Health() []Health
}

// Health implements Monitored.
func (r *Reinforce) Health() []Health { return slices.Clone(r.health) }

// Signs of a collapsed policy; see Health.Collapse.
const (
	collapsedEntropy  = 0.05
	collapsedDistinct = 0.25
	collapsedUsage    = 0.95
	collapseTrials    = 4 // with fewer, shares say nothing
)

// Collapse says in which way the policy has stopped exploring, or "" if it has
// not: decisions nearly certain, mostly repeats, nearly one operation only, or
// rewards that no longer differ.
func (h Health) Collapse() string {
	if h.Entropy < collapsedEntropy {
		return fmt.Sprintf("decisions are nearly certain: entropy %.3f of its maximum", h.Entropy)
	}
	if h.Trials < collapseTrials {
		return ""
	}
	if h.Distinct < collapsedDistinct {
		return fmt.Sprintf("mostly repeats: %.0f %% of the proposals are distinct", 100*h.Distinct)
	}
	if len(h.Usage) > 1 {
		for name, share := range h.Usage {
			if share > collapsedUsage {
				return fmt.Sprintf("nearly one operation only: %s in %.0f %% of the layers", name, 100*share)
			}
		}
	}
	if h.AdvantageStd < leastSpread {
		return fmt.Sprintf("rewards no longer differ: standard deviation %.2g", h.AdvantageStd)
	}
	return ""
}

func (r *Reinforce) measure(trials []Trial, found []terms, adv []float64, mean float64) Health {
	h := Health{
		Step: r.updates, Trials: len(trials), MeanReward: mean, Baseline: r.baseline, Rate: r.opt.rate,
		AdvantageStd: deviation(adv), Usage: r.usage(trials),
	}
	distinct := make(map[space.Arch]bool)
	for i, t := range trials {
		distinct[t.Arch] = true
		h.SkipKL += found[i].skipKL / float64(len(trials))
	}
	h.Distinct = float64(len(distinct)) / float64(len(trials))
	r.entropies(&h, found)
	return h
}

// entropies averages over trials first and then over decisions, so that each
// decision counts once however often it was made.
func (r *Reinforce) entropies(h *Health, found []terms) {
	ds := r.space.Decisions()
	h.Decisions = make([]float64, len(ds))
	count := make([]int, len(ds))
	for _, t := range found {
		for _, m := range t.made {
			h.Decisions[m.decision] += m.entropy / m.limit
			count[m.decision]++
		}
	}
	h.KindEntropy = make(map[string]float64)
	kinds := make(map[string]int)
	made := 0
	for i, n := range count {
		if n == 0 {
			h.Decisions[i] = -1
			continue
		}
		h.Decisions[i] /= float64(n)
		h.Entropy += h.Decisions[i]
		made++
		kind := kindName(ds[i].Kind)
		h.KindEntropy[kind] += h.Decisions[i]
		kinds[kind]++
	}
	h.Entropy /= float64(max(1, made))
	for kind, n := range kinds {
		h.KindEntropy[kind] /= float64(n)
	}
}

// kindName is the key of a kind in KindEntropy.
func kindName(k space.Kind) string {
	switch k {
	case space.KindOp:
		return "op"
	case space.KindWidth:
		return "width"
	case space.KindSkip:
		return "skip"
	case space.KindAct:
		return "act"
	case space.KindKernel:
		return "kernel"
	case space.KindDepth:
		return "depth"
	case space.KindExpand:
		return "expand"
	case space.KindResolution:
		return "resolution"
	case space.KindSource:
		return "source"
	case space.KindSwitch:
		return "switch"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

func (r *Reinforce) usage(trials []Trial) map[string]float64 {
	usage := make(map[string]float64)
	total := 0
	for i, d := range r.space.Decisions() {
		if d.Kind != space.KindOp {
			continue
		}
		for _, c := range d.Choices {
			usage[c] += 0
		}
		for _, t := range trials {
			if r.space.Active(t.Arch.Genes()[:i], i) {
				usage[d.Choices[t.Arch.Gene(i)]]++
				total++
			}
		}
	}
	for c := range usage {
		usage[c] /= float64(max(1, total))
	}
	return usage
}

// deviation is the standard deviation of a whole population; 0 for none.
func deviation(x []float64) float64 {
	mean, square := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		square += (v - mean) * (v - mean) / float64(len(x))
	}
	return math.Sqrt(square)
}
