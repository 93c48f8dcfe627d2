package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/espalier-nas/espalier/predictor"
)

// Text returns the report for people: plain columns, no colour.
func Text(r Report) string {
	var t text
	t.line("espalier %s", r.Version)
	t.pareto(r)
	t.tuned(r)
	t.arms(r)
	t.predictors(r)
	t.supernet(r)
	t.phases(r)
	t.origin(r)
	t.warnings(r)
	return t.b.String()
}

// text builds a report.
type text struct{ b strings.Builder }

func (t *text) line(format string, args ...any) { fmt.Fprintf(&t.b, format+"\n", args...) }

func (t *text) head(name string) { t.line("\n%s", name) }

// table writes columns as wide as their widest cell, to the left or to the
// right as the first letter of their title ("<" or ">") says.
func (t *text) table(titles []string, rows [][]string) {
	head := make([]string, len(titles))
	for i, title := range titles {
		head[i] = title[1:]
	}
	rows = append([][]string{head}, rows...)
	width := make([]int, len(titles))
	for _, row := range rows {
		for i, c := range row {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, c := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if titles[i][0] == '>' {
				b.WriteString("  " + pad + c)
			} else {
				b.WriteString("  " + c + pad)
			}
		}
		t.line("%s", strings.TrimRight(b.String(), " "))
	}
}

func (t *text) pareto(r Report) {
	t.head("Pareto set: accuracy against latency per image, inherited weights")
	var rows [][]string
	for _, n := range r.Pareto {
		rows = append(rows, networkRow(n))
	}
	t.table(networkTitles(), rows)
	t.line("")
	for _, n := range r.Pareto {
		t.line("  %-9s  %s", n.Name, n.Arch)
	}
	switch n := r.Floor.LeftOut; n {
	case 0:
	case 1:
		t.line("  1 faster network below an accuracy of %.2f is left out", r.Floor.Accuracy)
	default:
		t.line("  %d faster networks below an accuracy of %.2f are left out", n, r.Floor.Accuracy)
	}
	t.line("  accuracy predicted from samples, measured on the validation split and, once, on the test split;")
	t.line("  latency predicted from layers and measured as a whole (median)")
}

func networkTitles() []string {
	return []string{"<network", ">acc pred", ">acc val", ">acc test", ">lat pred", ">lat meas", ">MFLOPs", ">params"}
}

func networkRow(n Network) []string {
	return []string{
		n.Name, optional(n.Predicted), fmt.Sprintf("%.4f", n.Validation), optional(n.Test),
		millis(n.Latency), measured(n), fmt.Sprintf("%.2f", float64(n.FLOPs)/1e6), fmt.Sprint(n.Params),
	}
}

func optional(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.4f", *v)
}

func measured(n Network) string {
	if n.Measured == nil {
		return "-"
	}
	return millis(n.Measured.Median)
}

func millis(seconds float64) string { return fmt.Sprintf("%.3f ms", 1e3*seconds) }

func (t *text) tuned(r Report) {
	if r.Tuned == nil {
		return
	}
	u := r.Tuned
	t.head("Fine-tuned: the most accurate network of the set, trained on alone")
	t.line("  %s  validation %.4f  test %.4f  (%d steps, %s)", u.Name, u.Validation, u.Test, u.Steps, seconds(u.Seconds))
}

func (t *text) arms(r Report) {
	t.head("Search against random search")
	rows := [][]string{armRow(r.Search)}
	if r.Random != nil {
		rows = append(rows, armRow(*r.Random))
	}
	t.table([]string{"<arm", "<scored by", ">proposals", ">evaluations", ">infeasible", ">duplicates", ">best val", ">best test", ">lat meas"}, rows)
	t.line("  limits: %s", r.Search.Limits)
	if r.Compare == nil {
		t.line("  no random arm was run: nothing says that the search is better than chance")
		return
	}
	c := r.Compare.Stats
	t.line("  margin of the best: %+.4f", r.Compare.Margin)
	t.line("  %d architectures chosen for accuracy: mean %.4f, deviation %.4f; %d random ones: mean %.4f, deviation %.4f", c.Searches, c.SearchMean, c.SearchStd, c.Randoms, c.RandomMean, c.RandomStd)
	t.line("  P(chosen > random) %.3f; difference of means %+.4f, 95 %% interval [%+.4f, %+.4f]; relative to mean random %+.2f %%", c.Better, c.Difference, c.Low, c.High, 100*c.Relative)
	t.line("  %.1f %% of the random ones are slower and less accurate than a network of the Pareto set", 100*r.Compare.Dominated)
	if r.Supernet.Sampler == "sandwich" {
		t.line("  the search judged the largest and the narrowest network too, which every step trains; chance does not find them")
	}
}

