package report

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
)

// Text returns the report for people: plain columns, no colour.
func Text(r Report) string {
	var t text
	t.line("espalier %s", r.Version)
	t.pareto(r)
	t.plot(r)
	t.rivals(r)
	t.arms(r)
	t.seeds(r)
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
	t.head("Networks handed over, by latency per image")
	var rows [][]string
	for _, n := range r.Pareto {
		rows = append(rows, networkRow(n))
	}
	t.table([]string{"<network", ">latency", ">test accuracy", ">validation", ">inherited", ">trained for", ">MFLOPs", ">params", "<found by"}, rows)
	t.line("")
	for _, n := range r.Pareto {
		t.line("  %-9s  %s", n.Name, n.Arch)
	}
	t.floor(r.Floor)
	t.verdict(r)
	t.line("  test accuracy with its 95 %% interval, measured once; validation: the split by which they were chosen; inherited: on that")
	t.line("  split with the supernet's weights, before each was trained on alone for the time given; latency measured (median)")
}

// verdict says at once whether the search was worth it.
func (t *text) verdict(r Report) {
	if r.Compare == nil {
		return
	}
	c := r.Compare.Stats
	words := "is not shown to be better than chance"
	switch {
	case c.Low > 0:
		words = "is better than chance"
	case c.High < 0:
		words = "is worse than chance"
	}
	t.line("  the search %s: its best %d networks have %+.4f on validation against those of random search with the same gifts, 95 %% interval [%+.4f, %+.4f]",
		words, r.Compare.Best, c.Difference, c.Low, c.High)
}

func (t *text) floor(f Floor) {
	t.line("  a linear classifier of the pixels has %.4f on validation", f.Accuracy)
	switch f.LeftOut {
	case 0:
	case 1:
		t.line("  1 faster network below that is left out")
	default:
		t.line("  %d faster networks below that are left out", f.LeftOut)
	}
}

func networkRow(n Network) []string {
	return []string{
		n.Name, latency(n), tested(n), fmt.Sprintf("%.4f", n.Validation), fmt.Sprintf("%.4f", n.Inherited),
		seconds(n.Seconds), fmt.Sprintf("%.2f", float64(n.FLOPs)/1e6), fmt.Sprint(n.Params), foundBy(n),
	}
}

func tested(n Network) string {
	if n.Test == nil {
		return "-"
	}
	return fmt.Sprintf("%.4f ±%.4f", *n.Test, n.TestError)
}

// foundBy tells how a network came to be handed over.
func foundBy(n Network) string {
	switch {
	case n.Origin == "given":
		return "given"
	case n.Arm == "random":
		return "random arm"
	case n.Origin == "sample":
		return "random sample"
	default:
		return "search"
	}
}

// latency is the measured one or, marked, the predicted one.
func latency(n Network) string {
	if n.Measured == nil {
		return "~" + millis(n.Latency)
	}
	return millis(n.Measured.Median)
}

func millis(seconds float64) string { return fmt.Sprintf("%.3f ms", 1e3*seconds) }

// Size of the picture in the report, in characters.
const columns, lines = 100, 24

func (t *text) plot(r Report) {
	t.head("Accuracy on validation against latency")
	for line := range strings.Lines(Terminal(Points(r), columns, lines)) {
		t.line("  %s", strings.TrimRight(line, " \n"))
	}
}

// slower is from when on a rival is not as fast as the network that it is set
// against.
const slower = 1.05

// rivals tells who won, network by network.
func (t *text) rivals(r Report) {
	if len(r.Rivals) == 0 {
		return
	}
	t.head("Rivals: trained alone, each for as long as the whole search took")
	networks := make(map[string]Network)
	for _, n := range r.Pareto {
		networks[n.Name] = n
	}
	var rows [][]string
	won, sum := 0, 0.0
	for _, v := range r.Rivals {
		n := networks[v.Against]
		d := *n.Test - v.Test
		if d > 0 {
			won++
		}
		sum += d
		took := millis(v.Latency)
		if n.Measured != nil && v.Latency > slower*n.Measured.Median {
			took += " (no faster one)"
		}
		rows = append(rows, []string{
			n.Name, latency(n), fmt.Sprintf("%.4f", *n.Test), fmt.Sprintf("%s x%.3g", v.Network, v.Factor), took, fmt.Sprintf("%.4f", v.Test), seconds(v.Seconds),
			fmt.Sprintf("%+.4f ±%.4f", d, math.Hypot(n.TestError, v.TestError)),
		})
	}
	t.table([]string{"<network", ">latency", ">test", "<rival", ">latency", ">test", ">trained for", ">difference"}, rows)
	t.line("  the search won %d of %d, by %+.4f on average; ± is the 95 %% interval of a difference that so many test pictures leave", won, len(r.Rivals), sum/float64(len(r.Rivals)))
}

func (t *text) arms(r Report) {
	t.head("Search against random search")
	rows := [][]string{armRow(r.Search)}
	if r.Random != nil {
		rows = append(rows, armRow(*r.Random))
	}
	t.table([]string{"<arm", "<scored by", ">proposals", ">evaluations", ">infeasible", ">duplicates", ">best val", ">latency"}, rows)
	t.line("  limits: %s", r.Search.Limits)
	if r.Compare == nil {
		t.line("  no random arm was run: nothing says that the search is better than chance")
		return
	}
	c := r.Compare.Stats
	t.line("  both arms had as many evaluations, the same given networks and as much time to finish; validation accuracy:")
	t.line("  best %d of each: search %.4f, random %.4f; difference %+.4f, 95 %% interval [%+.4f, %+.4f]; P(search > random) %.3f",
		r.Compare.Best, c.SearchMean, c.RandomMean, c.Difference, c.Low, c.High, c.Better)
	var at [][]string
	for _, l := range r.Compare.Levels {
		difference := "-"
		if l.Search > 0 && l.Random > 0 {
			difference = fmt.Sprintf("%+.4f", l.Search-l.Random)
		}
		at = append(at, []string{millis(l.Latency), orNone(l.Search), orNone(l.Random), difference})
	}
	t.table([]string{">at most", ">search", ">random", ">difference"}, at)
}

