package truth

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/espalier-nas/espalier/predictor"
)

// Text returns the figures as tables for reading.
func (f *Fidelity) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Fidelity of the supernet: %d architectures trained alone on %s, %d trainings of %d steps of %d images\n\n",
		len(f.Evaluated), f.Data, f.Trainings, f.Steps, f.Batch)
	b.WriteString("Rank correlation with training alone: tau-b with its 95 % interval, Spearman, tau within the best fifth, within strata of log FLOPs, given log FLOPs\n")
	f.table(&b, "tau\tSpearman\tbest fifth\tin strata\tgiven FLOPs", func(a predictor.Agreement) []string {
		return []string{withInterval(a.Kendall, 1), withInterval(a.Spearman, 1), withInterval(a.Top, 1), withInterval(a.Strata, 1), withInterval(a.Partial, 1)}
	})
	fmt.Fprintf(&b, "\nChoosing: share of the best %d by score that is among the best %[1]d in truth; points lost by taking the best by score\n", predictor.Fifth(len(f.Evaluated)))
	f.table(&b, "precision\tregret", func(a predictor.Agreement) []string {
		return []string{withInterval(a.Precision, 1), withInterval(a.Regret, 100)}
	})
	f.notes(&b)
	return b.String()
}

// table writes a row of cells for each rating.
func (f *Fidelity) table(b *strings.Builder, names string, cells func(predictor.Agreement) []string) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  score\tagainst\tn\t%s\n", names)
	for _, r := range f.Ratings {
		fmt.Fprintf(w, "  %s\t%s\t%d\t%s\n", r.Score, r.Against, r.N, strings.Join(cells(r.Agreement), "\t"))
	}
	w.Flush()
}

// withInterval writes a figure with its interval, scaled.
func withInterval(e predictor.Estimate, scale float64) string {
	return fmt.Sprintf("%.2f [%.2f, %.2f]", scale*e.Value, scale*e.Lo, scale*e.Hi)
}

// notes writes the figures that are no ratings, and what the names mean.
func (f *Fidelity) notes(b *strings.Builder) {
	b.WriteString("\n")
	for _, g := range f.Gains {
		fmt.Fprintf(b, "tau of %s over that of %s: %+.3f, 95 %% interval [%+.3f, %+.3f], paired\n", g.Score, g.Over, g.Tau.Value, g.Tau.Lo, g.Tau.Hi)
	}
	fmt.Fprintf(b, "training alone adds %.2f points to the accuracy with inherited weights on average, %.2f to %.2f\n", f.Gap.Mean, f.Gap.Min, f.Gap.Max)
	if f.Noise > 0 {
		fmt.Fprintf(b, "trainings of one architecture differ with a standard deviation of %.2f points: %s is what to measure scores against one training by\n", 100*f.Noise, scoreTraining)
	}
	fmt.Fprintf(b, "the supernet keeps no batch-norm statistics; pooled ones, means over %d subnets as its sampler draws them, stand for running statistics\n", f.Pooled)
}
