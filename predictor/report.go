package predictor

import (
	"fmt"

	"github.com/espalier-nas/espalier/supernet/space"
)

// bootstrapResamples of an interval in a report.
const bootstrapResamples = 500

// Report tells how good predictions are on architectures that the model has
// not seen. Rank correlations that are undefined (see Kendall) are 0.
type Report struct {
	N         int     `json:"n"`          // architectures judged
	Kendall   float64 `json:"kendall"`    // tau-b
	KendallLo float64 `json:"kendall_lo"` // 95 % bootstrap interval
	KendallHi float64 `json:"kendall_hi"`
	Spearman  float64 `json:"spearman"`
	MAPE      float64 `json:"mape"`     // fraction
	RMSE      float64 `json:"rmse"`     // unit of the target
	Within5   float64 `json:"within5"`  // fraction within 5 % of the truth
	Within10  float64 `json:"within10"` // fraction within 10 % of the truth
	Cover90   float64 `json:"cover90"`  // fraction of truths inside the model's 90 % interval; 0 where no interval was given
}

// String returns one line for logs and reports.
func (r Report) String() string {
	return fmt.Sprintf("tau %.3f [%.3f, %.3f], Spearman %.3f, MAPE %.1f %%, RMSE %.4g, within 5 %% %.0f %%, within 10 %% %.0f %% (n %d)",
		r.Kendall, r.KendallLo, r.KendallHi, r.Spearman, 100*r.MAPE, r.RMSE, 100*r.Within5, 100*r.Within10, r.N)
}

// Evaluate compares predictions with measured values; the seed is that of the
// bootstrap. Cover90 stays 0.
func Evaluate(pred, truth []float64, seed uint64) Report {
	lo, hi := Bootstrap(Kendall, pred, truth, bootstrapResamples, 0.95, seed)
	return Report{
		N:         len(pred),
		Kendall:   Kendall(pred, truth),
		KendallLo: lo,
		KendallHi: hi,
		Spearman:  Spearman(pred, truth),
		MAPE:      MAPE(pred, truth),
		RMSE:      RMSE(pred, truth),
		Within5:   Within(pred, truth, 0.05),
		Within10:  Within(pred, truth, 0.10),
	}
}

// HoldOut splits examples at random into indices to train on and indices to
// test on, about share of them. Examples of one architecture fall on one side;
// both sides get at least one architecture if there are two. Indices ascend.
// It panics unless 0 < share < 1 and both lists have one length.
func HoldOut(archs []space.Arch, y []float64, share float64, seed uint64) (train, test []int) {
	if len(archs) != len(y) {
		panic("predictor: architectures and values of different length")
	}
	if !(share > 0 && share < 1) {
		panic("predictor: share of the hold-out is not between 0 and 1")
	}
	group, groups := groupByArch(archs)
	cut := min(max(int(share*float64(groups)+0.5), 1), max(groups-1, 0))
	place := stream(seed, forHoldOut, 0).Perm(groups)
	for i, g := range group {
		if place[g] < cut {
			test = append(test, i)
		} else {
			train = append(train, i)
		}
	}
	return train, test
}

// CrossValidate reports the error of models made by fresh on examples that
// they have not seen: each fold is predicted by a model fitted on all others.
// Examples of one architecture share a fold. It needs 2 <= folds <= distinct
// architectures; an error tells which fold could not be fitted.
func CrossValidate(fresh func() Predictor, archs []space.Arch, y []float64, folds int, seed uint64) (Report, error) {
	if err := checkTargets("cross-validation", archs, y, 2); err != nil {
		return Report{}, err
	}
	fold, err := assignFolds(archs, folds, seed)
	if err != nil {
		return Report{}, err
	}
	pred, std := make([]float64, len(y)), make([]float64, len(y))
	for f := range folds {
		train, test := splitFold(fold, f)
		p := fresh()
		if err := p.Fit(pick(archs, train), pick(y, train)); err != nil {
			return Report{}, fmt.Errorf("cross-validation fold %d of %d: %w", f+1, folds, err)
		}
		m, s := p.Predict(pick(archs, test))
		for k, i := range test {
			pred[i], std[i] = m[k], s[k]
		}
	}
	r := Evaluate(pred, y, seed)
	r.Cover90 = Coverage(pred, std, y, 0.9)
	return r, nil
}
