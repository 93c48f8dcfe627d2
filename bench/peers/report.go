package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/espalier-nas/espalier/bench"
)

// layerResult is a result with its layer.
type layerResult struct {
	result
	layer bench.Layer
}

// gflops returns an arm's speed in GFLOP/s, padding counted as pixels, and the
// speed by taps that touch pixels.
func (r layerResult) gflops(arm string) (nominal, valid float64) {
	s := r.seconds[arm] * 1e9
	return float64(r.layer.FLOPs()) / s, float64(r.layer.RealFLOPs()) / s
}

// withLayers finds the layers of results; results of layers that are not in the
// table are left out.
func withLayers(all []result, layers []bench.Layer) []layerResult {
	var rs []layerResult
	for _, r := range all {
		if i := slices.IndexFunc(layers, func(l bench.Layer) bool { return l.Name == r.name }); i >= 0 {
			rs = append(rs, layerResult{r, layers[i]})
		}
	}
	return rs
}

// filter returns the results that keep accepts, without those that have no peer.
func filter(all []layerResult, keep func(layerResult) bool) []layerResult {
	var kept []layerResult
	for _, r := range all {
		if r.best != "" && keep(r) {
			kept = append(kept, r)
		}
	}
	return kept
}

const layersNote = `
Ratios are the peer's time over ours, paired by round: above 1, ours is faster. *Best* is, layer by layer, the fastest
peer; a row's figure is the geometric mean over its layers. Speeds are GFLOP/s with padding counted as pixels and,
behind the stroke, by the taps that touch pixels.
`

// layerReport writes the tables of layers as Markdown; about describes machine
// and arms.
func layerReport(b *bytes.Buffer, about []byte, all []layerResult) {
	var plain []result
	for _, r := range all {
		plain = append(plain, r.result)
	}
	fmt.Fprintf(b, "# Convolutions beside peers\n\n%s%s", about, layersNote)
	for _, threads := range threadsOf(plain) {
		of := filter(all, func(r layerResult) bool { return r.threads == threads })
		fmt.Fprintf(b, "\n## %s\n\n", plural(threads, "thread"))
		goalTable(b, of, peersOf(plain))
		b.WriteString("\n")
		classTable(b, of)
	}
	gainTable(b, plain)
}

func goalTable(b *bytes.Buffer, all []layerResult, peers []string) {
	tableHead(b, slices.Concat([]string{"passes and layers", "n", "best", "must", "aim"}, peers, []string{"least"}))
	for _, g := range goals {
		picked := filter(all, g.pick)
		if len(picked) == 0 {
			continue
		}
		row := []string{g.name, strconv.Itoa(len(picked)), evaluated(geometric(ratiosOf(picked)), g.must), orNone(g.must), orNone(g.aim)}
		for _, p := range peers {
			row = append(row, orNone(geometric(ratiosTo(picked, p))))
		}
		l := least(picked)
		tableRow(b, append(row, fmt.Sprintf("%.2f %s", l.ratio(), l.name)))
	}
	if counted := filter(all, counts); len(counted) > 0 {
		l := least(counted)
		row := []string{"any single layer", strconv.Itoa(len(counted)), evaluated(l.ratio(), singleMust), orNone(singleMust), orNone(singleAim)}
		where := fmt.Sprintf("%s, %s (%s)", l.name, l.pass, l.best)
		tableRow(b, slices.Concat(row, make([]string, len(peers)), []string{where}))
	}
}

func ratiosOf(rs []layerResult) []float64 {
	v := make([]float64, len(rs))
	for i, r := range rs {
		v[i] = r.ratio()
	}
	return v
}

func ratiosTo(rs []layerResult, peer string) []float64 {
	var v []float64
	for _, r := range rs {
		if x, ok := r.ratios[peer]; ok {
			v = append(v, x)
		}
	}
	return v
}

func least(rs []layerResult) layerResult {
	return slices.MinFunc(rs, func(a, b layerResult) int { return cmp.Compare(a.ratio(), b.ratio()) })
}

// classTable shows speeds by pass, class and batch.
func classTable(b *bytes.Buffer, all []layerResult) {
	tableHead(b, []string{"pass", "class, batch", "n", "ours, GFLOP/s", "best peer", "ratio"})
	for _, p := range passes {
		var seen []string
		for _, r := range all {
			class := classOf(r.layer)
			if r.pass != p || slices.Contains(seen, class) {
				continue
			}
			seen = append(seen, class)
			of := filter(all, func(r layerResult) bool { return r.pass == p && classOf(r.layer) == class })
			tableRow(b, []string{
				string(p), class, strconv.Itoa(len(of)),
				speed(of, func(layerResult) string { return ours }), speed(of, func(r layerResult) string { return r.best }),
				fmt.Sprintf("%.2f", geometric(ratiosOf(of))),
			})
		}
	}
}

// classOf names a layer's class and batch; the classes that are networks are
// divided by kind.
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

func speed(rs []layerResult, arm func(layerResult) string) string {
	var nominal, valid []float64
	for _, r := range rs {
		n, v := r.gflops(arm(r))
		nominal, valid = append(nominal, n), append(valid, v)
	}
	return fmt.Sprintf("%.0f / %.0f", geometric(nominal), geometric(valid))
}

// gainTable shows what the second core brings, for each arm.
func gainTable(b *bytes.Buffer, all []result) {
	g := gains(all)
	if g[ours].n == 0 {
		return
	}
	b.WriteString("\n## Second core\n\nTime with one thread over time with two, geometric mean.\n\n")
	tableHead(b, []string{"arm", "n", "gain", "must", "aim"})
	tableRow(b, []string{ours, strconv.Itoa(g[ours].n), evaluated(g[ours].mean, secondMust), orNone(secondMust), orNone(secondAim)})
	for _, p := range peersOf(all) {
		tableRow(b, []string{p, strconv.Itoa(g[p].n), orNone(g[p].mean), "", ""})
	}
}

// writeRatios writes a line per result as CSV, times in microseconds.
func writeRatios(w io.Writer, all []layerResult, peers []string) error {
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
			r.name, string(r.pass), strconv.Itoa(r.threads),
			fmt.Sprintf("%.1f", nominal), fmt.Sprintf("%.1f", valid), r.best, orNone(r.ratio()), micros(r.seconds[ours]),
		}
		for _, p := range peers {
			cell := ""
			if s, ok := r.seconds[p]; ok {
				cell = micros(s)
			}
			row = append(row, cell)
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
