// Package draw shows networks as text, as graphs for Graphviz and as pictures (SVG): the steps
// of a plan and, where the space is known, what was chosen among what it offers. It may import
// space only. Network here is what all three forms are given.
package draw

import (
	"fmt"
	"strings"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Network is what is drawn.
type Network struct {
	Title string
	Plan  space.Plan
	// Space and Arch, if there are any, show what was chosen out of what.
	Space *space.Space
	Arch  space.Arch
}

// decision is a line of the table of choices.
type decision struct {
	name    string
	choices []string
	chosen  int // -1: not made
}

// decisions returns the decisions of the space; skips that are offered but not chosen are
// left out, for there are many.
func (n Network) decisions() []decision {
	if n.Space == nil {
		return nil
	}
	var list []decision
	genes := n.Arch.Genes()
	for i, d := range n.Space.Decisions() {
		line := decision{d.Name, d.Choices, -1}
		if n.Space.Active(genes, i) {
			line.chosen = int(genes[i])
		}
		if d.Kind != space.KindSkip || line.chosen == 1 {
			list = append(list, line)
		}
	}
	return list
}

// size returns what the network costs, in words.
func (n Network) size() string {
	return fmt.Sprintf("%d layers, %.2f MFLOPs, %d parameters", len(n.Plan), float64(n.Plan.FLOPs())/1e6, n.Plan.Params())
}

// layer returns what a step computes, without sizes.
func layer(s space.Step) string {
	l := s.Layer
	text := l.Op.String()
	if l.K.H > 0 {
		text += " " + l.K.String()
		if l.Depthwise() {
			text = "depthwise" + strings.TrimPrefix(text, "conv")
		} else if l.G > 1 {
			text += fmt.Sprintf(" in %d groups", l.G)
		}
		if l.S > 1 {
			text += fmt.Sprintf(" stride %d", l.S)
		}
		if l.Dil > 1 {
			text += fmt.Sprintf(" dilation %d", l.Dil)
		}
	}
	if l.Op == space.Identity && (s.Norm != "" || l.Act != space.NoAct) {
		text = "" // what it is there for says it all
	}
	for _, part := range []struct {
		there bool
		name  string
	}{{s.Norm != "", "norm"}, {l.Act != space.NoAct, l.Act.String()}} {
		if part.there {
			text += ", " + part.name
		}
	}
	return strings.TrimPrefix(text, ", ")
}

// place returns where in the network a step is, by the first two parts of the name of its
// weight, such as stage1/block2 or layer3; empty for steps without weights.
func place(s space.Step) string {
	parts := strings.Split(s.Weight, "/")
	return strings.Join(parts[:max(1, min(2, len(parts)-1))], "/")
}

// output returns the size of what a step puts out.
func output(s space.Step) string {
	return fmt.Sprintf("%dx%dx%d", s.Layer.OutH(), s.Layer.OutW(), s.Layer.OutC)
}

// input returns the size of the picture.
func (n Network) input() string {
	l := n.Plan[0].Layer
	return fmt.Sprintf("%dx%dx%d", l.H, l.W, l.InC)
}
