package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
)

// ChecksText returns what a search measured about itself, for people: twelve points, each
// with what was not done and what would do it. Of reports without checks it is empty.
func ChecksText(r Report) string {
	if r.Checks == nil {
		return ""
	}
	t := checksText{c: r.Checks, r: r}
	t.line("What this search measured about itself. Intervals are of 95 %%; those of means are Student's, those of rank correlations and of point 1 by bootstrap.")
	for i, point := range []func(){
		t.chance, t.seeds, t.fidelity, t.scores, t.predictor, t.latency, t.norms, t.space, t.checklist, t.splits, t.controller, t.determinism,
	} {
		t.number = i + 1
		point()
	}
	return t.b.String()
}

// checksText builds the text.
type checksText struct {
	text
	c      *Checks
	r      Report
	number int
}

func (t *checksText) point(name string) { t.head(fmt.Sprintf("%d. %s", t.number, name)) }

// not says that something was not done, and what would do it.
func (t *checksText) not(what, would string) { t.line("  not done: %s (%s)", what, would) }

// ofMean writes a mean with its interval, of more than one figure, and count.
func ofMean(s controller.Summary) string {
	if s.N == 1 {
		return fmt.Sprintf("%.4f of 1", s.Mean)
	}
	return fmt.Sprintf("%.4f [%.4f, %.4f] of %d", s.Mean, s.Low, s.High, s.N)
}

// difference is ofMean with signs.
func difference(s controller.Summary) string {
	return fmt.Sprintf("%+.4f [%+.4f, %+.4f] of %d", s.Mean, s.Low, s.High, s.N)
}

func span(e predictor.Estimate) string { return fmt.Sprintf("%.3f [%.3f, %.3f]", e.Value, e.Lo, e.Hi) }

func (t *checksText) chance() {
	t.point("Search against random search")
	if t.r.Compare == nil {
		t.not("random search with as many evaluations and as much finishing", "--random")
		return
	}
	c := t.r.Compare.Stats
	t.line("  best %d finished networks of each arm, validation accuracy, from %d and %d evaluations with the same seed, given networks and time:", t.r.Compare.Best, t.r.Search.Evaluations, t.r.Random.Evaluations)
	t.table([]string{"<arm", ">n", ">mean", ">deviation"}, [][]string{
		{"search", fmt.Sprint(c.Searches), fmt.Sprintf("%.4f", c.SearchMean), fmt.Sprintf("%.4f", c.SearchStd)},
		{"random", fmt.Sprint(c.Randoms), fmt.Sprintf("%.4f", c.RandomMean), fmt.Sprintf("%.4f", c.RandomStd)},
	})
	t.line("  difference %+.4f, %s, %+.2f pooled deviations, %+.2f %% of the random mean; P(search > random) %.3f", c.Difference, apart(c), c.Effect, 100*c.Relative, c.Better)
}

func (t *checksText) seeds() {
	t.point("Seeds")
	if s := t.r.Seeds; s != nil && s.Front.N > 0 {
		t.line("  search and finishing were done %d times on one supernet; at equal latency the search is %s ahead of random search, deviation between repetitions %.4f", s.Front.N, difference(s.Front), s.Front.Std)
	} else if t.c.Accesses.Repeats > 0 {
		t.line("  search and finishing were done again with other draws (repeat-*/report.txt); without random search beside them (--random) there is no difference to tell")
	} else {
		t.not("search and finishing again with other draws", "--seeds 5")
	}
	t.not("the part of that deviation that is the final training's", "espalier fidelity --run DIR --seeds 2 trains networks more than once and tells it")
	t.not("another supernet", "--seed, in another run")
}

func (t *checksText) fidelity() {
	t.point("How well inherited weights rank")
	f := t.c.Fidelity
	if f == nil {
		t.line("  fewer than %d candidates were on the first rung of finishing", LeastRanked)
	} else {
		from := "on from inherited weights"
		if f.Scratch {
			from = "from fresh weights"
		}
		a := f.Agreement
		t.line("  %d candidates, each trained alone for the same %d steps %s, then evaluated on %d validation pictures:", a.N, f.Steps, from, f.Pictures)
		rows := [][]string{
			estimateRow("Kendall tau", a.Kendall), estimateRow("Spearman", a.Spearman),
			estimateRow(fmt.Sprintf("sparse tau, accuracies rounded to %.4f", f.Ranking.Step), f.Ranking.Sparse),
		}
		if n := predictor.Fifth(a.N); n > 1 { // one has no order
			rows = append(rows, estimateRow(fmt.Sprintf("tau among the best %d", n), a.Top))
		}
		t.table([]string{"<figure", ">value", ">95 %"}, append(rows,
			estimateRow("tau within halves of equal FLOPs, mean", a.Strata), estimateRow("tau given log FLOPs", a.Partial),
			estimateRow(fmt.Sprintf("share of the best %d found", predictor.Fifth(a.N)), a.Precision), estimateRow("accuracy lost by taking the best", a.Regret)))
		t.line("  candidates were chosen by these scores: their range is narrower than that of the space, and correlations are lower")
	}
	if o := t.c.Outlook; o != nil {
		t.line("  what the second rung (%d networks) let expect of the last one was off by %s on %d networks (root mean square, as a ratio); with one law for all sizes by %s, as if nothing were learnt there by %s",
			o.Rungs, factor(o.Off), o.Networks, factor(o.Common), factor(o.Same))
	}
	t.not("networks of all sizes trained alone to the end, with their scatter plot", "espalier fidelity --run DIR")
}

