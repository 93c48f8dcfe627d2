package report

import (
	"cmp"
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
	columns := r.columns()
	titles, rows := make([]string, len(columns)), make([][]string, len(r.Pareto))
	for i, c := range columns {
		titles[i] = c.title
		for k, n := range r.Pareto {
			rows[k] = append(rows[k], c.cell(n))
		}
	}
	t.table(titles, rows)
	t.line("")
	for _, n := range r.Pareto {
		t.line("  %-9s  %s", n.Name, n.Arch)
	}
	t.elsewhere(r)
	t.floor(r)
	t.classes(r)
	t.verdict(r)
	t.line("  test accuracy with its 95 %% interval, measured once; validation: the split by which they were chosen; inherited: on that")
	whose := "measured (median)"
	if p := r.Latency.Probe; p != nil {
		whose = "as told by " + p.Runtime
	}
	t.line("  split with the supernet's weights, before each was trained on alone for the time given; latency %s", whose)
	if r.losses() {
		t.line("  loss: mean cross entropy on validation, in nats: the surer a network is of the right classes, the lower")
	}
	t.alike(r)
	if l := r.Last; l.AtATime > 1 {
		t.line("  trained for: %d networks at a time, each by %d of %d workers", l.AtATime, l.Workers, r.Machine.Workers)
	}
}

// alike tells why networks are handed over that are no more accurate on validation than a faster one.
func (t *text) alike(r Report) {
	var names []string
	top := 0.0
	for _, n := range r.Pareto {
		if n.Validation <= top {
			names = append(names, n.Name)
		}
		top = max(top, n.Validation)
	}
	if len(names) > 0 {
		t.line("  no more accurate on validation than a faster one, but by no more than the standard error of %d pictures, with a lower loss: %s",
			r.Data.Val, strings.Join(names, ", "))
	}
}

