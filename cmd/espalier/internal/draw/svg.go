package draw

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Places in the picture, in pixels.
const (
	margin    = 24
	titleLine = 22
	perTitle  = 10.6 // width of a letter of the title, about
	rowHeight = 30
	boxHeight = 22
	boxWidth  = 330
	laneWidth = 14
	lineStep  = 18
	perLetter = 6.4 // width of a letter of the table, about
	headline  = 640 // least width, for the title
)

const style = `<style>
text{font:12px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:#222}
.title{font-size:17px;font-weight:600}
.note{fill:#555}
.offered{fill:#999}
.chosen{font-weight:700;fill:#0b5394}
.box{fill:#eef3f8;stroke:#7f9db9}
.conv{fill:#dce9f5}
.pool{fill:#e6f2e0}
.join{fill:#fbeecb}
.head{fill:#f3e1ea}
.edge{fill:none;stroke:#777;stroke-width:1.2}
</style>
`

// edge is a connection that passes other layers, in a lane of its own beside them.
type edge struct{ from, to, lane int }

// lanes gives each connection that does not come from the layer just above a lane, the
// nearest that is free along its way.
func lanes(p space.Plan) []edge {
	var edges []edge
	for i, s := range p {
		for _, j := range s.In {
			if j != i-1 {
				edges = append(edges, edge{from: j, to: i})
			}
		}
	}
	slices.SortStableFunc(edges, func(a, b edge) int { return (a.to - a.from) - (b.to - b.from) })
	for k := range edges {
		e := &edges[k]
		for taken := true; taken; {
			taken = false
			for _, o := range edges[:k] {
				if o.lane == e.lane && o.from < e.to && e.from < o.to && o.from != e.from {
					e.lane, taken = e.lane+1, true
					break
				}
			}
		}
	}
	return edges
}

// SVG returns the network as a picture: on the left what was chosen, bold, among what the
// space offers, on the right the layers with their places, connections that pass others beside
// them. What points at a layer is shown the name of its weight.
func SVG(n Network) string {
	ds := n.decisions()
	left := margin
	if len(ds) > 0 {
		left += tableWidth(ds) + 2*margin
	}
	left += gutter(n.Plan)
	edges := lanes(n.Plan)
	most := 0
	for _, e := range edges {
		most = max(most, e.lane+1)
	}
	width := max(headline, left+boxWidth+laneWidth*(most+1)+margin)
	title := wrap(n.Title, int(float64(width-2*margin)/perTitle))
	top := 62 + titleLine*len(title)
	height := top + max(rowHeight*(len(n.Plan)+1), lineStep*(len(ds)+1)) + margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img">`+"\n", width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n%s", escape(n.Title), style)
	b.WriteString(`<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#777"/></marker></defs>` + "\n")
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	for i, line := range title {
		text(&b, margin, 34+titleLine*i, "title", line)
	}
	text(&b, margin, top-28, "note", n.size())
	table(&b, ds, top)
	graph(&b, n, edges, left, top)
	b.WriteString("</svg>\n")
	return b.String()
}

// wrap breaks a title into lines of so many letters, between words where that can be.
func wrap(s string, letters int) (lines []string) {
	var line []rune
	for _, field := range strings.Fields(s) {
		word := []rune(field)
		if len(line) > 0 && len(line)+1+len(word) > letters {
			lines, line = append(lines, string(line)), nil
		}
		for len(word) > letters {
			lines, word = append(lines, string(word[:letters])), word[letters:]
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		line = append(line, word...)
	}
	return append(lines, string(line))
}

// escape returns a text as XML takes it: names of files may hold bytes that are no UTF-8, and control characters.
func escape(s string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0xfffe || r == 0xffff {
			return utf8.RuneError
		}
		return r
	}, s))
}

func text(b *strings.Builder, x, y int, class, s string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" class="%s">%s</text>`+"\n", x, y, class, escape(s))
}

func nameWidth(ds []decision) int {
	n := 0
	for _, d := range ds {
		n = max(n, len(d.name))
	}
	return int(perLetter*float64(n)) + 12
}

func tableWidth(ds []decision) int {
	n := 0
	for _, d := range ds {
		n = max(n, len(strings.Join(d.choices, "  ")))
	}
	return nameWidth(ds) + int(perLetter*float64(n)*1.08)
}

// gutter returns the width of the places of layers.
func gutter(p space.Plan) int {
	n := 0
	for _, s := range p {
		n = max(n, len(place(s)))
	}
	return int(perLetter*float64(n)) + 8
}

// table writes the decisions.
func table(b *strings.Builder, ds []decision, top int) {
	at := margin + nameWidth(ds)
	for i, d := range ds {
		y := top + lineStep*(i+1)
		text(b, margin, y, "note", d.name)
		fmt.Fprintf(b, `<text x="%d" y="%d">`, at, y)
		for k, c := range d.choices {
			class := "offered"
			if k == d.chosen {
				class = "chosen"
			}
			gap := ""
			if k > 0 {
				gap = ` dx="9"`
			}
			fmt.Fprintf(b, `<tspan class="%s"%s>%s</tspan>`, class, gap, escape(c))
		}
		b.WriteString("</text>\n")
	}
}

// graph writes the layers and their connections.
func graph(b *strings.Builder, n Network, edges []edge, left, top int) {
	y := func(i int) int { return top + rowHeight*(i+1) } // of the top of step i; of the picture with -1
	note := func(x, i int, s string) {
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end" class="note">%s</text>`+"\n", x, y(i)+15, escape(s))
	}
	box := func(i int, class, s, size, weight string) {
		fmt.Fprintf(b, `<g><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="4" class="box %s"/>`+"\n", escape(weight), left, y(i), boxWidth, boxHeight, class)
		text(b, left+8, y(i)+15, "", s)
		note(left+boxWidth-8, i, size)
		b.WriteString("</g>\n")
	}
	box(space.Image, "", "picture", n.input(), "")
	last := ""
	for i, s := range n.Plan {
		box(i, s.Layer.Op.Drawn(), layer(s), output(s), s.Weight)
		if at := place(s); at != "" && at != last {
			note(left-8, i, at)
			last = at
		}
		if slices.Contains(s.In, i-1) {
			x := left + boxWidth/2
			fmt.Fprintf(b, `<path d="M%d,%d V%d" class="edge" marker-end="url(#arrow)"/>`+"\n", x, y(i-1)+boxHeight, y(i))
		}
	}
	right := left + boxWidth
	for _, e := range edges {
		x := right + laneWidth*(e.lane+1)
		fmt.Fprintf(b, `<path d="M%d,%d H%d V%d H%d" class="edge" marker-end="url(#arrow)"/>`+"\n", right, y(e.from)+boxHeight-6, x, y(e.to)+7, right)
	}
}