// factor writes the logarithm of a ratio.
func factor(log float64) string { return fmt.Sprintf("%.1f %%", 100*math.Expm1(log)) }

func estimateRow(name string, e predictor.Estimate) []string {
	return []string{name, fmt.Sprintf("%.3f", e.Value), fmt.Sprintf("[%.3f, %.3f]", e.Lo, e.Hi)}
}

func (t *checksText) scores() {
	t.point("Plain scores beside those of the search")
	s := t.c.Scores
	if s == nil {
		t.line("  nothing was evaluated that they could be compared on")
		return
	}
	var rows [][]string
	for _, x := range s.Rows {
		rows = append(rows, []string{x.Name, orDash(x.Supernet, rankN), orDash(x.Supernet, rankTau), orDash(x.Alone, rankN), orDash(x.Alone, rankTau), orDash(x.Alone, rankSparse)})
	}
	t.table([]string{"<score", ">n", ">tau with the supernet's score", ">n", ">tau with training alone", ">sparse tau"}, rows)
	t.line("  the mini-batch has %d training pictures; signs are such that higher is better, of the loss its negative; training alone as in point 3", s.Pictures)
	for _, d := range t.r.Accuracy.Versus {
		if d.Against == "flops" && !d.Better() {
			t.line("  warning: the predictor is not shown to rank better than FLOPs: difference in tau %+.3f [%+.3f, %+.3f] of %d", d.Tau, d.TauLo, d.TauHi, d.N)
		}
	}
}

func rankN(k predictor.Ranking) string      { return fmt.Sprint(k.N) }
func rankTau(k predictor.Ranking) string    { return span(k.Tau) }
func rankSparse(k predictor.Ranking) string { return span(k.Sparse) }

func orDash(k *predictor.Ranking, f func(predictor.Ranking) string) string {
	if k == nil {
		return "-"
	}
	return f(*k)
}

