package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/espalier-nas/espalier/bench"
)

// writeReport writes the tables of ratios as Markdown; about describes machine
// and arms.
func writeReport(b *bytes.Buffer, about []byte, all []result) {
	fmt.Fprintf(b, "# Convolutions beside peers\n\n%s", about)
	b.WriteString("\nRatios are the peer's time over ours, paired by round: above 1, ours is faster. *Best* is, layer by layer, the\n" +
		"fastest peer; a row's figure is the geometric mean over its layers.\n")
	for _, threads := range threadsOf(all) {
		of := slices.DeleteFunc(slices.Clone(all), func(r result) bool { return r.threads != threads })
		fmt.Fprintf(b, "\n## %s\n\n", plural(threads, "thread"))
		goalTable(b, of)
		b.WriteString("\n")
		classTable(b, of)
	}
	scaling(b, all)
}

func threadsOf(all []result) []int {
	var threads []int
	for _, r := range all {
		if !slices.Contains(threads, r.threads) {
			threads = append(threads, r.threads)
		}
	}
	return threads
}

// peersOf returns the names of the peers that ran, sorted.
func peersOf(all []result) []string {
	var peers []string
	for _, r := range all {
		for p := range r.ratios {
			if !slices.Contains(peers, p) {
				peers = append(peers, p)
			}
		}
	}
	slices.Sort(peers)
	return peers
}

func goalTable(b *bytes.Buffer, all []result) {
	peers := peersOf(all)
	tableHead(b, slices.Concat([]string{"passes and layers", "n", "best", "must", "aim"}, peers, []string{"least"}))
	for _, g := range goals {
		picked := slices.DeleteFunc(slices.Clone(all), func(r result) bool { return r.best == "" || !g.pick(r) })
		if len(picked) == 0 {
			continue
		}
		row := []string{g.name, strconv.Itoa(len(picked)), judged(geometric(ratiosOf(picked)), g.must), ratioOrNone(g.must), ratioOrNone(g.aim)}
		for _, p := range peers {
			row = append(row, ratioOrNone(geometric(ratiosTo(picked, p))))
		}
		tableRow(b, append(row, nameOf(least(picked))))
	}
	counted := slices.DeleteFunc(slices.Clone(all), func(r result) bool { return r.best == "" || !counts(r) })
	if len(counted) > 0 {
		l := least(counted)
		row := []string{"any single layer", strconv.Itoa(len(counted)), judged(l.ratio(), singleMust), ratioOrNone(singleMust), ratioOrNone(singleAim)}
		tableRow(b, slices.Concat(row, make([]string, len(peers)), []string{nameOf(l) + ", " + string(l.pass) + " (" + l.best + ")"}))
	}
}

// judged marks a figure below what it must be.
func judged(v, must float64) string {
	if v < must {
		return fmt.Sprintf("**%.2f** ✗", v)
	}
	return fmt.Sprintf("**%.2f**", v)
}

func ratioOrNone(v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", v)
}

func ratiosOf(rs []result) []float64 {
	v := make([]float64, len(rs))
	for i, r := range rs {
		v[i] = r.ratio()
	}
	return v
}

func ratiosTo(rs []result, peer string) []float64 {
	var v []float64
	for _, r := range rs {
		if x, ok := r.ratios[peer]; ok {
			v = append(v, x)
		}
	}
	return v
}

func least(rs []result) result {
	return slices.MinFunc(rs, func(a, b result) int { return cmp.Compare(a.ratio(), b.ratio()) })
}

func nameOf(r result) string { return fmt.Sprintf("%.2f %s", r.ratio(), r.layer.Name) }

// classTable shows speeds: GFLOP/s as usually counted and, behind the stroke, by
// the taps that touch pixels.
func classTable(b *bytes.Buffer, all []result) {
	tableHead(b, []string{"pass", "class, batch", "n", "ours, GFLOP/s", "best peer", "ratio"})
	for _, p := range passes {
		var seen []string
		for _, first := range all {
			name := classOf(first.layer)
			if first.pass != p || slices.Contains(seen, name) {
				continue
			}
			seen = append(seen, name)
			of := slices.DeleteFunc(slices.Clone(all), func(r result) bool { return r.pass != p || classOf(r.layer) != name || r.best == "" })
			if len(of) == 0 {
				continue
			}
			tableRow(b, []string{
				string(p), name, strconv.Itoa(len(of)),
				speed(of, func(r result) string { return ours }), speed(of, func(r result) string { return r.best }),
				fmt.Sprintf("%.2f", geometric(ratiosOf(of))),
			})
		}
	}
}

func classOf(l bench.Layer) string {
	kind := ""
	switch {
	case l.Class != "resnet50" && l.Class != "mbv3":
	case l.Depthwise():
		kind = " depthwise"
	case pointwise(l):
		kind = " 1x1"
	case first(l):
		kind = " stem"
	default:
		kind = " 3x3"
	}
	return fmt.Sprintf("%s%s, %d", l.Class, kind, l.N)
}

func speed(rs []result, arm func(result) string) string {
	var nominal, valid []float64
	for _, r := range rs {
		n, v := r.gflops(arm(r))
		nominal, valid = append(nominal, n), append(valid, v)
	}
	return fmt.Sprintf("%.0f / %.0f", geometric(nominal), geometric(valid))
}

// scaling writes what the second core brings, for each arm.
func scaling(b *bytes.Buffer, all []result) {
	gains := map[string][]float64{}
	for _, one := range all {
		for _, two := range all {
			if one.threads != 1 || two.threads != 2 || one.layer != two.layer || one.pass != two.pass {
				continue
			}
			for arm, s := range two.seconds {
				if t, ok := one.seconds[arm]; ok {
					gains[arm] = append(gains[arm], t/s)
				}
			}
		}
	}
	if len(gains[ours]) == 0 {
		return
	}
	b.WriteString("\n## Second core\n\nTime with one thread over time with two, geometric mean over all passes and layers.\n\n")
	tableHead(b, []string{"arm", "n", "gain", "must", "aim"})
	tableRow(b, []string{ours, strconv.Itoa(len(gains[ours])), judged(geometric(gains[ours]), secondMust), ratioOrNone(secondMust), ratioOrNone(secondAim)})
	for _, p := range peersOf(all) {
		tableRow(b, []string{p, strconv.Itoa(len(gains[p])), ratioOrNone(geometric(gains[p])), "", ""})
	}
}

func tableHead(b *bytes.Buffer, names []string) {
	tableRow(b, names)
	b.WriteString(strings.Repeat("|---", len(names)) + "|\n")
}

func tableRow(b *bytes.Buffer, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// writeRatios writes a line per result as CSV, times in microseconds.
func writeRatios(w io.Writer, all []result) error {
	peers := peersOf(all)
	c := csv.NewWriter(w)
	head := []string{"layer", "pass", "threads", "gflops", "gflops_valid", "best_peer", "ratio", ours + "_us"}
	for _, p := range peers {
		head = append(head, p+"_us")
	}
	if err := c.Write(head); err != nil {
		return err
	}
	for _, r := range all {
		nominal, valid := r.gflops(ours)
		row := []string{
			r.layer.Name, string(r.pass), strconv.Itoa(r.threads),
			fmt.Sprintf("%.1f", nominal), fmt.Sprintf("%.1f", valid), r.best, ratioOrNone(r.ratio()), micros(r.seconds[ours]),
		}
		for _, p := range peers {
			if s, ok := r.seconds[p]; ok {
				row = append(row, micros(s))
			} else {
				row = append(row, "")
			}
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