func (t *text) floor(r Report) {
	if r.Reach > 0 {
		t.line("  networks predicted to be slower than %s were not looked at: in this time none of them can be finished", millis(r.Reach))
	}
	t.line("  a linear classifier of the pixels has %.4f on validation", r.Floor.Accuracy)
	switch f := r.Floor; f.LeftOut {
	case 0:
	case 1:
		t.line("  1 faster network below that is left out")
	default:
		t.line("  %d faster networks below that are left out", f.LeftOut)
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

// energy is the measured one or, marked, the predicted one.
func energy(n Network) string {
	if !n.EnergyMeasured {
		return "~" + millijoules(n.Energy)
	}
	return millijoules(n.Energy)
}

func millijoules(joules float64) string { return fmt.Sprintf("%.3g mJ", 1e3*joules) }

// latency is the measured one or, marked, the predicted one.
func latency(n Network) string {
	took := millis(n.Takes())
	if n.Measured == nil {
		return "~" + took
	}
	return took
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
	rows = append(rows, r.Latency.rows()...)
	t.table(errorTitles("<target"), rows)
	for _, d := range r.Accuracy.Versus {
		t.line("  %s ranks %s: difference in tau %+.3f, 95 %% interval [%+.3f, %+.3f]", d.Model, d.Verdict(), d.Tau, d.TauLo, d.TauHi)
	}
	if p := r.Accuracy.Prior; p != nil {
		d := p.Gain
		t.line("  prior: %d architectures evaluated by %s; %s ranks %s: difference in tau %+.3f, 95 %% interval [%+.3f, %+.3f]", p.Trials, p.Run, d.Model, d.Verdict(), d.Tau, d.TauLo, d.TauHi)
		t.line("  %s", map[bool]string{true: "the search used the prior: cross-validation prefers it", false: "the prior does not help and was not used: cross-validation prefers the model without it"}[p.Used])
	}
	if r.Accuracy.Form != "" {
		t.line("  accuracy is predicted by %s", r.Accuracy.Form)
		t.line("  calibration on what rounds picked: %s", r.Accuracy.Calibration)
	}
	if p := r.Latency.Probe; p != nil {
		t.line("  latency counts as %s has measured it, on %d networks; it is predicted by %s", p.Runtime, p.Networks, p.Form)
		t.line("  latency on own kernels, which that begins with, is predicted by %s", r.Latency.Form)
	} else {
		t.line("  latency is predicted by %s", r.Latency.Form)
	}
	estimated := ""
	if n := r.Latency.Estimated; n > 0 {
		estimated = fmt.Sprintf(", %d layers estimated from similar ones", n)
	}
	t.line("  latency of %s: %d layers and %d networks measured%s", r.Latency.Device, r.Latency.Layers, r.Latency.Networks, estimated)
	if l := r.Latency.Reliance; l.Relied+l.Doubted > 0 {
		t.line("  of %d predictions of latency of networks that its model had not seen, %d would be relied on, %d of which are within 10 %%; of the %d doubtful ones %d are",
			l.Relied+l.Doubted, l.Relied, l.ReliedWithin, l.Doubted, l.DoubtedWithin)
	}
	if c := r.Latency.Contenders; c != nil {
		absent := ""
		if c.Absent > 0 {
			absent = fmt.Sprintf(", and %d doubtful ones, which cannot be measured here", c.Absent)
		}
		t.line("  of %d networks that candidates were chosen from and that it has not learnt from, %d were measured because their predicted latency was doubtful, %d because they were chosen; %d predictions were relied on%s",
			c.Doubted+c.Taken+c.Relied+c.Absent, c.Doubted, c.Taken, c.Relied, absent)
	}
	if r.Latency.Drift != 0 {
		t.line("  at the end of the run the same networks took %.2f times as long as at its beginning", r.Latency.Drift)
	}
}

// rows tell how far predictions of latency and energy are off, by what they are of.
func (l Latency) rows() [][]string {
	var rows [][]string
	random := "latency, random"
	if p := l.Probe; p != nil {
		rows = append(rows, errorRow("latency on the probe, random", p.LeftOut))
		if p.Energy != nil {
			rows = append(rows, errorRow("energy, random", *p.Energy))
		}
		random += ", own kernels"
	}
	rows = append(rows, errorRow(random, l.HeldOut))
	if l.Found != nil {
		row := errorRow("latency, candidates", *l.Found)
		row[len(row)-1] = "-" // costs have no intervals
		rows = append(rows, row)
	}
	for _, e := range l.Elsewhere {
		rows = append(rows, errorRow("latency on "+e.Name, e.HeldOut))
	}
	return rows
}

// target names what the accuracy predictors predict of a subnet.
func target(r Report) string {
	if r.Accuracy.Target == "loss" {
		return "exp(-loss)"
	}
	return "accuracy"
}

// errorTitles are the titles over rows of errors.
func errorTitles(first string) []string {
	return []string{first, ">n", ">tau", ">95 %", ">Spearman", ">MAPE", ">RMSE", ">within 5 %", ">within 10 %", ">in 90 %"}
}

func errorRow(name string, e predictor.Report) []string {
	return []string{
		name, fmt.Sprint(e.N), fmt.Sprintf("%.3f", e.Kendall), fmt.Sprintf("[%.3f, %.3f]", e.KendallLo, e.KendallHi), fmt.Sprintf("%.3f", e.Spearman),
		predictor.Percent(e.MAPE), fmt.Sprintf("%.3g", e.RMSE), fmt.Sprintf("%.0f %%", 100*e.Within5), fmt.Sprintf("%.0f %%", 100*e.Within10),
		fmt.Sprintf("%.0f %%", 100*e.Cover90),
	}
}

func (t *text) supernet(r Report) {
	s := r.Supernet
	t.head("Supernet")
	t.line("  %d shared parameters, hash %s", s.Params, s.Hash)
	if r.Trials != "" {
		t.line("  hash of all trials %s", r.Trials)
	}
	t.line("  sampler %s, %d steps of %d images (%.1f epochs), last loss %.4f", s.Sampler, s.Steps, s.Batch, s.Epochs, s.Loss)
	if e := s.Exposure; e != nil {
		t.line("  choices were trained by %d subnets in the median, %d to %d; least: %s", e.Median, e.Least, e.Most, e.Which)
	}
	t.line("  space %s (%s): %s architectures, %d decisions", r.Space.Name, r.Space.ID, r.Space.Size, r.Space.Decisions)
	if all := r.Prefix.Computed + r.Prefix.Saved; all > 0 {
		t.line("  evaluating on it: %.1f GFLOPs, %.1f %% of the work saved by shared prefixes", float64(r.Prefix.Computed)/1e9, 100*float64(r.Prefix.Saved)/float64(all))
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
	if r.Checks != nil && r.Checks.Accesses.Repeats > 0 {
		t.line("  the time of repetitions is in repeat-*/report.txt")
	}
}

func seconds(s float64) string { return fmt.Sprintf("%.1f s", s) }

func (t *text) origin(r Report) {
	m, d := r.Machine, r.Data
	t.head("Origin")
	t.line("  machine  %s, %d cores; %s kernels, %d workers; %s %s", m.Processor, m.Cores, m.Kernel, m.Workers, m.Go, m.System)
	t.line("  data     %s (%s), %dx%dx%d, %d classes: %d training, %d validation, %d test pictures", d.Name, d.Format, d.H, d.W, d.C, d.Classes, d.Train, d.Val, d.Test)
	t.line("  seed     %d", r.Seed)
	t.line("  files    networks/NAME.msgpack (espalier classify, espalier eval) and networks/NAME.onnx (other runtimes) in the run folder")
	networks := r.Test.Networks
	if r.Checks != nil { // with rivals and repetitions
		networks = r.Checks.Accesses.Total() - r.Checks.Accesses.ByHand
	}
	t.line("  test     %d pictures, touched once by each of %d networks after all choices were made", r.Test.Images, networks)
	if r.Test.ByHand > 0 {
		t.line("           and before that %d networks were evaluated %s", r.Test.ByHand, cmp.Or(r.Test.How, "by eval"))
	}
	if r.Checks != nil {
		t.line("  checks   what the search measured about itself, in twelve points: checks.txt")
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
