package predictor

import (
	"math/rand/v2"
	"slices"

	"github.com/espalier-nas/espalier/internal/bootstrap"
)

// agreementResamples of an interval in an Agreement.
const agreementResamples = 1000

// Subjects are what architectures are besides their scores, one entry each.
type Subjects struct {
	LogFLOPs []float64
	Stratum  []int // group of like size
}

// ScoredTruth is two lists of scores of the same architectures, higher is better
// in both: one that predicts and one that is believed.
type ScoredTruth struct{ Score, Truth []float64 }

// Estimate is a figure with its 95 % bootstrap interval over architectures.
type Estimate struct {
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
}

// Agreement tells in several ways how well scores order architectures. Rank
// correlations that are undefined (see Kendall) are 0.
type Agreement struct {
	N         int      `json:"n"`         // architectures
	Kendall   Estimate `json:"kendall"`   // tau-b
	Spearman  Estimate `json:"spearman"`  //
	Top       Estimate `json:"top"`       // tau-b within the best fifth in truth
	Strata    Estimate `json:"strata"`    // tau-b within strata, mean over them
	Partial   Estimate `json:"partial"`   // tau-b given log FLOPs
	Precision Estimate `json:"precision"` // share of the best fifth by score that is in the best fifth in truth
	Regret    Estimate `json:"regret"`    // truth lost by taking the best by score, in the unit of truth
}

// Agree returns how well scores order the subjects. Of several evaluations it is
// the mean of each figure: with every ordered pair of two trainings, how well one
// training predicts another. The same seed resamples the same architectures,
// whatever the scores: Agreements of as many subjects are paired.
func Agree(s Subjects, pairs []ScoredTruth, seed uint64) Agreement {
	n := len(s.LogFLOPs)
	figure := func(stat func(s Subjects, j ScoredTruth) float64) Estimate {
		return estimate(n, seed, agreementResamples, func(at []int) float64 {
			var sum float64
			for _, j := range pairs {
				sum += stat(s.pick(at), j.pick(at))
			}
			return sum / float64(max(len(pairs), 1))
		})
	}
	return Agreement{
		N:        n,
		Kendall:  figure(func(_ Subjects, j ScoredTruth) float64 { return Kendall(j.Score, j.Truth) }),
		Spearman: figure(func(_ Subjects, j ScoredTruth) float64 { return Spearman(j.Score, j.Truth) }),
		Top:      figure(func(_ Subjects, j ScoredTruth) float64 { return TopKendall(j.Score, j.Truth, Fifth(n)) }),
		Strata:   figure(func(s Subjects, j ScoredTruth) float64 { return StrataKendall(j.Score, j.Truth, s.Stratum) }),
		Partial:  figure(func(s Subjects, j ScoredTruth) float64 { return PartialKendall(j.Score, j.Truth, s.LogFLOPs) }),
		Precision: figure(func(_ Subjects, j ScoredTruth) float64 {
			return PrecisionAt(j.Score, j.Truth, Fifth(n))
		}),
		Regret: figure(func(_ Subjects, j ScoredTruth) float64 { return Regret(j.Score, j.Truth, 1) }),
	}
}

// Advantage returns by how much a's tau exceeds b's, with the interval of the
// difference on the same resamples of architectures.
func Advantage(a, b ScoredTruth, seed uint64) Estimate {
	return estimate(len(a.Score), seed, agreementResamples, func(at []int) float64 {
		x, y := a.pick(at), b.pick(at)
		return Kendall(x.Score, x.Truth) - Kendall(y.Score, y.Truth)
	})
}

// Fifth returns a fifth of n, rounded up.
func Fifth(n int) int { return (n + 4) / 5 }

// TopKendall returns tau-b of the k entries that are best in truth, those equal
// to the k-th included. k is cut to the length.
func TopKendall(score, truth []float64, k int) float64 {
	mustPair(score, truth)
	k = min(k, len(truth))
	if k <= 0 {
		return 0
	}
	floor := truth[top(truth, k)[k-1]]
	var s, t []float64
	for i, v := range truth {
		if v >= floor {
			s, t = append(s, score[i]), append(t, v)
		}
	}
	return Kendall(s, t)
}

// StrataKendall returns the mean over strata of tau-b within each: how well
// scores order what is of like size. Strata in which one of the lists has no two
// different entries do not count; 0 if none does.
func StrataKendall(score, truth []float64, stratum []int) float64 {
	mustPair(score, truth)
	if len(stratum) != len(score) {
		panic("predictor: lists of different length")
	}
	by := map[int]*ScoredTruth{}
	for i, k := range stratum {
		if by[k] == nil {
			by[k] = new(ScoredTruth)
		}
		by[k].Score, by[k].Truth = append(by[k].Score, score[i]), append(by[k].Truth, truth[i])
	}
	var sum, n float64
	for _, k := range slices.Compact(slices.Sorted(slices.Values(stratum))) {
		if varies(by[k].Score) && varies(by[k].Truth) {
			sum += Kendall(by[k].Score, by[k].Truth)
			n++
		}
	}
	return sum / max(n, 1)
}

// varies reports whether v has two different entries.
func varies(v []float64) bool { return len(v) > 0 && slices.Max(v) > slices.Min(v) }

// estimate returns a statistic of all n subjects and its percentile interval
// over so many resamples with replacement. stat is given the subjects' indices.
func estimate(n int, seed uint64, resamples int, stat func(at []int) float64) Estimate {
	at := make([]int, n)
	for i := range at {
		at[i] = i
	}
	e := Estimate{Value: stat(at)}
	e.Lo, e.Hi = bootstrap.Interval(bootstrap.Draws(stream(seed, forAgreement, 0), resamples, func(r *rand.Rand) float64 {
		return stat(bootstrap.Redraw(r, at, n))
	}), 0.95)
	return e
}

func (s Subjects) pick(at []int) Subjects { return Subjects{pick(s.LogFLOPs, at), pick(s.Stratum, at)} }

func (j ScoredTruth) pick(at []int) ScoredTruth {
	return ScoredTruth{pick(j.Score, at), pick(j.Truth, at)}
}
