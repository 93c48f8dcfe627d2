package nb201

import (
	"fmt"
	"slices"
	"strings"

	"github.com/espalier-nas/espalier/supernet/space"
)

// cell is the operations of the edges of an architecture.
type cell [edges]op

func cellOf(a space.Arch) cell {
	var c cell
	if a.Len() != len(c) {
		panic("nb201: architecture of another space")
	}
	for i := range c {
		c[i] = op(a.Gene(i))
	}
	return c
}

// live returns the cell with only the edges by which the input reaches the output.
func (c cell) live() cell {
	var fed, read [nodes]bool
	fed[0], read[nodes-1] = true, true
	for j := 1; j < nodes; j++ {
		for i := range j {
			fed[j] = fed[j] || fed[i] && c[edge(i, j)] != none
		}
	}
	for i := nodes - 2; i >= 0; i-- {
		for j := i + 1; j < nodes; j++ {
			read[i] = read[i] || read[j] && c[edge(i, j)] != none
		}
	}
	for j := 1; j < nodes; j++ {
		for i := range j {
			if !fed[i] || !read[j] {
				c[edge(i, j)] = none
			}
		}
	}
	return c
}

// canonical returns the published canonical form: skips are read through, the order of
// summands does not count, and what comes from a node without input is nothing, "#". It
// keeps one "#" for each summand that is missing and one level of brackets for sums that a
// skip hands on, so a few of its 6,466 classes are the same function all the same.
func (c cell) canonical() string {
	var text [nodes]string
	text[0] = "0"
	for j := 1; j < nodes; j++ {
		var sum []string
		for i := range j {
			switch o := c[edge(i, j)]; {
			case o == none || text[i] == "#":
				sum = append(sum, "#")
			case o == skip:
				sum = append(sum, text[i])
			default:
				sum = append(sum, "("+text[i]+")@"+opNames[o])
			}
		}
		slices.Sort(sum)
		text[j] = strings.Join(sum, "+")
	}
	return text[nodes-1]
}

// Canonical returns a text that is equal only for networks that compute the same whatever
// their weights: the benchmark's own form, with 6,466 values for 15,625 networks.
func (f *Family) Canonical(a space.Arch) string { return cellOf(a).canonical() }

// notation writes architectures as the benchmark does, such as
//
//	|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|nor_conv_1x1~2|
type notation struct{}

// Format returns the benchmark's string of a cell.
func (notation) Format(genes []uint8) string {
	var words []string
	for j := 1; j < nodes; j++ {
		var b strings.Builder
		b.WriteByte('|')
		for i := range j {
			fmt.Fprintf(&b, "%s~%d|", opNames[genes[edge(i, j)]], i)
		}
		words = append(words, b.String())
	}
	return strings.Join(words, "+")
}

// Parse returns the genes of a string that Format writes.
func (notation) Parse(text string) ([]uint8, error) {
	words := strings.Split(strings.TrimSpace(text), "+")
	if len(words) != nodes-1 {
		return nil, fmt.Errorf("architecture %q has %d nodes; want %d, joined by +", text, len(words), nodes-1)
	}
	genes := make([]uint8, edges)
	for j := 1; j < nodes; j++ {
		inside, opened := strings.CutPrefix(words[j-1], "|")
		inside, closed := strings.CutSuffix(inside, "|")
		parts := strings.Split(inside, "|")
		if !opened || !closed || len(parts) != j {
			return nil, fmt.Errorf("architecture, node %d (%q): want |OP~0|...| with %d operations", j, words[j-1], j)
		}
		for i, part := range parts {
			name, ok := strings.CutSuffix(part, fmt.Sprintf("~%d", i))
			at := slices.Index(opNames, name)
			if !ok || at < 0 {
				return nil, fmt.Errorf("architecture, node %d: %q; want OP~%d with one of %v", j, part, i, opNames)
			}
			genes[edge(i, j)] = uint8(at)
		}
	}
	return genes, nil
}
