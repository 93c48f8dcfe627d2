package supernet

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// The set sizes leave a partial batch at the end of both.
const (
	evaluatedTrain, evaluatedVal = 40, 50
	evaluatedBatch               = 40
)

// plainStats returns the moments of each norm of a plan on a whole set in one
// batch.
func plainStats(n plainNet, plan space.Plan, set *data.Set, norm data.Normalization) map[int]moments {
	found := map[int]moments{}
	x, _ := plainPictures(set, norm, 0, set.Len())
	n.forward(plan, x, func(i int, y plainMaps) moments {
		found[i] = momentsOf(y)
		return found[i]
	})
	return found
}

// plainScore evaluates a plan picture by picture. early is the accuracy without the
// pictures beyond the first batch.
func plainScore(n plainNet, plan space.Plan, stats map[int]moments, set *data.Set, norm data.Normalization) (s Score, early float64) {
	for i := range set.Len() {
		x, labels := plainPictures(set, norm, i, 1)
		logits := n.forward(plan, x, func(k int, _ plainMaps) moments { return stats[k] })
		s.Accuracy += float64(plainCorrect(logits, labels, 3)) / float64(set.Len())
		s.Loss += plainLoss(logits, plainLabels(labels, 3, 0), 3) / float64(set.Len())
		if i == evaluatedBatch-1 {
			early = s.Accuracy * float64(set.Len()) / evaluatedBatch
		}
	}
	return s, early
}

func sameScore(a, b Score) bool {
	return math.Abs(a.Accuracy-b.Accuracy) < 1e-9 && math.Abs(a.Loss-b.Loss) < 1e-4
}

// Scores are those of plain loops over all pictures of the validation set, with
// statistics of the training pictures as they are; the last batch is partial.
func TestScoresEqualPlainLoops(t *testing.T) {
	ctx := context.Background()
	e := exec(t, 2)
	c, net := trained(t, e)
	train, val := shapes(evaluatedTrain, 1), shapes(evaluatedVal, 2)
	norm := plainNorm(train)
	v, err := NewEvaluator(e, net, train, val, norm, EvalOptions{Calibration: 1000, Batch: evaluatedBatch, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	archs := []space.Arch{c.Extremes().Largest, c.Extremes().Narrow, c.Space().Random(newRand(1))}
	got, err := v.Evaluate(ctx, archs)
	if err != nil {
		t.Fatal(err)
	}
	plain, told := newPlainNet(net), false
	for i, a := range archs {
		want, early := plainScore(plain, c.Plan(a), plainStats(plain, c.Plan(a), train, norm), val, norm)
		if !sameScore(got[i], want) {
			t.Errorf("%s: %+v; want %+v", c.Space().Format(a), got[i], want)
		}
		told = told || math.Abs(early-want.Accuracy) > 1e-6
		w, err := v.Deploy(ctx, a, Label{Classes: val.Classes})
		if err != nil {
			t.Fatal(err)
		}
		for _, batch := range []int{16, evaluatedBatch, 100} {
			if s, err := w.Score(ctx, e, val, batch); err != nil || !sameScore(s, want) {
				t.Errorf("%s, batch %d: network scores %+v, %v; want %+v", c.Space().Format(a), batch, s, err, want)
			}
		}
	}
	if !told {
		t.Error("no accuracy depends on the last batch")
	}
}

// stem returns the means over one picture of the channels of the stem's
// convolution.
func stem(n plainNet, plan space.Plan, set *data.Set, norm data.Normalization, i int) []float64 {
	x, _ := plainPictures(set, norm, i, 1)
	return momentsOf(n.layer(plan[0], []plainMaps{x})).mean
}

// chosen returns the three training pictures whose mean statistics are those of
// the stem, as "i j k"; a test fails unless there is one such triple.
func chosen(t *testing.T, means [][]float64, stats *ops.Stats) string {
	t.Helper()
	var found []string
	for i := range means {
		for j := range i {
			for k := range j {
				if near(stats.Mean, means[i], means[j], means[k]) {
					found = append(found, fmt.Sprint(k, j, i))
				}
			}
		}
	}
	if len(found) != 1 {
		t.Fatalf("statistics are those of the triples %v; want one", found)
	}
	return found[0]
}

func near(mean []float32, a, b, c []float64) bool {
	for i, v := range mean {
		if math.Abs(float64(v)-(a[i]+b[i]+c[i])/3) > 1e-5 {
			return false
		}
	}
	return true
}

// Calibration uses training pictures as they are, a choice by the seed.
func TestCalibrationPicturesAreTrainingPictures(t *testing.T) {
	e := exec(t, 1)
	c, net := trained(t, e)
	train := shapes(evaluatedTrain, 1)
	norm := plainNorm(train)
	plan, plain := c.Plan(c.Extremes().Largest), newPlainNet(net)
	means := make([][]float64, train.Len())
	for i := range means {
		means[i] = stem(plain, plan, train, norm, i)
	}
	calibrate := func(seed uint64, n, batch int) *ops.Stats {
		v, err := NewEvaluator(e, net, train, shapes(evaluatedVal, 2), norm, EvalOptions{Calibration: n, Batch: batch, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		stats, err := v.Calibrate(context.Background(), c.Extremes().Largest)
		if err != nil {
			t.Fatal(err)
		}
		return stats[0]
	}
	var triples []string
	for seed := range uint64(4) {
		triples = append(triples, chosen(t, means, calibrate(seed, 3, 3)))
	}
	if again := chosen(t, means, calibrate(3, 3, 3)); again != triples[3] {
		t.Errorf("seed 3 chooses %s, then %s", triples[3], again)
	}
	slices.Sort(triples)
	if len(slices.Compact(triples)) < 4 {
		t.Errorf("four seeds choose %v; want four triples", triples)
	}
	all := plainStats(plain, plan, train, norm)[0]
	for i, v := range calibrate(1, evaluatedTrain, 16).Mean { // 16, 16 and 8 pictures, weighted
		if math.Abs(float64(v)-all.mean[i]) > 1e-5 {
			t.Errorf("mean of channel %d over all pictures is %v; want %v", i, v, all.mean[i])
		}
	}
}

// Weights are drawn from the seed.
func TestWeightsDependOnTheSeed(t *testing.T) {
	c := smallChain(t)
	a, b, again := New(c, 1), New(c, 2), New(c, 1)
	if a.Hash() == b.Hash() || a.Hash() != again.Hash() {
		t.Errorf("hashes of seeds 1, 2 and 1 are %s, %s and %s", a.Hash(), b.Hash(), again.Hash())
	}
}