func (t *checksText) predictor() {
	t.point("Predictions of the supernet's score")
	p := t.c.Predicted
	if p == nil {
		t.not("a predictor", "search.score: predictor")
		return
	}
	var rows [][]string
	for _, c := range p.Curve {
		rows = append(rows, errorRow(fmt.Sprintf("random, learnt from %d", c.Learnt), c.Report))
	}
	if p.Picks != nil {
		rows = append(rows, errorRow("proposed by the search", *p.Picks), errorRow("the same, calibrated", *p.Calibrated))
	}
	t.table(errorTitles("<architectures"), rows)
	t.line("  each was predicted by a model that had not seen it; rounds propose what is predicted best, so that their range is narrower")
	rows = nil
	for _, c := range p.Coverage {
		picks, calibrated := "-", "-"
		if p.Picks != nil {
			picks, calibrated = percent(c.Picks), percent(c.Calibrated)
		}
		rows = append(rows, []string{percent(c.Level), percent(c.Samples), picks, calibrated})
	}
	t.line("  share of truths within intervals:")
	t.table([]string{">that should hold", ">random", ">proposed", ">calibrated"}, rows)
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

func (t *checksText) latency() {
	t.point("Latency")
	t.table(errorTitles("<predicted against measured"), t.r.Latency.rows())
	t.line("  random networks are held out of what predicts them")
	m := t.c.Timing
	if m == nil {
		t.not("timing networks again", "latencies are of another machine: run without --table, or measure there")
		return
	}
	governor := m.Governor
	if governor == "" {
		governor = "not told by the system"
	}
	on := ""
	if t.r.Latency.Probe != nil {
		on = " on own kernels"
	}
	t.line("  the same network timed %d times%s, others between: coefficient of variation %.1f %% [%.1f, %.1f] over %d networks", len(m.Times[0]), on, 100*m.Spread.Mean, 100*max(0, m.Spread.Low), 100*m.Spread.High, m.Spread.N)
	drift := "not measured"
	if d := t.r.Latency.Drift; d != 0 {
		drift = fmt.Sprintf("%.2f", d)
	}
	t.line("  %s, %d cores, %d threads; frequency governor: %s; networks at the end over those at the beginning: %s", t.r.Machine.Processor, t.r.Machine.Cores, m.Workers, governor, drift)
}

func (t *checksText) norms() {
	t.point("Batch-norm statistics")
	n := t.c.Norms
	if n == nil {
		t.not("subnets evaluated with other statistics", "espalier fidelity --run DIR")
		return
	}
	row := func(name string, s controller.Summary, less string) []string { return []string{name, ofMean(s), less} }
	t.table([]string{"<statistics", ">accuracy", ">recalibrated less these"}, [][]string{
		row(fmt.Sprintf("recalibrated on %d training pictures, as evaluated", n.Calibration), n.Own, ""),
		row(fmt.Sprintf("inherited: means over %d subnets of the sampler", n.Pooled), n.Inherited, difference(n.OverPooled)),
		row("of each batch that is evaluated", n.Batch, difference(n.OverBatch)),
	})
	t.line("  on the same %d validation pictures, with the same inherited weights", n.Pictures)
}

// shownEffects is how many decisions are listed, and barWidth that of the longest bar of
// the histogram.
const shownEffects, barWidth = 8, 40

func (t *checksText) space() {
	t.point("The space")
	s := t.r.Space
	t.line("  %s (%s): %s architectures, %d decisions", s.Name, s.ID, s.Size, s.Decisions)
	n := t.c.Random
	if n == nil {
		t.not("evaluating architectures at random", "search.score: predictor, or --random")
		return
	}
	t.line("  random architectures within the limits, inherited weights: accuracy %s, deviation %.4f; %d pictures alone leave one of %.4f", ofMean(n.Accuracy), n.Accuracy.Std, n.Pictures, n.Noise)
	t.histogram(n.Bins)
	shown := strongest(n.Effects)
	t.line("  mean accuracy by choice, the %d decisions whose best and worst choices are furthest apart for their errors; of %d some are so by chance:", len(shown), len(n.Effects))
	var rows [][]string
	for _, e := range shown {
		best, worst := ends(e)
		rows = append(rows, []string{e.Decision, best.Name, ofMean(best.Accuracy), worst.Name, ofMean(worst.Accuracy)})
	}
	t.table([]string{"<decision", "<best", ">accuracy", "<worst", ">accuracy"}, rows)
}

func (t *checksText) histogram(bins []Bin) {
	most := 0
	for _, b := range bins {
		most = max(most, b.Count)
	}
	var rows [][]string
	for _, b := range bins {
		rows = append(rows, []string{fmt.Sprintf("%.3f to %.3f", b.From, b.To), fmt.Sprint(b.Count), strings.Repeat("#", (b.Count*barWidth+most-1)/most)})
	}
	t.table([]string{"<accuracy", ">n", "<"}, rows)
}

// ends returns the choices with the highest and the lowest mean, of those made more than
// once if there are any.
func ends(e Effect) (best, worst Choice) {
	often := slices.DeleteFunc(slices.Clone(e.Choices), func(c Choice) bool { return c.Accuracy.N < 2 })
	if len(often) == 0 {
		often = e.Choices
	}
	compare := func(a, b Choice) int {
		if a.Accuracy.Mean < b.Accuracy.Mean {
			return -1
		}
		return 1
	}
	return slices.MaxFunc(often, compare), slices.MinFunc(often, compare)
}

// strongest returns the effects of decisions with two choices made more than once, those
// furthest apart in standard errors first.
func strongest(all []Effect) []Effect {
	apart := func(e Effect) float64 {
		best, worst := ends(e)
		square := func(s controller.Summary) float64 { return s.Std * s.Std / float64(s.N) }
		return (best.Accuracy.Mean - worst.Accuracy.Mean) / math.Sqrt(square(best.Accuracy)+square(worst.Accuracy)+1e-12)
	}
	some := slices.DeleteFunc(slices.Clone(all), func(e Effect) bool {
		if len(e.Choices) == 0 {
			return true
		}
		best, worst := ends(e)
		return best.Name == worst.Name || min(best.Accuracy.N, worst.Accuracy.N) < 2
	})
	slices.SortStableFunc(some, func(a, b Effect) int {
		if apart(a) > apart(b) {
			return -1
		}
		return 1
	})
	return some[:min(shownEffects, len(some))]
}
