package space

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// notMade stands for a layer without any decision in the text form.
const notMade = "-"

// group is a run of decisions of one layer.
type group struct{ from, to int }

func groupByLayer(ds []Decision) []group {
	var out []group
	for i, d := range ds {
		if i == 0 || d.Layer != ds[i-1].Layer {
			out = append(out, group{i, i})
		}
		out[len(out)-1].to = i + 1
	}
	return out
}

// Notation is a text form of architectures that a family has of its own.
type Notation interface {
	// Format returns the text of valid genes, on one line.
	Format(genes []uint8) string
	// Parse returns the genes of a text that Format writes. The error says what was
	// expected. The space checks the genes.
	Parse(text string) ([]uint8, error)
}

// WithNotation returns the same space with another text form.
func (s *Space) WithNotation(n Notation) *Space {
	out := *s
	out.notation = n
	return &out
}

// Format returns a as one line of text that Parse reads back. Each layer is one
// word: its choices in order, joined by ":", and after "+" the sources of its
// skips, separated by commas, counted from 1 with 0 for the stem. Decisions that
// are not made are left out; a layer without any is "-". For example
//
//	conv3x3:32 sep5x5:64+0 identity maxpool3x3:64+0,2
//
// A space may have a Notation instead.
func (s *Space) Format(a Arch) string {
	genes := a.Genes()
	if s.notation != nil {
		return s.notation.Format(genes)
	}
	words := make([]string, len(s.groups))
	for k, g := range s.groups {
		words[k] = s.formatGroup(genes, g)
	}
	return strings.Join(words, " ")
}

func (s *Space) formatGroup(genes []uint8, g group) string {
	var values, skips []string
	for i := g.from; i < g.to; i++ {
		d := s.decisions[i]
		switch {
		case !s.Active(genes, i):
		case d.Kind != KindSkip:
			values = append(values, d.Choices[genes[i]])
		case genes[i] == 1:
			skips = append(skips, strconv.Itoa(d.From+1))
		}
	}
	word := strings.Join(values, ":")
	if len(skips) > 0 {
		word += "+" + strings.Join(skips, ",")
	}
	if word == "" {
		return notMade
	}
	return word
}

// Parse returns the architecture that Format wrote as text. An error names the
// word and the decision, and tells what was expected.
func (s *Space) Parse(text string) (Arch, error) {
	if s.notation != nil {
		genes, err := s.notation.Parse(text)
		if err != nil {
			return Arch{}, err
		}
		return s.Canon(genes)
	}
	words := strings.Fields(text)
	if len(words) != len(s.groups) {
		return Arch{}, fmt.Errorf("architecture %q has %d words; want %d, one for each layer", clip(text), len(words), len(s.groups))
	}
	w := s.walker()
	for k, g := range s.groups {
		if err := w.parseGroup(words[k], g); err != nil {
			return Arch{}, fmt.Errorf("architecture, word %d (%q): %w", k+1, clip(words[k]), err)
		}
	}
	return w.arch(), nil
}

// clip shortens text for an error message.
func clip(text string) string {
	if len(text) > 200 {
		return text[:200] + "..."
	}
	return text
}

func (w *walker) parseGroup(word string, g group) error {
	values, sources, err := splitWord(word)
	if err != nil {
		return err
	}
	for i := g.from; i < g.to; i++ {
		d := w.s.decisions[i]
		if !w.s.Active(w.genes, i) {
			w.genes[i] = 0
			continue
		}
		choice := "no"
		if d.Kind == KindSkip {
			if k := slices.Index(sources, d.From+1); k >= 0 {
				choice = "yes"
				sources = slices.Delete(sources, k, k+1)
			}
		} else {
			if len(values) == 0 {
				return fmt.Errorf("decision %s is missing; want one of %v", d.Name, w.optionNames(i))
			}
			choice, values = values[0], values[1:]
		}
		c := slices.Index(d.Choices, choice)
		if c < 0 {
			return fmt.Errorf("decision %s is %q; want one of %v", d.Name, choice, w.optionNames(i))
		}
		if err := w.take(i, c); err != nil {
			return err
		}
	}
	if len(values) > 0 {
		return fmt.Errorf("%q follows the last decision of the layer; want nothing there", values[0])
	}
	if len(sources) > 0 {
		return fmt.Errorf("the layer has no skip from %d; want sources out of %v", sources[0], w.s.sources(g))
	}
	return nil
}

// splitWord returns the choices before "+" and the numbers after it.
func splitWord(word string) (values []string, sources []int, err error) {
	if word == notMade {
		return nil, nil, nil
	}
	left, right, plus := strings.Cut(word, "+")
	if left != "" {
		values = strings.Split(left, ":")
	}
	if !plus {
		return values, nil, nil
	}
	for _, f := range strings.Split(right, ",") {
		n, err := strconv.Atoi(f)
		if err != nil || n < 0 || strconv.Itoa(n) != f {
			return nil, nil, fmt.Errorf("skip source %q; want the number of an earlier layer, or 0 for the stem", f)
		}
		if slices.Contains(sources, n) {
			return nil, nil, fmt.Errorf("skip source %d is given twice", n)
		}
		sources = append(sources, n)
	}
	return values, sources, nil
}

// sources returns the numbers that a skip of group g may name.
func (s *Space) sources(g group) []int {
	var out []int
	for _, d := range s.decisions[g.from:g.to] {
		if d.Kind == KindSkip {
			out = append(out, d.From+1)
		}
	}
	return out
}
