package predictor

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/espalier-nas/espalier/internal/bootstrap"
)

// Difference sets one model against another on the same held-out examples.
// Intervals are of 95 %, by a bootstrap that resamples examples, each with the
// predictions of both models.
type Difference struct {
	Model   string  `json:"model"`
	Against string  `json:"against"`
	N       int     `json:"n"`       // examples
	Tau     float64 `json:"tau"`     // Kendall tau less that of the other: above 0 is better
	TauLo   float64 `json:"tau_lo"`  //
	TauHi   float64 `json:"tau_hi"`  //
	RMSE    float64 `json:"rmse"`    // less that of the other: below 0 is better
	RMSELo  float64 `json:"rmse_lo"` //
	RMSEHi  float64 `json:"rmse_hi"` //
}

// Versus compares two standings of one Compare. The models were fitted on the
// same folds and evaluated on the same examples, so that what makes examples hard
// for both cancels. It panics if the standings hold other examples. seed fixes
// the bootstrap.
func Versus(a, b Standing, seed uint64) Difference {
	if !slices.Equal(a.HeldOut.Truth, b.HeldOut.Truth) {
		panic("predictor: standings of different examples")
	}
	d := Difference{Model: a.Model, Against: b.Model, N: len(a.HeldOut.Truth)}
	d.Tau, d.TauLo, d.TauHi = paired(Kendall, a.HeldOut, b.HeldOut, seed)
	d.RMSE, d.RMSELo, d.RMSEHi = paired(RMSE, a.HeldOut, b.HeldOut, seed)
	return d
}

// paired returns the difference of a statistic of two models and its interval.
func paired(stat func(pred, truth []float64) float64, a, b HeldOut, seed uint64) (diff, lo, hi float64) {
	n := len(a.Truth)
	diff = stat(a.Mean, a.Truth) - stat(b.Mean, b.Truth)
	if n == 0 {
		return diff, diff, diff
	}
	at := make([]int, n)
	lo, hi = bootstrap.Interval(bootstrap.Draws(stream(seed, forPairs, 0), bootstrapResamples, func(r *rand.Rand) float64 {
		truth := pick(a.Truth, bootstrap.Redraw(r, at, n))
		return stat(pick(a.Mean, at), truth) - stat(pick(b.Mean, at), truth)
	}), 0.95)
	return diff, lo, hi
}

// Better reports whether the model ranks better for sure: the interval of the
// difference in tau lies above 0.
func (d Difference) Better() bool { return d.TauLo > 0 }

// Worse reports whether the model ranks worse for sure.
func (d Difference) Worse() bool { return d.TauHi < 0 }

// Verdict says in words how the model ranks beside the other.
func (d Difference) Verdict() string {
	switch {
	case d.Better():
		return "better than " + d.Against
	case d.Worse():
		return "worse than " + d.Against
	}
	return "no better than " + d.Against
}

// Warning returns what a reader of a report should know of a model that is not
// better than the other for sure; empty if it is.
func (d Difference) Warning() string {
	if d.Better() {
		return ""
	}
	return fmt.Sprintf("predictor %s ranks %s on %d architectures that neither has seen: difference in Kendall tau %+.3f, 95 %% interval [%+.3f, %+.3f]",
		d.Model, d.Verdict(), d.N, d.Tau, d.TauLo, d.TauHi)
}

// String returns one line for logs and reports.
func (d Difference) String() string {
	return fmt.Sprintf("%s ranks %s: difference in tau %+.3f [%+.3f, %+.3f], in RMSE %+.3g [%+.3g, %+.3g] (n %d)",
		d.Model, d.Verdict(), d.Tau, d.TauLo, d.TauHi, d.RMSE, d.RMSELo, d.RMSEHi, d.N)
}

// VersusAll compares the standing of the model called name with all others, in
// their order; nil if there is none of that name.
func VersusAll(name string, all []Standing, seed uint64) []Difference {
	own := slices.IndexFunc(all, func(s Standing) bool { return s.Model == name })
	if own < 0 {
		return nil
	}
	var out []Difference
	for i, s := range all {
		if i != own {
			out = append(out, Versus(all[own], s, seed))
		}
	}
	return out
}
