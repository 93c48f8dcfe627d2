package draw

import (
	"fmt"
	"strings"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Text returns the network as lines of text: what was chosen, in brackets, among what the
// space offers, and the layers with what they read.
func Text(n Network) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", n.Title, n.size())
	if ds := n.decisions(); len(ds) > 0 {
		fmt.Fprintf(&b, "\nchosen\n")
		width := 0
		for _, d := range ds {
			width = max(width, len(d.name))
		}
		for _, d := range ds {
			fmt.Fprintf(&b, "  %-*s ", width, d.name)
			for i, c := range d.choices {
				if i == d.chosen {
					c = "[" + c + "]"
				}
				fmt.Fprintf(&b, " %s", c)
			}
			if d.chosen < 0 {
				b.WriteString("  (not made)")
			}
			b.WriteByte('\n')
		}
	}
	b.WriteString("\n" + layers(n))
	return b.String()
}

// layers returns the layers as a table.
func layers(n Network) string {
	rows := [][]string{{"step", "output", "layer", "reads", "weight"}, {"-", n.input(), "picture", "", ""}}
	for i, s := range n.Plan {
		var from []string
		for _, j := range s.In {
			switch j {
			case space.Image:
				from = append(from, "picture")
			default:
				from = append(from, fmt.Sprint(j))
			}
		}
		rows = append(rows, []string{fmt.Sprint(i), output(s), layer(s), strings.Join(from, ", "), s.Weight})
	}
	var width [5]int
	for _, r := range rows {
		for k, cell := range r {
			width[k] = max(width[k], len(cell))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		line := fmt.Sprintf("  %*s  %-*s  %-*s  %-*s  %s", width[0], r[0], width[1], r[1], width[2], r[2], width[3], r[3], r[4])
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// DOT returns the network as a graph for Graphviz.
func DOT(n Network) string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph network {\n  label=%q; labelloc=t; rankdir=TB;\n  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n", n.Title+"\n"+n.size())
	fmt.Fprintf(&b, "  picture [label=%q, shape=oval];\n", "picture\n"+n.input())
	name := func(i int) string {
		if i == space.Image {
			return "picture"
		}
		return fmt.Sprintf("step%d", i)
	}
	for i, s := range n.Plan {
		fmt.Fprintf(&b, "  %s [label=%q];\n", name(i), layer(s)+"\n"+output(s))
		for _, j := range s.In {
			fmt.Fprintf(&b, "  %s -> %s;\n", name(j), name(i))
		}
	}
	b.WriteString("}\n")
	return b.String()
}
