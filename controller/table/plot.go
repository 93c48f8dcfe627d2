package table

import (
	"bytes"
	"fmt"
	"html"
	"math"
)

// The picture in pixels: its size, and the frame of the chart within it.
const (
	plotWidth, plotHeight = 920, 600
	plotLeft, plotTop     = 80, 84
	plotRight, plotFoot   = 740, 530
)

// plotColours differ in lightness too, for eyes that do not tell colours apart.
var plotColours = []string{"#332288", "#117733", "#cc6677", "#0072b2", "#d55e00", "#882255", "#44aa99", "#999933", "#aa4499", "#e69f00"}

const plotStyle = `<style>
text{font:13px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:#222}
.title{font-size:18px;font-weight:600}
.note,.tick{font-size:12px;fill:#555}
.grid{stroke:#e6e6e6;stroke-width:1}
.frame{fill:none;stroke:#888;stroke-width:1}
.curve{fill:none;stroke-width:1.8}
.band{opacity:.12}
</style>
`

// SVG draws mean regret against evaluations, both on logarithmic scales, with the
// interval of the mean as a band. A mean of 0 lies on the foot.
func (c *Contest) SVG() []byte {
	p := newChart(c)
	fmt.Fprintf(p, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img">`+"\n<title>Regret against evaluations</title>\n%s", plotWidth, plotHeight, plotStyle)
	fmt.Fprintf(p, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", plotWidth, plotHeight)
	p.text(plotLeft, 34, `class="title"`, "Regret against evaluations")
	p.text(plotLeft, 56, `class="note"`, fmt.Sprintf("%s, %s; means of %d searches, band: their 95 %% interval", c.Table, c.goal(), c.Seeds))
	p.grid()
	for i := range c.Standings {
		p.curve(&c.Standings[i], p.colour(i))
	}
	p.legend(c)
	p.WriteString("</svg>\n")
	return p.Bytes()
}

// chart is the picture so far, with the logarithms that its frame spans.
type chart struct {
	bytes.Buffer
	right, low, high float64
}

func newChart(c *Contest) *chart {
	least, most := math.Inf(1), 0.0
	for _, s := range c.Standings {
		for e := range s.Curve {
			most = max(most, s.High[e])
			if s.Curve[e] > 0 {
				least = min(least, s.Curve[e])
			}
		}
	}
	if most == 0 {
		least, most = 1, 10
	}
	least = max(least, most*1e-4)
	return &chart{right: math.Log10(float64(max(2, c.Evaluations))), low: math.Log10(least) - 0.1, high: math.Log10(most) + 0.05}
}

func (p *chart) colour(i int) string { return plotColours[i%len(plotColours)] }

func (p *chart) x(evaluations int) float64 {
	return plotLeft + (plotRight-plotLeft)*math.Log10(float64(evaluations))/p.right
}

func (p *chart) y(regret float64) float64 {
	at := p.low
	if regret > 0 {
		at = max(p.low, math.Log10(regret))
	}
	return plotFoot - (plotFoot-plotTop)*(at-p.low)/(p.high-p.low)
}

func (p *chart) text(x, y float64, attributes, text string) {
	fmt.Fprintf(p, `<text x="%.1f" y="%.1f" %s>%s</text>`+"\n", x, y, attributes, html.EscapeString(text))
}

func (p *chart) line(x0, y0, x1, y1 float64, attributes string) {
	fmt.Fprintf(p, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" %s/>`+"\n", x0, y0, x1, y1, attributes)
}

// grid draws frame, ticks at 1, 2 and 5 of each power of ten, and the names of the axes.
func (p *chart) grid() {
	for power := -12; power <= 12; power++ {
		for _, digit := range []float64{1, 2, 5} {
			v := digit * math.Pow(10, float64(power))
			if l := math.Log10(v); l > -1e-9 && l <= p.right+1e-9 {
				x := p.x(int(math.Round(v)))
				p.line(x, plotTop, x, plotFoot, `class="grid"`)
				p.text(x, plotFoot+19, `class="tick" text-anchor="middle"`, fmt.Sprintf("%.0f", v))
			}
			if l := math.Log10(v); l >= p.low && l <= p.high {
				p.line(plotLeft, p.y(v), plotRight, p.y(v), `class="grid"`)
				p.text(plotLeft-8, p.y(v)+4, `class="tick" text-anchor="end"`, fmt.Sprintf("%.4g", v))
			}
		}
	}
	fmt.Fprintf(p, `<rect x="%d" y="%d" width="%d" height="%d" class="frame"/>`+"\n", plotLeft, plotTop, plotRight-plotLeft, plotFoot-plotTop)
	p.text((plotLeft+plotRight)/2, plotFoot+44, `text-anchor="middle"`, "evaluations")
	const middle = (plotTop + plotFoot) / 2
	p.text(24, middle, fmt.Sprintf(`text-anchor="middle" transform="rotate(-90 24 %d)"`, middle), "regret, mean")
}

// curve draws one strategy; random search is dashed.
func (p *chart) curve(s *Standing, colour string) {
	fmt.Fprintf(p, `<path class="band" fill="%s" d="`, colour)
	for e := range s.Curve {
		fmt.Fprintf(p, "%c%.1f,%.1f", "ML"[min(e, 1)], p.x(e+1), p.y(s.High[e]))
	}
	for e := len(s.Curve) - 1; e >= 0; e-- {
		fmt.Fprintf(p, "L%.1f,%.1f", p.x(e+1), p.y(s.Low[e]))
	}
	p.WriteString("Z\"/>\n")
	dash := ""
	if s.Strategy == "random" {
		dash = ` stroke-dasharray="6 4"`
	}
	fmt.Fprintf(p, `<path class="curve" stroke="%s"%s d="`, colour, dash)
	for e, v := range s.Curve {
		fmt.Fprintf(p, "%c%.1f,%.1f", "ML"[min(e, 1)], p.x(e+1), p.y(v))
	}
	fmt.Fprintf(p, `"><title>%s: %.4g at the end</title></path>`+"\n", html.EscapeString(s.Strategy), s.Final())
}

// legend names the curves, the best first.
func (p *chart) legend(c *Contest) {
	for i := range c.Standings {
		y := float64(plotTop + 12 + 22*i)
		p.line(plotRight+16, y-4, plotRight+40, y-4, fmt.Sprintf(`stroke="%s" stroke-width="2.4"`, p.colour(i)))
		p.text(plotRight+48, y, "", fmt.Sprintf("%s  %.3g", c.Standings[i].Strategy, c.Standings[i].Final()))
	}
}
