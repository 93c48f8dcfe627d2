package predictor

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// naiveTop is tau-b of the entries that fewer than k others exceed in truth.
func naiveTop(score, truth []float64, k int) float64 {
	var s, t []float64
	for i, v := range truth {
		above := 0
		for _, w := range truth {
			if w > v {
				above++
			}
		}
		if above < k {
			s, t = append(s, score[i]), append(t, v)
		}
	}
	return naiveKendall(s, t)
}

// naiveStrata goes through the pairs of each stratum by itself.
func naiveStrata(score, truth []float64, stratum []int) float64 {
	var sum, n float64
	for k := range 4 {
		var num, ns, nt float64
		for i := range score {
			for j := range i {
				if stratum[i] != k || stratum[j] != k {
					continue
				}
				a, b := float64(compare(score[i], score[j])), float64(compare(truth[i], truth[j]))
				num += a * b
				ns += a * a
				nt += b * b
			}
		}
		if ns > 0 && nt > 0 {
			sum += num / math.Sqrt(ns*nt)
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / n
}

func TestTauOfPartsEqualsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		score, truth := tiedPair(t, 0)
		n := len(score)
		stratum := rapid.SliceOfN(rapid.IntRange(0, 3), n, n).Draw(t, "stratum")
		k := rapid.IntRange(0, 12).Draw(t, "k")
		if got, want := TopKendall(score, truth, k), naiveTop(score, truth, k); math.Abs(got-want) > 1e-12 {
			t.Fatalf("TopKendall = %v; want %v", got, want)
		}
		if got, want := StrataKendall(score, truth, stratum), naiveStrata(score, truth, stratum); math.Abs(got-want) > 1e-12 {
			t.Fatalf("StrataKendall = %v; want %v", got, want)
		}
	})
}

// noisy returns a truth and scores with that much noise, of n subjects in four strata.
func noisy(n int, noise float64, seed uint64) (Subjects, ScoredTruth) {
	r := rand.New(rand.NewPCG(seed, 1))
	var s Subjects
	var j ScoredTruth
	for i := range n {
		size := r.Float64()
		truth := size + 0.5*r.NormFloat64()
		s.LogFLOPs, s.Stratum = append(s.LogFLOPs, size), append(s.Stratum, i%4)
		j.Truth, j.Score = append(j.Truth, truth), append(j.Score, truth+noise*r.NormFloat64())
	}
	return s, j
}

func TestAgreementIsTheFiguresOfItsParts(t *testing.T) {
	s, j := noisy(33, 0.3, 5)
	a := Agree(s, []ScoredTruth{j}, 7)
	for _, c := range []struct {
		name string
		have Estimate
		want float64
	}{
		{"Kendall", a.Kendall, naiveKendall(j.Score, j.Truth)},
		{"Spearman", a.Spearman, naiveSpearman(j.Score, j.Truth)},
		{"Top", a.Top, naiveTop(j.Score, j.Truth, 7)},
		{"Strata", a.Strata, naiveStrata(j.Score, j.Truth, s.Stratum)},
		{"Partial", a.Partial, PartialKendall(j.Score, j.Truth, s.LogFLOPs)},
		{"Precision", a.Precision, PrecisionAt(j.Score, j.Truth, 7)},
		{"Regret", a.Regret, Regret(j.Score, j.Truth, 1)},
	} {
		if math.Abs(c.have.Value-c.want) > 1e-12 || c.have.Lo > c.have.Value || c.have.Hi < c.have.Value || c.have.Lo == c.have.Hi {
			t.Errorf("%s is %+v; want %v within an interval", c.name, c.have, c.want)
		}
	}
	back := ScoredTruth{Score: j.Truth, Truth: j.Score}
	both := Agree(s, []ScoredTruth{j, back}, 7)
	if want := (Regret(j.Score, j.Truth, 1) + Regret(j.Truth, j.Score, 1)) / 2; math.Abs(both.Regret.Value-want) > 1e-12 {
		t.Errorf("regret of two evaluations is %v; want their mean, %v", both.Regret.Value, want)
	}
	if d := cmp.Diff(a, Agree(s, []ScoredTruth{j}, 7)); d != "" {
		t.Errorf("the same seed gives other figures (-first +second):\n%s", d)
	}
}

// TestAdvantageIsPaired compares the interval with one of resampling by hand.
func TestAdvantageIsPaired(t *testing.T) {
	_, a := noisy(60, 0.05, 1)
	_, b := noisy(60, 0.5, 2)
	b.Truth = a.Truth
	for i := range b.Score {
		b.Score[i] = a.Score[i] + 0.1*b.Score[i] // errors in common, and some more
	}
	got := Advantage(a, b, 3)
	if want := naiveKendall(a.Score, a.Truth) - naiveKendall(b.Score, b.Truth); math.Abs(got.Value-want) > 1e-12 {
		t.Errorf("advantage is %v; want %v", got.Value, want)
	}
	r := rand.New(rand.NewPCG(9, 9))
	var paired []float64
	for range 2000 {
		var x, y ScoredTruth
		for range a.Score {
			i := r.IntN(len(a.Score))
			x.Score, x.Truth = append(x.Score, a.Score[i]), append(x.Truth, a.Truth[i])
			y.Score, y.Truth = append(y.Score, b.Score[i]), append(y.Truth, b.Truth[i])
		}
		paired = append(paired, naiveKendall(x.Score, x.Truth)-naiveKendall(y.Score, y.Truth))
	}
	slices.Sort(paired)
	width, want := got.Hi-got.Lo, paired[1950]-paired[50]
	if width < 0.8*want || width > 1.25*want {
		t.Errorf("the interval is %v wide; want about %v, that of paired resamples", width, want)
	}
	if same := Advantage(a, a, 3); same != (Estimate{}) {
		t.Errorf("advantage over itself is %+v; want 0", same)
	}
}
