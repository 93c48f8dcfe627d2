package predictor

import (
	"bytes"
	"encoding/json"

	"github.com/espalier-nas/espalier/supernet/space"
)

// candidate is one way to fit a low-rank model.
type candidate struct {
	warp Warp
	rank int
}

// innerFolds of the cross-validation that chooses a candidate, and the fewest
// distinct architectures for which it is worth its noise.
const innerFolds, minChoose = 5, 10

// chooser picks a candidate by cross-validation inside the examples of a fit.
type chooser struct {
	table   table
	extras  int
	archs   []space.Arch
	y       []float64
	options Options
	// better compares out-of-fold predictions of two scales, in the target's
	// unit: whether a is better than b by more than noise may give.
	better func(a, b, truth []float64) bool
}

// choose returns the best rank of the best scale. Ranks are compared by squared
// error on one scale, where that error means something; scales by better.
// Smaller ranks and earlier scales win ties.
func (c *chooser) choose(warps []Warp) (candidate, error) {
	ranks := c.options.ranks()
	_, groups := groupByArch(c.archs)
	if groups < minChoose || len(warps)*len(ranks) == 1 {
		return candidate{warps[0], ranks[0]}, nil
	}
	fold, err := assignFolds(c.archs, innerFolds, c.options.Seed)
	if err != nil {
		return candidate{}, err
	}
	var best candidate
	var bestPred []float64
	for _, w := range warps {
		curve, target, err := fitCurve(w, c.y)
		if err != nil {
			return candidate{}, err
		}
		rank, pred := c.bestRank(ranks, target, fold)
		for i, z := range pred {
			pred[i] = curve.inverse(z)
		}
		if bestPred == nil || c.better(pred, bestPred, c.y) {
			best, bestPred = candidate{w, rank}, pred
		}
	}
	return best, nil
}

// bestRank returns the rank with the smallest out-of-fold squared error, and
// its predictions, on the target's scale.
func (c *chooser) bestRank(ranks []int, target []float64, fold []int) (int, []float64) {
	preds := make([][]float64, len(ranks))
	for k := range preds {
		preds[k] = make([]float64, len(target))
	}
	parallel(innerFolds, c.options.Workers, func(f int) {
		train, test := splitFold(fold, f)
		scale := c.table.scalings(train, c.extras)
		known, asked := newProblem(c.table.design(train, scale)), c.table.design(test, scale)
		for k, rank := range ranks {
			p := known.fit(pick(target, train), rank, 1, trialPlan(), c.options.Seed+uint64(f+1), 1)
			mean, _ := p.predict(asked, 1)
			for n, i := range test {
				preds[k][i] = mean[n]
			}
		}
	})
	best := 0
	for k := range ranks {
		if RMSE(preds[k], target) < RMSE(preds[best], target) {
			best = k
		}
	}
	return ranks[best], preds[best]
}

// byRank prefers the scale that ranks unseen examples better.
func byRank(a, b, truth []float64) bool { return Kendall(a, truth) > Kendall(b, truth) }

// decodeStrict reads JSON and refuses fields that it does not know.
func decodeStrict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
