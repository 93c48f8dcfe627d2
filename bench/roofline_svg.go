package bench

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
)

// The picture in pixels: its size, and the frame of the chart within it.
const (
	svgWidth, svgHeight   = 1080, 680
	frameLeft, frameTop   = 76, 74
	frameRight, frameFoot = 850, 590
)

// svgColours tell classes apart, for most colour-blind eyes too (Okabe and Ito
// 2008).
var svgColours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#666666"}

// svgStyle is as plain as the picture allows: one face, thin lines, no fill.
const svgStyle = `<style>
text{font:13px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:#222}
.title{font-size:18px;font-weight:600}
.note,.tick{font-size:12px;fill:#555}
.tick{font-variant-numeric:tabular-nums}
.grid{stroke:#e6e6e6;stroke-width:1}
.frame{fill:none;stroke:#888;stroke-width:1}
.roof{stroke:#222;stroke-width:1.6;stroke-linecap:round}
.halo{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
.point{fill-opacity:.72;stroke:#fff;stroke-width:.8}
.point:hover{fill-opacity:1;stroke:#000}
</style>
`

// svg builds a picture.
type svg struct {
	bytes.Buffer
	chart
}

// WriteSVG draws points under their roofs as a picture in SVG: a colour for each
// class, a shape for each pass, and what a point is as its tooltip.
func WriteSVG(w io.Writer, title string, r Roofline, points []Point) error {
	s := &svg{chart: newChart(r, points)}
	fmt.Fprintf(s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img">`+"\n", svgWidth, svgHeight)
	fmt.Fprintf(s, "<title>%s</title>\n%s", html.EscapeString(title), svgStyle)
	fmt.Fprintf(s, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", svgWidth, svgHeight)
	s.text(frameLeft, 32, `class="title"`, title)
	s.text(frameLeft, 54, `class="note"`, "layers, each pass by itself, operands in the nearest cache that holds them; operations on real pixels")
	s.grid()
	s.slopes()
	for _, p := range points {
		s.point(p)
	}
	s.legend()
	s.WriteString("</svg>\n")
	_, err := w.Write(s.Bytes())
	return err
}

// px and py return where values lie in the picture.
func (s *svg) px(v float64) float64 { return frameLeft + s.x.at(v)*(frameRight-frameLeft) }

func (s *svg) py(v float64) float64 { return frameFoot - s.y.at(v)*(frameFoot-frameTop) }

func (s *svg) text(x, y float64, attributes, text string) {
	fmt.Fprintf(s, `<text x="%.1f" y="%.1f" %s>%s</text>`+"\n", x, y, attributes, html.EscapeString(text))
}

func (s *svg) line(x0, y0, x1, y1 float64, class string) {
	fmt.Fprintf(s, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>`+"\n", x0, y0, x1, y1, class)
}

// grid draws frame, ticks and the names of the axes.
func (s *svg) grid() {
	for _, v := range s.x.powers() {
		s.line(s.px(v), frameTop, s.px(v), frameFoot, "grid")
		s.text(s.px(v), frameFoot+19, `class="tick" text-anchor="middle"`, powerText(v))
	}
	for _, v := range s.y.decades() {
		s.line(frameLeft, s.py(v), frameRight, s.py(v), "grid")
		s.text(frameLeft-8, s.py(v)+4, `class="tick" text-anchor="end"`, plainText(v))
	}
	fmt.Fprintf(s, `<rect x="%d" y="%d" width="%d" height="%d" class="frame"/>`+"\n", frameLeft, frameTop, frameRight-frameLeft, frameFoot-frameTop)
	s.text((frameLeft+frameRight)/2, frameFoot+46, `text-anchor="middle"`, "operations per byte")
	const middle = (frameTop + frameFoot) / 2
	s.text(22, middle, fmt.Sprintf(`text-anchor="middle" transform="rotate(-90 22 %d)"`, middle), "GFLOP/s")
}

// slopes draws the roofs with their names along them.
func (s *svg) slopes() {
	above := math.Inf(1) // bandwidth of the line above
	for _, f := range s.roofs {
		x0, y0, x1, y1 := s.px(f.x0), s.py(f.y0), s.px(f.x1), s.py(f.y1)
		s.line(x0, y0, x1, y1, "roof")
		side := -6 // of the line: above it
		if above/f.Bandwidth < 1.6 {
			side = 15 // or below, if there is no room
		}
		above = f.Bandwidth
		angle := math.Atan2(y1-y0, x1-x0) * 180 / math.Pi
		s.text(x0, y0, fmt.Sprintf(`class="halo" dx="20" dy="%d" transform="rotate(%.1f %.1f %.1f)"`, side, angle, x0, y0),
			fmt.Sprintf("%s %s GB/s", f.Level, figures(f.Bandwidth)))
	}
	s.line(s.px(s.start()), s.py(s.peak), frameRight, s.py(s.peak), "roof")
	s.text(s.px(s.start())+8, s.py(s.peak)-8, `class="halo"`, fmt.Sprintf("multiply-adds %s GFLOP/s", figures(s.peak)))
}

func (s *svg) point(p Point) {
	tip := fmt.Sprintf("%s, %s: %s GFLOP/s, %.0f %% of the %s roof; %s operations per byte, %s",
		p.Layer.Name, p.Pass, figures(p.Real), 100*p.Share(), p.By, figures(p.Intensity), milliseconds(p.Time.Median))
	s.mark(s.px(p.Intensity), s.py(p.Real), p.Pass, s.colour(p.Layer.Class), tip)
}

func (s *svg) colour(class string) string {
	return svgColours[slices.Index(s.classes, class)%len(svgColours)]
}

// mark draws a point: a disc, triangle or square by pass.
func (s *svg) mark(x, y float64, pass Pass, colour, tip string) {
	var shape string
	switch pass {
	case BackwardData:
		shape = fmt.Sprintf(`<path d="M%.1f %.1fl5.2 9h-10.4z"`, x, y-6)
	case BackwardWeights:
		shape = fmt.Sprintf(`<path d="M%.1f %.1fh8.4v8.4h-8.4z"`, x-4.2, y-4.2)
	default:
		shape = fmt.Sprintf(`<circle cx="%.1f" cy="%.1f" r="4.8"`, x, y)
	}
	fmt.Fprintf(s, `%s class="point" fill="%s">`, shape, colour)
	if tip != "" {
		fmt.Fprintf(s, "<title>%s</title>", html.EscapeString(tip))
	}
	fmt.Fprintf(s, "</%s>\n", shape[1:slices.Index([]byte(shape), ' ')])
}

// legend names the colours and the shapes, right of the frame.
func (s *svg) legend() {
	const x, row = frameRight + 34, 23
	y := float64(frameTop + 10)
	for _, class := range s.classes {
		s.mark(x, y-4, Forward, s.colour(class), "")
		s.text(x+16, y, "", class)
		y += row
	}
	y += row / 2
	for _, pass := range passesOf(s.points) {
		s.mark(x, y-4, pass, "#222", "")
		s.text(x+16, y, "", pass.words())
		y += row
	}
}
