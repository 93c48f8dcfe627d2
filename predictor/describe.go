package predictor

import (
	"fmt"
	"slices"
	"strings"
)

// Described is a model that tells what it has become by being fitted. All models
// of this package are.
type Described interface {
	// Describe returns the form that the fit chose, for reports: a phrase without
	// a full stop. It panics before the first Fit.
	Describe() string
}

// RankShare is how much weight a rank has among the draws of a low-rank model.
type RankShare struct {
	Rank  int     `json:"rank"`  // 0: additive
	Share float64 `json:"share"` // fraction
}

// Ranks returns the weights of the ranks, by rising rank; those without weight
// are left out. It panics before the first Fit.
func (p *FM) Ranks() []RankShare {
	if p.state == nil {
		panic(notFitted)
	}
	return p.state.Posterior.shares()
}

// Describe implements Described.
func (p *FM) Describe() string { return p.form() + "; target " + p.Warp().words() }

func (p *FM) form() string { return "low rank: " + rankWords(p.Ranks()) }

// Ranks returns the weights of the ranks of the correction, by rising rank; nil
// if that is a constant factor. It panics before the first Fit.
func (p *Latency) Ranks() []RankShare {
	if p.state == nil {
		panic(notFitted)
	}
	if p.state.Posterior == nil {
		return nil
	}
	return p.state.Posterior.shares()
}

// Describe implements Described.
func (p *Latency) Describe() string {
	base := "sum of layers"
	if p.table == nil {
		base = "constant"
	}
	switch ranks := p.Ranks(); form(p.Form()) {
	case formLog:
		return fmt.Sprintf("%s times a factor of the architecture: %s", base, rankWords(ranks))
	case formAdd:
		return fmt.Sprintf("%s plus seconds of the architecture: %s", base, rankWords(ranks))
	}
	return base + " times a factor, no correction by architecture"
}

// Describe implements Described.
func (p *Ridge) Describe() string { return p.form() }

func (p *Ridge) form() string {
	if p.state == nil {
		panic(notFitted)
	}
	return fmt.Sprintf("linear on %d features, penalty %.3g", len(p.state.Weight), p.state.Penalty)
}

// Describe implements Described.
func (p *Scalar) Describe() string {
	if p.state == nil {
		panic(notFitted)
	}
	words := map[bool]string{false: "%s", true: "log %s"}
	return "line: " + fmt.Sprintf(words[p.state.LogY], "target") + " on " + fmt.Sprintf(words[p.state.LogX], p.name)
}

// shares counts the machines of each rank.
func (p *posterior) shares() []RankShare {
	var out []RankShare
	for k := range p.Machines {
		rank := p.Machines[k].rank(p.Inter)
		i := slices.IndexFunc(out, func(s RankShare) bool { return s.Rank == rank })
		if i < 0 {
			i, out = len(out), append(out, RankShare{Rank: rank})
		}
		out[i].Share += 1 / float64(len(p.Machines))
	}
	slices.SortFunc(out, func(a, b RankShare) int { return a.Rank - b.Rank })
	return out
}

// rankWords writes shares as "rank 0 12 %, rank 4 88 %", or as "rank 4" alone.
func rankWords(shares []RankShare) string {
	if len(shares) == 1 {
		return fmt.Sprintf("rank %d", shares[0].Rank)
	}
	words := make([]string, len(shares))
	for i, s := range shares {
		words[i] = fmt.Sprintf("rank %d %.0f %%", s.Rank, 100*s.Share)
	}
	return strings.Join(words, ", ")
}

// words tells the scale of a target.
func (w Warp) words() string {
	switch w {
	case WarpLog:
		return "on the scale of its logarithm"
	case WarpRanks:
		return "on the scale of normal scores of ranks"
	}
	return "on its own scale"
}