// seeds tells what repeating search and finishing says.
func (t *text) seeds(r Report) {
	if r.Seeds == nil {
		return
	}
	s := r.Seeds
	t.head("Search against random search, over seeds on one supernet: differences of validation accuracy")
	row := func(what string, s controller.Summary) []string {
		return []string{what, fmt.Sprint(s.N), fmt.Sprintf("%+.4f", s.Mean), fmt.Sprintf("%.4f", s.Std), fmt.Sprintf("[%+.4f, %+.4f]", s.Low, s.High)}
	}
	rows := [][]string{row("mean of the best networks", s.Best), row("best network", s.Margin)}
	for i, l := range s.Levels {
		if l.N > 0 {
			rows = append(rows, row(fmt.Sprintf("best within 1/%d of the slowest", 1<<(len(s.Levels)-1-i)), l))
		}
	}
	t.table([]string{"<difference", ">seeds", ">mean", ">deviation", ">95 %"}, rows)
	if !(s.Best.Low > 0) {
		t.line("  the search is not shown to be better than chance")
	}
}

func orNone(accuracy float64) string {
	if accuracy == 0 {
		return "none"
	}
	return fmt.Sprintf("%.4f", accuracy)
}

func armRow(a Arm) []string {
	return []string{
		a.Strategy, a.Score, fmt.Sprint(a.Proposals), fmt.Sprint(a.Evaluations), fmt.Sprint(a.Infeasible), fmt.Sprint(a.Duplicates),
		fmt.Sprintf("%.4f", a.Best.Validation), latency(a.Best),
	}
}

func (t *text) predictors(r Report) {
	t.head("Predictors, on architectures that they have not seen")
	var rows [][]string
	for _, s := range r.Accuracy.Models {
		name := target(r) + ", " + s.Model
		if s.Model == r.Accuracy.Model {
			name += " (used)"
		}
		rows = append(rows, errorRow(name, s.Report))
	}
	if r.Accuracy.Found != nil {
		rows = append(rows, errorRow(target(r)+", candidates", *r.Accuracy.Found))
	}
	if r.Accuracy.Calibrated != nil {
		rows = append(rows, errorRow(target(r)+", candidates, calibrated", *r.Accuracy.Calibrated))
	}
	rows = append(rows, errorRow("latency, random", r.Latency.HeldOut))
	if r.Latency.Found != nil {
		rows = append(rows, errorRow("latency, candidates", *r.Latency.Found))
	}
	t.table([]string{"<target", ">n", ">tau", ">95 %", ">Spearman", ">MAPE", ">RMSE", ">within 5 %", ">within 10 %", ">in 90 %"}, rows)
	for _, d := range r.Accuracy.Versus {
		t.line("  %s ranks %s: difference in tau %+.3f, 95 %% interval [%+.3f, %+.3f]", d.Model, d.Verdict(), d.Tau, d.TauLo, d.TauHi)
	}
	if r.Accuracy.Form != "" {
		t.line("  accuracy is predicted by %s", r.Accuracy.Form)
		t.line("  calibration on what rounds picked: %s", r.Accuracy.Calibration)
	}
	t.line("  latency is predicted by %s", r.Latency.Form)
	t.line("  latency of %s: %d layers and %d networks measured", r.Latency.Device, r.Latency.Layers, r.Latency.Networks)
	if r.Latency.Drift != 0 {
		t.line("  at the end of the run the same networks took %.2f times as long as at its beginning", r.Latency.Drift)
	}
}

// target names what the accuracy predictors predict of a subnet.
func target(r Report) string {
	if r.Accuracy.Target == "loss" {
		return "exp(-loss)"
	}
	return "accuracy"
}

func errorRow(name string, e predictor.Report) []string {
	return []string{
		name, fmt.Sprint(e.N), fmt.Sprintf("%.3f", e.Kendall), fmt.Sprintf("[%.3f, %.3f]", e.KendallLo, e.KendallHi), fmt.Sprintf("%.3f", e.Spearman),
		fmt.Sprintf("%.1f %%", 100*e.MAPE), fmt.Sprintf("%.3g", e.RMSE), fmt.Sprintf("%.0f %%", 100*e.Within5), fmt.Sprintf("%.0f %%", 100*e.Within10),
		fmt.Sprintf("%.0f %%", 100*e.Cover90),
	}
}

func (t *text) supernet(r Report) {
	s := r.Supernet
	t.head("Supernet")
	t.line("  %d shared parameters, hash %s", s.Params, s.Hash)
	t.line("  sampler %s, %d steps of %d images (%.1f epochs), last loss %.4f", s.Sampler, s.Steps, s.Batch, s.Epochs, s.Loss)
	if e := s.Exposure; e != nil {
		t.line("  choices were trained by %d subnets in the median, %d to %d; least: %s", e.Median, e.Least, e.Most, e.Which)
	}
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
