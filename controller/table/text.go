package table

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// Text returns the standings as a table, with mean regrets after a tenth, a third and
// all of the evaluations.
func (c *Contest) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s\n", c.Table, c.goal())
	regret := "the best of the table less the best found"
	if len(c.Objectives) > 0 {
		regret = "the share of the table's hypervolume that is not covered"
	}
	fmt.Fprintf(&b, "%d evaluations a search, %d seeds from %d, batches of %d; regret: %s\n\n", c.Evaluations, c.Seeds, c.Seed, c.Batch, regret)
	early, middle, end := max(1, c.Evaluations/10), max(1, c.Evaluations/3), c.Evaluations
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "strategy\tregret at %d\tat %d\tat %d\t95 %%\tbeats random\t95 %%\t%swins\tfound\tms a search\t\n", early, middle, end, c.saved("random needs"))
	for _, s := range c.Standings {
		fmt.Fprintf(w, "%s\t%.4g\t%.4g\t%.4g\t[%.4g, %.4g]\t%.3f\t[%.3f, %.3f]\t%s%.1f\t%d\t%.0f\t\n",
			s.Strategy, s.Curve[early-1], s.Curve[middle-1], s.Curve[end-1], s.Low[end-1], s.High[end-1],
			s.Better, s.BetterLow, s.BetterHigh, c.saved(fmt.Sprintf("%.1f x", s.Saved)), s.Wins, s.Found, 1e3*s.Seconds)
	}
	w.Flush()
	b.WriteString("\nbeats random: probability to end nearer to the best than random search does, ties half;")
	if len(c.Objectives) == 0 {
		b.WriteString(" random needs: so many times the evaluations\nfor the same mean figure; wins: seeds of which it ended nearest, ties shared; found: seeds of which it found the best\n")
	} else {
		b.WriteString("\nwins: seeds of which it ended nearest, ties shared; found: seeds of which it found all of the front\n")
	}
	return b.String()
}

// goal says what the searches look for.
func (c *Contest) goal() string {
	if len(c.Objectives) > 0 {
		return fmt.Sprintf("column %s as reward, objectives %s: %d networks, %d on their front", c.Column, strings.Join(c.Objectives, ", "), c.Networks, c.Front)
	}
	return fmt.Sprintf("column %s: %d networks, the best has %.6g", c.Column, c.Networks, c.Best)
}

// saved returns a cell of the column that there is where the figure alone counts.
func (c *Contest) saved(cell string) string {
	if len(c.Objectives) > 0 {
		return ""
	}
	return cell + "\t"
}
