package report

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"math"
)

// The picture in pixels: its size, and the frame of the chart within it.
const (
	plotWidth, plotHeight = 1000, 600
	plotLeft, plotTop     = 78, 56
	plotRight, plotFoot   = 790, 530
)

// plotStyle is as plain as the picture allows: one face, thin lines.
const plotStyle = `<style>
text{font:13px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:#222}
.title{font-size:18px;font-weight:600}
.tick,.note{font-size:12px;fill:#555}
.tick{font-variant-numeric:tabular-nums}
.grid{stroke:#e6e6e6;stroke-width:1}
.frame{fill:none;stroke:#888;stroke-width:1}
.front{fill:none;stroke:#0072b2;stroke-width:1.2;stroke-opacity:.45}
.pair{stroke:#0072b2;stroke-width:.8;stroke-opacity:.4}
.interval{stroke-width:1.4;stroke-opacity:.8}
.name{font-size:12px;paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}
.point{stroke:#fff;stroke-width:.8}
.point:hover{stroke:#000}
</style>
`

// svg builds a picture.
type svg struct {
	bytes.Buffer
	picture
	taken []box // by marks and names
}

// box is a rectangle in pixels.
type box struct{ x0, y0, x1, y1 float64 }

func (a box) meets(b box) bool { return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1 }

