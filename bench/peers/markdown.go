package main

import (
	"bytes"
	"fmt"
	"strings"
)

func tableHead(b *bytes.Buffer, names []string) {
	tableRow(b, names)
	b.WriteString(strings.Repeat("|---", len(names)) + "|\n")
}

func tableRow(b *bytes.Buffer, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// evaluated marks a figure below what it must be.
func evaluated(v, must float64) string {
	if v < must {
		return fmt.Sprintf("**%.2f** ✗", v)
	}
	return fmt.Sprintf("**%.2f**", v)
}

// orNone formats a ratio, 0 as nothing.
func orNone(v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", v)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
