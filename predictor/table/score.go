package table

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/espalier-nas/espalier/predictor"
)

// Score is how predictions of some networks compare with the truth; means over runs.
type Score struct {
	Spearman float64 `json:"spearman"`
	Kendall  float64 `json:"kendall"` // tau-b
	MAPE     float64 `json:"mape"`    // fraction
	Within5  float64 `json:"within5"` // fraction of networks
	Within10 float64 `json:"within10"`
}

// scoreOf compares predictions with the truth.
func scoreOf(pred, truth []float64) Score {
	return Score{
		predictor.Spearman(pred, truth), predictor.Kendall(pred, truth), predictor.MAPE(pred, truth),
		predictor.Within(pred, truth, 0.05), predictor.Within(pred, truth, 0.10),
	}
}

func (s *Score) add(o Score, share float64) {
	s.Spearman += share * o.Spearman
	s.Kendall += share * o.Kendall
	s.MAPE += share * o.MAPE
	s.Within5 += share * o.Within5
	s.Within10 += share * o.Within10
}

// Result is the score of one model on one column.
type Result struct {
	Column  string  `json:"column"`
	Model   string  `json:"model"`
	Samples int     `json:"samples"`
	Choose  string  `json:"choose"` // chosen or random
	Seeds   int     `json:"seeds"`
	Queries int     `json:"queries"`
	Spread  float64 `json:"spread"` // standard deviation of Kendall's tau over seeds
	Score
}

// means returns, for each model, number of samples and choice, the mean over columns.
func means(results []Result) []Result {
	type key struct {
		model, choose string
		samples       int
	}
	var order []key
	group := make(map[key][]Result)
	for _, r := range results {
		k := key{r.Model, r.Choose, r.Samples}
		if group[k] == nil {
			order = append(order, k)
		}
		group[k] = append(group[k], r)
	}
	var out []Result
	for _, k := range order {
		g := group[k]
		m := Result{Column: "mean", Model: k.model, Samples: k.samples, Choose: k.choose, Seeds: g[0].Seeds, Queries: g[0].Queries}
		for _, r := range g {
			m.add(r.Score, 1/float64(len(g)))
			m.Spread += r.Spread / float64(len(g))
		}
		out = append(out, m)
	}
	return out
}

// Text writes results as a table, the means over columns last if there are several.
func Text(results []Result) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "column\tmodel\tsamples\tnetworks\tSpearman\tKendall\t± seeds\tMAPE\twithin 5 %\twithin 10 %")
	rows := slices.Clone(results)
	if slices.ContainsFunc(results, func(r Result) bool { return r.Column != results[0].Column }) {
		rows = append(rows, means(results)...)
	}
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%.3f\t%.3f\t%.3f\t%s\t%.0f %%\t%.0f %%\n", r.Column, r.Model, r.Samples, r.Choose,
			r.Spearman, r.Kendall, r.Spread, predictor.Percent(r.MAPE), 100*r.Within5, 100*r.Within10)
	}
	w.Flush()
	return b.String()
}

// Rows is a run of rows of a table, both ends included.
type Rows struct{ From, To int }

// trimmed returns the rows without the share of lowest and of highest values.
func trimmed(rows []int, value []float64, share float64) []int {
	order := slices.Clone(rows)
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case value[i] < value[j]:
			return -1
		case value[i] > value[j]:
			return 1
		}
		return 0
	})
	cut := int(share * float64(len(order)))
	out := order[cut : len(order)-cut]
	slices.Sort(out)
	return out
}

// spreadOf returns the standard deviation; 0 of a single number.
func spreadOf(v []float64) float64 {
	var mean, sq float64
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		sq += (x - mean) * (x - mean)
	}
	return math.Sqrt(sq / float64(max(len(v)-1, 1)))
}
