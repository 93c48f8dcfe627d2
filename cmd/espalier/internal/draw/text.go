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
	fmt.Fprintf(&b, "\n  step  output      layer%*s  reads\n     -  %-10s  picture\n", 26, "", n.input())
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
		line := fmt.Sprintf("  %4d  %-10s  %-31s  %s", i, output(s), layer(s), strings.Join(from, ", "))
		if s.Weight != "" {
			line += "  " + s.Weight
		}
		fmt.Fprintln(&b, line)
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