// SVG draws accuracy against the logarithm of latency as a picture in SVG: a
// shape and colour for each kind, a tooltip for each point, a line along the
// front of what is handed over. Points with inherited weights are faint and
// joined to the finished ones of the same name. Points without a positive
// latency or a finite accuracy are left out, and counted in a note.
func SVG(w io.Writer, title string, p []Point) error {
	s := &svg{picture: newPicture(p)}
	fmt.Fprintf(s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(s, "<title>%s</title>\n%s", html.EscapeString(title), plotStyle)
	fmt.Fprintf(s, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", plotWidth, plotHeight)
	s.text(plotLeft, 34, `class="title"`, title)
	s.grid()
	s.lines()
	for _, p := range s.points {
		s.point(p)
	}
	s.names()
	s.legend()
	s.WriteString("</svg>\n")
	_, err := w.Write(s.Bytes())
	return err
}

// px and py return where a latency in seconds and an accuracy lie.
func (s *svg) px(latency float64) float64 { return plotLeft + s.x.at(1e3*latency)*(plotRight-plotLeft) }

func (s *svg) py(accuracy float64) float64 {
	return plotFoot - s.height(accuracy)*(plotFoot-plotTop)
}

func (s *svg) text(x, y float64, attributes, text string) {
	fmt.Fprintf(s, `<text x="%.1f" y="%.1f" %s>%s</text>`+"\n", x, y, attributes, html.EscapeString(text))
}

func (s *svg) line(x0, y0, x1, y1 float64, attributes string) {
	fmt.Fprintf(s, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" %s/>`+"\n", x0, y0, x1, y1, attributes)
}

// grid draws frame, ticks and the names of the axes.
func (s *svg) grid() {
	values, names := s.x.ticks()
	end := 0.0 // of the last name
	for i, v := range values {
		x := s.px(v / 1e3)
		s.line(x, plotTop, x, plotFoot, `class="grid"`)
		if half := 3.5*float64(len(names[i])) + 3; x-half >= end {
			s.text(x, plotFoot+19, `class="tick" text-anchor="middle"`, names[i])
			end = x + half
		}
	}
	values, names = s.y.ticks()
	for i, v := range values {
		s.line(plotLeft, s.py(v), plotRight, s.py(v), `class="grid"`)
		s.text(plotLeft-8, s.py(v)+4, `class="tick" text-anchor="end"`, names[i])
	}
	fmt.Fprintf(s, `<rect x="%d" y="%d" width="%d" height="%d" class="frame"/>`+"\n", plotLeft, plotTop, plotRight-plotLeft, plotFoot-plotTop)
	s.text((plotLeft+plotRight)/2, plotFoot+46, `text-anchor="middle"`, latencyName)
	const middle = (plotTop + plotFoot) / 2
	s.text(22, middle, fmt.Sprintf(`text-anchor="middle" transform="rotate(-90 22 %d)"`, middle), accuracyName)
}

// lines draws the front, what joins scores of one network, and intervals.
func (s *svg) lines() {
	if front := s.front(); len(front) > 1 {
		fmt.Fprintf(s, `<path class="front" d="M%.1f %.1f`, s.px(front[0].Latency), s.py(front[0].Accuracy))
		for _, p := range front[1:] {
			fmt.Fprintf(s, "H%.1fV%.1f", s.px(p.Latency), s.py(p.Accuracy))
		}
		s.WriteString("\"/>\n")
	}
	for _, pair := range s.pairs() {
		s.line(s.px(pair[0].Latency), s.py(pair[0].Accuracy), s.px(pair[1].Latency), s.py(pair[1].Accuracy), `class="pair"`)
	}
	for _, p := range s.points {
		if x := s.px(p.Latency); p.interval() {
			s.line(x, s.py(p.Low), x, s.py(p.High), fmt.Sprintf(`class="interval" stroke="%s"`, looks[lookOf(p.Kind)].colour))
		}
	}
}

func (s *svg) point(p Point) {
	tip := fmt.Sprintf("%s: accuracy %.4f", looks[lookOf(p.Kind)].words, p.Accuracy)
	if p.Name != "" {
		tip = p.Name + ", " + tip
	}
	if p.interval() {
		tip += fmt.Sprintf(" [%.4f, %.4f]", p.Low, p.High)
	}
	x, y, r := s.px(p.Latency), s.py(p.Accuracy), looks[lookOf(p.Kind)].size
	s.taken = append(s.taken, box{x - r, y - r, x + r, y + r})
	s.mark(x, y, lookOf(p.Kind), tip+fmt.Sprintf(", %.4g ms", 1e3*p.Latency))
}

// mark draws the shape of a look: disc, square, diamond, triangle or ring.
func (s *svg) mark(x, y float64, look int, tip string) {
	l := looks[look]
	shape := fmt.Sprintf(`circle cx="%.1f" cy="%.1f" r="%.1f"`, x, y, l.size)
	switch r := l.size; l.kind {
	case KindGiven:
		shape = fmt.Sprintf(`path d="M%.1f %.1fh%.1fv%.1fh-%.1fz"`, x-r, y-r, 2*r, 2*r, 2*r)
	case KindRival:
		shape = fmt.Sprintf(`path d="M%.1f %.1fl%.1f %.1fl-%.1f %.1fl-%.1f -%.1fz"`, x, y-r-1, r+1, r+1, r+1, r+1, r+1, r+1)
	case KindRandom, KindRandomFront:
		shape = fmt.Sprintf(`path d="M%.1f %.1fl%.1f %.1fh-%.1fz"`, x, y-r, r, 2*r, 2*r)
	}
	paint := fmt.Sprintf(`fill="%s"`, l.colour)
	switch {
	case l.kind == KindInherited:
		paint = fmt.Sprintf(`fill="#fff" style="stroke:%s;stroke-opacity:.5"`, l.colour)
	case l.faint:
		paint += ` fill-opacity=".5"`
	}
	fmt.Fprintf(s, `<%s class="point %s" %s>`, shape, l.class, paint)
	if tip != "" {
		fmt.Fprintf(s, "<title>%s</title>", html.EscapeString(tip))
	}
	name, _, _ := bytes.Cut([]byte(shape), []byte(" "))
	fmt.Fprintf(s, "</%s>\n", name)
}

// named reports whether a point has its name beside it, if there is room.
func (p Point) named() bool { return looks[lookOf(p.Kind)].named && p.Name != "" }

// names writes the names of named points where there is most room: nothing else
// may be there, and no other named point be as near.
func (s *svg) names() {
	for i := len(s.points) - 1; i >= 0; i-- {
		p := s.points[i]
		if !p.named() {
			continue
		}
		x, y, width := s.px(p.Latency), s.py(p.Accuracy), 6.6*float64(len([]rune(p.Name)))
		for _, at := range [][2]float64{{x - 8 - width, y - 6}, {x + 9, y + 14}, {x - width/2, y - 12}, {x + 9, y + 4}, {x - 9 - width, y + 14}, {x - width/2, y + 22}} {
			b := box{at[0], at[1] - 10, at[0] + width, at[1] + 3}
			if s.free(b) && s.nearest(b, i) {
				s.taken = append(s.taken, b)
				s.text(at[0], at[1], `class="name"`, p.Name)
				break
			}
		}
	}
}

// nearest reports whether point i is nearer to a box than all other named points are.
func (s *svg) nearest(b box, i int) bool {
	from := func(p Point) float64 {
		x, y := s.px(p.Latency), s.py(p.Accuracy)
		return math.Hypot(max(b.x0-x, x-b.x1, 0), max(b.y0-y, y-b.y1, 0))
	}
	for k, p := range s.points {
		if k != i && p.named() && from(p) <= from(s.points[i]) {
			return false
		}
	}
	return true
}

// free reports whether a box lies in the frame and meets no mark or name.
func (s *svg) free(b box) bool {
	if b.x0 < plotLeft || b.x1 > plotRight || b.y0 < plotTop || b.y1 > plotFoot {
		return false
	}
	for _, t := range s.taken {
		if t.meets(b) {
			return false
		}
	}
	return true
}

// legend tells the marks, right of the frame.
func (s *svg) legend() {
	const x, row = plotRight + 26, 24
	y := float64(plotTop + 12)
	for _, k := range s.kinds() {
		s.mark(x, y-4, k, "")
		s.text(x+14, y, "", looks[k].words)
		y += row
	}
	for _, note := range s.notes() {
		s.text(x-6, y, `class="note"`, note)
		y += row
	}
}
