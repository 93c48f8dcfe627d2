package report

import (
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/controller"
)

// verdict says at once whether the search was worth it: what its repetitions say
// together, where there are some.
func (t *text) verdict(r Report) {
	if n := r.Outstanding; n > 0 {
		t.line("  this is of the first of %d searches, written before the others were through: espalier search --resume goes on with them", n+1)
	}
	switch {
	case r.Seeds != nil && r.Seeds.Front.N > 0:
		s := r.Seeds
		t.line("  over %d repetitions the search %s: at equal latency it has %+.4f on validation against random search with the same given networks and time, 95 %% interval [%+.4f, %+.4f]%s; its best network %+.4f [%+.4f, %+.4f]",
			s.Front.N, chance(s.Front.Low, s.Front.High), s.Front.Mean, s.Front.Low, s.Front.High, commonOver(s), s.Margin.Mean, s.Margin.Low, s.Margin.High)
	case r.Compare != nil:
		c := r.Compare.Stats
		words := chance(c.Low, c.High)
		if words != chance(r.Compare.Front, r.Compare.Front) || c.Searches < 2 {
			words = chance(0, 0) // at equal latency it is not so, or one network of each says nothing
		}
		t.line("  the search %s: its best %d networks have %+.4f on validation against those of random search with the same given networks and time, %s; at equal latency it is %+.4f on average%s",
			words, r.Compare.Best, c.Difference, apart(c), r.Compare.Front, common(r.Compare.Common))
	}
}

// common says how the arms compare at the latencies at which both have a network: what
// is left of a difference at equal latency that only one of them is fast enough for.
func common(difference *float64) string {
	if difference == nil {
		return ", nowhere with a network of both"
	}
	return fmt.Sprintf(", %+.4f where both have a network", *difference)
}

// commonOver is common over repetitions; not all of them need have such latencies.
func commonOver(s *Seeds) string {
	c := s.Common
	if c.N == 0 {
		return common(nil)
	}
	words := common(&c.Mean)
	if c.N > 1 {
		words += fmt.Sprintf(" [%+.4f, %+.4f]", c.Low, c.High)
	}
	if c.N < s.Front.N {
		words += fmt.Sprintf(" in %d of them", c.N)
	}
	return words
}

// apart tells the interval of the difference of two means, which takes two networks of each arm.
func apart(c controller.Comparison) string {
	if c.Searches < 2 {
		return "one network of each without an interval"
	}
	return fmt.Sprintf("95 %% interval [%+.4f, %+.4f]", c.Low, c.High)
}

// chance says what an interval of a difference to random search means.
func chance(low, high float64) string {
	switch {
	case low > 0:
		return "is better than chance"
	case high < 0:
		return "is worse than chance"
	default:
		return "is not shown to be better than chance"
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
	won, sum, unpaired := 0, 0.0, 0
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
		interval := v.PairedError
		if interval == 0 { // of an earlier version: as if each had been tested on pictures of its own
			interval = math.Hypot(n.TestError, v.TestError)
			unpaired++
		}
		rows = append(rows, []string{
			n.Name, latency(n), fmt.Sprintf("%.4f", *n.Test), fmt.Sprintf("%s x%.3g", v.Network, v.Factor), took, fmt.Sprintf("%.4f", v.Test), seconds(v.Seconds),
			fmt.Sprintf("%+.4f ±%.4f", d, interval),
		})
	}
	t.table([]string{"<network", ">latency", ">test", "<rival", ">latency", ">test", ">trained for", ">difference"}, rows)
	t.line("  the search won %d of %d, by %+.4f on average; ± is the 95 %% interval of the difference on the same test pictures;", won, len(r.Rivals), sum/float64(len(r.Rivals)))
	t.line("  it tells what other pictures would change, not what another training would")
	if unpaired > 0 {
		t.line("  %d of the rivals are of an earlier version, which did not keep who was right on which: their ± is as if on pictures of their own", unpaired)
	}
	if r.Last.AtATime > 1 {
		t.line("  rivals were trained by all %d workers, one after the other", r.Machine.Workers)
	}
}

