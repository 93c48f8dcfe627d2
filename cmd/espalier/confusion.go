package main

import (
	"fmt"
	"strings"

	"github.com/espalier-nas/espalier/search/report"
)

// confusionText returns what a network takes for what: a table of all classes where there
// are few, else the pairs that are confused most.
func confusionText(by *report.ByClass, classes []string) string {
	if by.Matrix == nil {
		return worstText(by, classes)
	}
	var b strings.Builder
	width, cell := len("picture of"), 3
	for i, name := range classes {
		width = max(width, len([]rune(name))+2)
		for _, v := range by.Matrix[i] {
			cell = max(cell, len(fmt.Sprint(v)))
		}
	}
	fmt.Fprintf(&b, "%-*s  the network says (numbers as in the first column)\n%-*s", width+4, "picture of", width+4, "")
	for i := range classes {
		fmt.Fprintf(&b, " %*d", cell, i)
	}
	b.WriteByte('\n')
	for i, row := range by.Matrix {
		fmt.Fprintf(&b, "%3d %-*s", i, width, classes[i])
		for _, v := range row {
			text := fmt.Sprint(v)
			if v == 0 {
				text = "."
			}
			fmt.Fprintf(&b, " %*s", cell, text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// worstText lists the pairs of classes that are confused most.
func worstText(by *report.ByClass, classes []string) string {
	var b strings.Builder
	if len(by.Worst) > 0 {
		b.WriteString("taken for each other most often:\n")
	}
	for _, w := range by.Worst {
		fmt.Fprintf(&b, "  %d of %d pictures of %s for %s\n", w.Count, w.Of, classes[w.Class], classes[w.Said])
	}
	return b.String()
}