func armRow(a Arm) []string {
	return []string{
		a.Strategy, a.Score, fmt.Sprint(a.Proposals), fmt.Sprint(a.Evaluations), fmt.Sprint(a.Infeasible), fmt.Sprint(a.Duplicates),
		fmt.Sprintf("%.4f", a.Best.Validation), optional(a.Best.Test), measured(a.Best),
	}
}

func (t *text) predictors(r Report) {
	t.head("Predictors, on architectures that they have not seen")
	var rows [][]string
	for _, s := range r.Accuracy.Models {
		name := "accuracy, " + s.Model
		if s.Model == r.Accuracy.Model {
			name += " (used)"
		}
		rows = append(rows, errorRow(name, s.Report))
	}
	if r.Accuracy.Found != nil {
		rows = append(rows, errorRow("accuracy, finalists", *r.Accuracy.Found))
	}
	rows = append(rows, errorRow("latency, random", r.Latency.HeldOut))
	if r.Latency.Found != nil {
		rows = append(rows, errorRow("latency, finalists", *r.Latency.Found))
	}
	t.table([]string{"<target", ">n", ">tau", ">95 %", ">Spearman", ">MAPE", ">RMSE", ">within 5 %", ">within 10 %"}, rows)
	t.line("  latency of %s: %d layers and %d networks measured", r.Latency.Device, r.Latency.Layers, r.Latency.Networks)
	if r.Latency.Drift != 0 {
		t.line("  at the end of the run the same networks took %.2f times as long as at its beginning", r.Latency.Drift)
	}
}

func errorRow(name string, e predictor.Report) []string {
	return []string{
		name, fmt.Sprint(e.N), fmt.Sprintf("%.3f", e.Kendall), fmt.Sprintf("[%.3f, %.3f]", e.KendallLo, e.KendallHi), fmt.Sprintf("%.3f", e.Spearman),
		fmt.Sprintf("%.1f %%", 100*e.MAPE), fmt.Sprintf("%.3g", e.RMSE), fmt.Sprintf("%.0f %%", 100*e.Within5), fmt.Sprintf("%.0f %%", 100*e.Within10),
	}
}

func (t *text) supernet(r Report) {
	s := r.Supernet
	t.head("Supernet")
	t.line("  %d shared parameters, hash %s", s.Params, s.Hash)
	t.line("  sampler %s, %d steps of %d images (%.1f epochs), last loss %.4f", s.Sampler, s.Steps, s.Batch, s.Epochs, s.Loss)
	t.line("  space %s (%s): %s architectures, %d decisions", r.Space.Name, r.Space.ID, r.Space.Size, r.Space.Decisions)
	if all := r.Prefix.Computed + r.Prefix.Saved; all > 0 {
		t.line("  judging candidates: %.1f GFLOPs, %.1f %% of the work saved by shared prefixes", float64(r.Prefix.Computed)/1e9, 100*float64(r.Prefix.Saved)/float64(all))
	}
}

func (t *text) phases(r Report) {
	t.head("Time")
	total := 0.0
	var rows [][]string
	for _, p := range r.Phases {
		total += p.Seconds
		rows = append(rows, []string{p.Name, seconds(p.Seconds)})
	}
	t.table([]string{"<phase", ">time"}, append(rows, []string{"total", seconds(total)}))
}

func seconds(s float64) string { return fmt.Sprintf("%.1f s", s) }

func (t *text) origin(r Report) {
	m, d := r.Machine, r.Data
	t.head("Origin")
	t.line("  machine  %s, %d cores; %s kernels, %d workers; %s %s", m.Processor, m.Cores, m.Kernel, m.Workers, m.Go, m.System)
	t.line("  data     %s (%s), %dx%dx%d, %d classes: %d training, %d validation, %d test pictures", d.Name, d.Format, d.H, d.W, d.C, d.Classes, d.Train, d.Val, d.Test)
	t.line("  seed     %d", r.Seed)
	t.line("  test     %d pictures, touched once by each of %d networks after all choices were made", r.Test.Images, r.Test.Networks)
	if r.Test.ByHand > 0 {
		t.line("           and before that by %d networks that eval --test judged", r.Test.ByHand)
	}
}

func (t *text) warnings(r Report) {
	if len(r.Warnings) == 0 {
		return
	}
	t.head("Warnings")
	for _, w := range r.Warnings {
		t.line("  %s", w)
	}
}