func (t *text) arms(r Report) {
	head, rows := "The search", [][]string{armRow(r.Search)}
	if r.Random != nil {
		head = "Search against random search"
		rows = append(rows, armRow(*r.Random))
	}
	t.head(head)
	t.table([]string{"<arm", "<scored by", ">proposals", ">evaluations", ">infeasible", ">duplicates", ">best val", ">latency"}, rows)
	own := ""
	if r.Reach > 0 && (r.Limits.Latency == 0 || r.Reach < r.Limits.Latency) {
		own = "; that on latency follows from the budget: see above"
	}
	t.line("  limits: %s%s", r.Search.Limits, own)
	if r.Compare == nil {
		t.line("  no random search was run beside it: nothing says that this one is better than chance (--random would)")
		return
	}
	c := r.Compare.Stats
	evaluations := "as many evaluations"
	if s, n := r.Search.Evaluations, r.Random.Evaluations; n < s { // it ran out of networks
		evaluations = fmt.Sprintf("%d and %d evaluations, since random search found no more within the limits", s, n)
	}
	t.line("  both arms had %s, the same given networks and as much time to finish; validation accuracy:", evaluations)
	t.line("  best %d of each: search %.4f, random %.4f; difference %+.4f, %s; P(search > random) %.3f",
		r.Compare.Best, c.SearchMean, c.RandomMean, c.Difference, apart(c), c.Better)
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
	t.handed(r.Seeds)
	if r.Seeds.Front.N == 0 {
		return
	}
	s := r.Seeds
	t.head("Search against random search, over seeds on one supernet: differences of validation accuracy")
	row := func(what string, s controller.Summary) []string {
		if s.N == 1 {
			return []string{what, "1", fmt.Sprintf("%+.4f", s.Mean), "-", "-"}
		}
		return []string{what, fmt.Sprint(s.N), fmt.Sprintf("%+.4f", s.Mean), fmt.Sprintf("%.4f", s.Std), fmt.Sprintf("[%+.4f, %+.4f]", s.Low, s.High)}
	}
	rows := [][]string{row("at equal latency, on average", s.Front)}
	if s.Common.N > 0 {
		rows = append(rows, row("at equal latency, where both have a network", s.Common))
	}
	rows = append(rows, row("mean of the best, at any latency", s.Best), row("best network", s.Margin))
	for i, l := range s.Levels {
		if l.N > 0 {
			rows = append(rows, row(fmt.Sprintf("best within 1/%d of the slowest", 1<<(len(s.Levels)-1-i)), l))
		}
	}
	t.table([]string{"<difference", ">seeds", ">mean", ">deviation", ">95 %"}, rows)
	t.line("  at equal latency the search %s", chance(s.Front.Low, s.Front.High))
}

// handed tells what several searches handed over.
func (t *text) handed(s *Seeds) {
	if len(s.Handed) == 0 {
		return
	}
	t.head(fmt.Sprintf("Handed over by %d searches on one supernet: the most accurate network of each", s.Searches))
	mean := func(s controller.Summary) []string {
		switch s.N {
		case 0:
			return []string{"none", "-", "-"}
		case 1:
			return []string{fmt.Sprintf("%.4f", s.Mean), "-", "-"}
		default:
			return []string{fmt.Sprintf("%.4f", s.Mean), fmt.Sprintf("%.4f", s.Std), fmt.Sprintf("[%.4f, %.4f]", s.Low, s.High)}
		}
	}
	var rows [][]string
	for _, h := range s.Handed {
		row := append([]string{millis(h.Latency), fmt.Sprint(h.Validation.N)}, mean(h.Validation)...)
		rows = append(rows, append(row, mean(h.Test)...))
	}
	t.table([]string{">at most", ">searches", ">validation", ">deviation", ">95 %", ">test", ">deviation", ">95 %"}, rows)
	t.line("  chosen on validation; intervals are of the mean over searches (Student), which other pictures and another supernet would move too")
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
