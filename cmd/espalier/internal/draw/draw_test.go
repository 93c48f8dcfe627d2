package draw_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/draw"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

func network(t *testing.T, preset, text string) draw.Network {
	t.Helper()
	f, err := families.Open(preset, space.Input{H: 28, W: 28, C: 1, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	a := f.Extremes().Largest
	if text != "" {
		if a, err = f.Space().Parse(text); err != nil {
			t.Fatal(err)
		}
	}
	return draw.Network{Title: preset + " <" + f.Space().Format(a) + ">", Plan: f.Plan(a), Space: f.Space(), Arch: a}
}

// The text names what was chosen, every layer, and what each reads.
func TestText(t *testing.T) {
	got := draw.Text(network(t, "resnet", "1:16:1 - - 1:32:0.5 - - 1:64:1 - -"))
	for _, want := range []string{
		"14 layers, 16.01 MFLOPs, 70810 parameters",
		"stage2/width          16 24 [32] 48 64",
		"stage2/block1/expand  [0.5] 1",
		"stage2/block2/expand  0.5 1  (not made)",
		"step  output    layer                          reads    weight\n",
		"   3  28x28x16  add, relu                      2, 0\n",
		"   6  14x14x32  conv 1x1 stride 2, norm        3        stage2/block1/shortcut\n",
		"  13  1x1x10    linear                         12       classifier\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

// A picture says where in the network its layers are, and a layer how far its taps lie apart.
func TestPlacesAndDilation(t *testing.T) {
	p := space.NewPlanner(4)
	x := p.Conv(space.Picture(space.Input{H: 9, W: 9, C: 4, Classes: 3}), space.ConvSpec{Weight: "cell1/node2/left/depthwise", K: space.Square(3), S: 2, Dil: 2, Depthwise: true})
	x = p.Conv(x, space.ConvSpec{Weight: "cell1/node2/left/pointwise", K: space.Square(1), S: 1, OutC: 8})
	p.Classify(x, 3)
	n := draw.Network{Title: "dilated", Plan: p.Plan}
	if got := draw.Text(n); !strings.Contains(got, "depthwise 3x3 stride 2 dilation 2  picture  cell1/node2/left/depthwise\n") {
		t.Errorf("the taps' distance is missing in\n%s", got)
	}
	got := draw.SVG(n)
	for _, want := range []string{">cell1/node2</text>", ">classifier</text>", "<title>cell1/node2/left/pointwise</title>"} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%q is there %d times; want once in\n%s", want, strings.Count(got, want), got)
		}
	}
}

// Each connection of the plan is in the graph, once for each time that it is read.
func TestDOT(t *testing.T) {
	for _, preset := range families.Presets() {
		n := network(t, preset, "")
		edges := 0
		for _, s := range n.Plan {
			edges += len(s.In)
		}
		got := draw.DOT(n)
		if have := strings.Count(got, " -> "); have != edges {
			t.Errorf("%s: %d connections; want %d", preset, have, edges)
		}
	}
}

// The picture is well-formed, has a box for each layer and a line for each connection, and
// connections in one lane never overlap.
func TestSVG(t *testing.T) {
	side := regexp.MustCompile(`<path d="M(\d+),(\d+) H(\d+) V(\d+) H\d+" class="edge"`)
	for _, preset := range families.Presets() {
		n := network(t, preset, "")
		got := draw.SVG(n)
		for d := xml.NewDecoder(strings.NewReader(got)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", preset, err)
			}
		}
		if boxes := strings.Count(got, `class="box`); boxes != len(n.Plan)+1 {
			t.Errorf("%s: %d boxes; want %d", preset, boxes, len(n.Plan)+1)
		}
		distinct := map[[2]int]bool{}
		for i, s := range n.Plan {
			for _, j := range s.In {
				distinct[[2]int{j, i}] = true
			}
		}
		type line struct{ x, from, to int }
		var sides []line
		for _, m := range side.FindAllStringSubmatch(got, -1) {
			var l line
			fmt.Sscan(m[2], &l.from)
			fmt.Sscan(m[3], &l.x)
			fmt.Sscan(m[4], &l.to)
			if !slices.Contains(sides, l) { // a map read twice is one line on another
				sides = append(sides, l)
			}
		}
		straight := strings.Count(got, `class="edge" marker-end`) - len(side.FindAllString(got, -1))
		if straight+len(sides) != len(distinct) {
			t.Errorf("%s: %d lines; want %d", preset, straight+len(sides), len(distinct))
		}
		for i, a := range sides {
			for _, b := range sides[:i] {
				if a.x == b.x && a.from != b.from && a.from < b.to && b.from < a.to {
					t.Errorf("%s: lines from %d to %d and from %d to %d lie on each other", preset, a.from, a.to, b.from, b.to)
				}
			}
		}
		if !strings.Contains(got, `class="chosen"`) || strings.Contains(got, "<"+preset) {
			t.Errorf("%s: nothing is bold, or the title is not escaped", preset)
		}
	}
}

// Names of files and spaces may be long, of any letters, and hold bytes that are none: the picture stays one that can be read,
// with the whole title in it.
func TestTitlesOfAnyLetters(t *testing.T) {
	n := network(t, "resnet", "1:16:1 - - 1:32:0.5 - - 1:64:1 - -")
	for _, title := range []string{"x" + strings.Repeat("é", 200), strings.Repeat("字", 150), "caf\xe9\x01.msgpack"} {
		n.Title = title
		var text strings.Builder
		for d := xml.NewDecoder(strings.NewReader(draw.SVG(n))); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%.20q: %v", title, err)
			}
			if letters, is := token.(xml.CharData); is {
				text.WriteString(strings.TrimSpace(string(letters)))
			}
		}
		want := strings.ReplaceAll(strings.ToValidUTF8(title, "\ufffd"), "\x01", "\ufffd")
		if strings.Count(text.String(), want) < 2 { // as title, and drawn in lines
			t.Errorf("%.20q is not in the picture as a whole", title)
		}
	}
}
