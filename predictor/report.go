package predictor

import "fmt"

// bootstrapResamples of an interval in a report.
const bootstrapResamples = 500

// Report tells how good predictions are on architectures that the model has
// not seen. Rank correlations that are undefined (see Kendall) are 0.
type Report struct {
	N         int     `json:"n"`          // architectures evaluated
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
	return fmt.Sprintf("tau %.3f [%.3f, %.3f], Spearman %.3f, MAPE %s, RMSE %.4g, within 5 %% %.0f %%, within 10 %% %.0f %% (n %d)",
		r.Kendall, r.KendallLo, r.KendallHi, r.Spearman, Percent(r.MAPE), r.RMSE, 100*r.Within5, 100*r.Within10, r.N)
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
