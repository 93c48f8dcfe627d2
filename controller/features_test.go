package controller

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// TestFeaturesAreOrderedChoices: a feature adds to the distance as far as two networks lie
// apart on it, as a share of nine tenths of what random networks have, at most 1, whatever
// its scale; one that never differs adds nothing, and one that is not finite is refused.
func TestFeaturesAreOrderedChoices(t *testing.T) {
	s := testSpace(t, 4)
	count := func(a space.Arch) float64 {
		n := 0.0
		for i := range a.Len() {
			n += float64(a.Gene(i))
		}
		return n
	}
	plain, c := newCoder(s), newCoder(s)
	c.look(func(a space.Arch) []float64 { return []float64{1e-6*count(a) - 7, 3} })
	groups := len(plain.sizes)
	if len(c.sizes) != groups+2 || c.sizes[groups] != 1 {
		t.Fatalf("sizes of groups %v, want those of %v and two more of 1", c.sizes, plain.sizes)
	}
	archs := sample(s, 400)
	var counts []float64
	for _, a := range archs {
		counts = append(counts, count(a))
	}
	slices.Sort(counts)
	spread := counts[len(counts)*95/100] - counts[len(counts)*5/100]
	sums, decisions := make([]float64, groups+2), make([]float64, groups)
	moderate := func(n float64) bool {
		return n >= counts[len(counts)*15/100] && n <= counts[len(counts)*85/100]
	}
	for i, a := range archs[1:60] {
		b := archs[i]
		c.distance(c.code(a), c.code(b), sums)
		plain.distance(plain.code(a), plain.code(b), decisions)
		if !slices.Equal(sums[:groups], decisions) || sums[groups+1] != 0 {
			t.Fatalf("distances %v, want %v of the decisions and 0 of the constant", sums, decisions)
		}
		want := math.Abs(count(a)-count(b)) / spread
		if got := sums[groups]; got > 1 || moderate(count(a)) && moderate(count(b)) && math.Abs(got-want) > 0.2*want+0.01 {
			t.Errorf("counts of %v and %v lie %v apart, want about %v", count(a), count(b), got, want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a feature that is no number was accepted")
		}
	}()
	c.look(func(space.Arch) []float64 { return []float64{math.NaN()} })
	c.code(archs[0])
}

// TestFeaturesAreUsed: where what counts is a number that decisions do not tell, a search
// that sees it finds far better networks, and the same ones after an interruption.
func TestFeaturesAreUsed(t *testing.T) {
	s := testSpace(t, 4)
	hidden := func(a space.Arch) float64 { // a sum of digits, scrambled
		n := uint32(1)
		for i := range a.Len() {
			n = n*2654435761 + uint32(a.Gene(i)) + 1
			n ^= n >> 15
		}
		return float64(n%1000) / 1000
	}
	search := func(features func(space.Arch) []float64, replay []Trial) Result {
		so := DefaultStrategyOptions(1)
		so.Features = features
		strategy, err := New("bayes", s, so)
		if err != nil {
			t.Fatal(err)
		}
		p := testProblem(t, s, nil)
		p.Evaluator = scoredBy(hidden)
		res, err := Search(context.Background(), p, strategy, Options{Trials: 60, Batch: 10, Replay: replay}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	sees := func(a space.Arch) []float64 { return []float64{5 - 2*hidden(a)} }
	seen, unseen := search(sees, nil), search(nil, nil)
	var with, without float64 // means of the first 20 that the model chooses
	for i := range 20 {
		with, without = with+seen.Trials[10+i].Reward/20, without+unseen.Trials[10+i].Reward/20
	}
	if with < 0.85 || without > 0.6 {
		t.Errorf("mean reward %v of what is chosen by what counts, want above 0.85; %v without, want about 0.5", with, without)
	}
	if traded := tradingBayes(t, s, 240); traded.coder.of != nil {
		t.Error("features count with several objectives")
	}
	if again := search(sees, seen.Trials[:33:33]); !slices.EqualFunc(again.Trials, seen.Trials, sameTrial) {
		t.Error("the resumed search differs")
	}
}

// scoredBy scores by a function.
type scoredBy func(space.Arch) float64

func (f scoredBy) Evaluate(_ context.Context, archs []space.Arch) ([]Score, error) {
	scores := make([]Score, len(archs))
	for i, a := range archs {
		scores[i].Accuracy = f(a)
	}
	return scores, nil
}
