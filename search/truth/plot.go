package truth

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"slices"
)

// The picture in pixels: its size, and the frame of the chart within it.
const (
	plotWidth, plotHeight = 920, 640
	plotLeft, plotTop     = 76, 92
	plotRight, plotFoot   = 690, 570
)

// stratumColours go from the cheapest stratum to the dearest and differ in
// lightness too, for eyes that do not tell colours apart and for grey prints.
var stratumColours = []string{"#e69f00", "#56b4e9", "#009e73", "#332288"}

// plotStyle is that of the roofline: one face, thin lines.
const plotStyle = `<style>
text{font:13px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:#222}
.title{font-size:18px;font-weight:600}
.note,.tick{font-size:12px;fill:#555}
.tick{font-variant-numeric:tabular-nums}
.grid{stroke:#e6e6e6;stroke-width:1}
.frame{fill:none;stroke:#888;stroke-width:1}
.equal{stroke:#888;stroke-width:1;stroke-dasharray:5 4}
.bar{stroke-width:1.4}
.point{stroke:#fff;stroke-width:.8}
.halo{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
</style>
`

// scatter builds the plot of accuracies in percent: inherited ones across,
// those of training alone upwards.
type scatter struct {
	bytes.Buffer
	x, y scale
}

// SVG returns a scatter plot of training alone over the supernet's accuracies: a
// colour for each stratum, a bar from the lowest to the highest training, and what
// a point is as its tooltip.
func (f *Fidelity) SVG() []byte {
	s := &scatter{}
	s.axes(f.Evaluated)
	const title = "Accuracy of training alone over that of the supernet"
	fmt.Fprintf(s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img">`+"\n<title>%s</title>\n%s", plotWidth, plotHeight, title, plotStyle)
	fmt.Fprintf(s, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", plotWidth, plotHeight)
	s.text(plotLeft, 34, `class="title"`, title)
	s.text(plotLeft, 56, `class="note"`, fmt.Sprintf("%s, validation split: %d architectures, %d trainings of %d steps of %d images", f.Data, len(f.Evaluated), f.Trainings, f.Steps, f.Batch))
	s.text(plotLeft, 74, `class="note"`, f.headline())
	s.grid()
	s.equal()
	for _, j := range f.Evaluated {
		s.point(j)
	}
	s.legend(f.Evaluated)
	s.WriteString("</svg>\n")
	return s.Bytes()
}

// headline gives tau of the supernet, of FLOPs and of another training.
func (f *Fidelity) headline() string {
	text := "Kendall tau"
	sep := ": "
	for _, r := range f.Ratings {
		if (r.Score == scoreAccuracy || r.Score == scoreFLOPs) && r.Against == againstMean || r.Score == scoreTraining {
			text += sep + r.Score + " " + withInterval(r.Kendall, 1)
			sep = "; "
		}
	}
	return text
}

// axes finds scales that hold all points.
func (s *scatter) axes(list []Evaluated) {
	var xs, ys []float64
	for _, j := range list {
		xs = append(xs, 100*j.Own.Accuracy)
		for _, a := range j.Alone {
			ys = append(ys, 100*a)
		}
	}
	s.x, s.y = newScale(xs), newScale(ys)
}

func (s *scatter) px(v float64) float64 { return plotLeft + s.x.at(v)*(plotRight-plotLeft) }

func (s *scatter) py(v float64) float64 { return plotFoot - s.y.at(v)*(plotFoot-plotTop) }

func (s *scatter) text(x, y float64, attributes, text string) {
	fmt.Fprintf(s, `<text x="%.1f" y="%.1f" %s>%s</text>`+"\n", x, y, attributes, html.EscapeString(text))
}

func (s *scatter) line(x0, y0, x1, y1 float64, attributes string) {
	fmt.Fprintf(s, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" %s/>`+"\n", x0, y0, x1, y1, attributes)
}

// grid draws frame, ticks and the names of the axes.
func (s *scatter) grid() {
	for _, v := range s.x.ticks() {
		s.line(s.px(v), plotTop, s.px(v), plotFoot, `class="grid"`)
		s.text(s.px(v), plotFoot+19, `class="tick" text-anchor="middle"`, s.x.name(v))
	}
	for _, v := range s.y.ticks() {
		s.line(plotLeft, s.py(v), plotRight, s.py(v), `class="grid"`)
		s.text(plotLeft-8, s.py(v)+4, `class="tick" text-anchor="end"`, s.y.name(v))
	}
	fmt.Fprintf(s, `<rect x="%d" y="%d" width="%d" height="%d" class="frame"/>`+"\n", plotLeft, plotTop, plotRight-plotLeft, plotFoot-plotTop)
	s.text((plotLeft+plotRight)/2, plotFoot+44, `text-anchor="middle"`, "inherited weights, %")
	const middle = (plotTop + plotFoot) / 2
	s.text(22, middle, fmt.Sprintf(`text-anchor="middle" transform="rotate(-90 22 %d)"`, middle), "trained alone, %")
}

// crosses reports whether both accuracies can be the same within the frame.
func (s *scatter) crosses() bool { return max(s.x.low, s.y.low) < min(s.x.high, s.y.high) }

// equal draws where both accuracies are the same, if that is in the frame.
func (s *scatter) equal() {
	if s.crosses() {
		low, high := max(s.x.low, s.y.low), min(s.x.high, s.y.high)
		s.line(s.px(low), s.py(low), s.px(high), s.py(high), `class="equal"`)
	}
}

// point draws an architecture: the mean of its trainings, and their range.
func (s *scatter) point(j Evaluated) {
	x, colour := s.px(100*j.Own.Accuracy), colourOf(j.Stratum)
	low, high := math.Inf(1), math.Inf(-1)
	for _, a := range j.Alone {
		low, high = min(low, 100*a), max(high, 100*a)
	}
	if low < high {
		s.line(x, s.py(low), x, s.py(high), fmt.Sprintf(`class="bar" stroke="%s"`, colour))
	}
	tip := fmt.Sprintf("%s: alone %.2f %%, inherited %.2f %%, %.2f MFLOPs", j.Arch, 100*j.Mean(), 100*j.Own.Accuracy, float64(j.FLOPs)/1e6)
	s.mark(x, s.py(100*j.Mean()), colour, "<title>"+html.EscapeString(tip)+"</title>")
}

func (s *scatter) mark(x, y float64, colour, inside string) {
	fmt.Fprintf(s, `<circle cx="%.1f" cy="%.1f" r="4.6" class="point" fill="%s">%s</circle>`+"\n", x, y, colour, inside)
}

func colourOf(stratum int) string { return stratumColours[stratum%len(stratumColours)] }

// legend names the strata by the FLOPs of their architectures, and the lines that
// are drawn.
func (s *scatter) legend(list []Evaluated) {
	const x, row = plotRight + 28, 23
	y := float64(plotTop + 10)
	s.text(x-6, y, "", "MFLOPs")
	for k := range strata {
		low, high := math.Inf(1), 0.0
		for _, j := range list {
			if j.Stratum == k {
				low, high = min(low, float64(j.FLOPs)/1e6), max(high, float64(j.FLOPs)/1e6)
			}
		}
		if high == 0 {
			continue
		}
		y += row
		s.mark(x, y-4, colourOf(k), "")
		s.text(x+16, y, "", fmt.Sprintf("%.3g to %.3g", low, high))
	}
	y += row / 2
	if slices.ContainsFunc(list, func(j Evaluated) bool { return len(j.Alone) > 1 }) {
		y += row
		s.line(x, y-10, x, y+2, `class="bar" stroke="#222"`)
		s.text(x+16, y, "", "lowest to highest training")
	}
	if s.crosses() {
		y += row
		s.line(x-7, y+1, x+7, y-9, `class="equal"`)
		s.text(x+16, y, "", "both the same")
	}
}

// scale is a linear axis.
type scale struct{ low, high, step float64 }

// mostTicks of a scale.
const mostTicks = 9

// newScale returns a scale that holds all values with some room, and whose ticks
// are 1, 2 or 5 times a power of ten apart.
func newScale(values []float64) scale {
	s := scale{low: math.Inf(1), high: math.Inf(-1)}
	for _, v := range values {
		s.low, s.high = min(s.low, v), max(s.high, v)
	}
	room := max(0.05*(s.high-s.low), 0.1)
	s.low, s.high = s.low-room, s.high+room
	for e := -3; s.step == 0; e++ {
		for _, m := range []float64{1, 2, 5} {
			if v := m * math.Pow10(e); s.step == 0 && (s.high-s.low)/v <= mostTicks {
				s.step = v
			}
		}
	}
	return s
}

// at returns where v lies: 0 at the low end, 1 at the high one.
func (s scale) at(v float64) float64 { return (v - s.low) / (s.high - s.low) }

func (s scale) ticks() (ticks []float64) {
	for i := math.Ceil(s.low / s.step); i*s.step <= s.high; i++ {
		ticks = append(ticks, i*s.step)
	}
	return ticks
}

// name writes a tick with as many decimals as its step has.
func (s scale) name(v float64) string {
	return fmt.Sprintf("%.*f", max(0, -int(math.Floor(math.Log10(s.step)+1e-9))), v)
}
