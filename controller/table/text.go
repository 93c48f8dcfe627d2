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
	fmt.Fprintf(&b, "%s, column %s: %d networks, the best has %.6g\n", c.Table, c.Column, c.Networks, c.Best)
	fmt.Fprintf(&b, "%d evaluations a search, %d seeds from %d, batches of %d; regret: the best of the table less the best found\n\n", c.Evaluations, c.Seeds, c.Seed, c.Batch)
	early, middle := max(1, c.Evaluations/10), max(1, c.Evaluations/3)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "strategy\tregret at %d\tat %d\tat %d\t95 %%\tbeats random\t95 %%\trandom needs\twins\tfound\tms a search\t\n", early, middle, c.Evaluations)
	end := c.Evaluations - 1
	for _, s := range c.Standings {
		fmt.Fprintf(w, "%s\t%.4g\t%.4g\t%.4g\t[%.4g, %.4g]\t%.3f\t[%.3f, %.3f]\t%.1f x\t%.1f\t%d\t%.0f\t\n",
			s.Strategy, s.Curve[early-1], s.Curve[middle-1], s.Curve[end], s.Low[end], s.High[end],
			s.Better, s.BetterLow, s.BetterHigh, s.Saved, s.Wins, s.Found, 1e3*s.Seconds)
	}
	w.Flush()
	b.WriteString("\nbeats random: probability to end nearer to the best than random search does, ties half; random needs: so many times the evaluations\nfor the same mean figure; wins: seeds of which it ended nearest, ties shared; found: seeds of which it found the best\n")
	return b.String()
}
