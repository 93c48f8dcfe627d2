package bench

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// axis is a logarithmic axis from low to high.
type axis struct{ low, high float64 }

// at returns where v lies: 0 at the low end, 1 at the high one.
func (a axis) at(v float64) float64 { return math.Log(v/a.low) / math.Log(a.high/a.low) }

// value returns what lies at a share of the axis: the inverse of at.
func (a axis) value(share float64) float64 { return a.low * math.Pow(a.high/a.low, share) }

// powers returns the powers of two on the axis.
func (a axis) powers() (ticks []float64) {
	for e := math.Ceil(math.Log2(a.low) - 1e-9); math.Exp2(e) <= a.high*(1+1e-9); e++ {
		ticks = append(ticks, math.Exp2(e))
	}
	return ticks
}

// decades returns 1, 2 and 5 times the powers of ten on the axis.
func (a axis) decades() (ticks []float64) {
	for e := math.Floor(math.Log10(a.low)); math.Pow(10, e) <= a.high; e++ {
		for _, m := range []float64{1, 2, 5} {
			if v := m * math.Pow(10, e); v >= a.low*(1-1e-9) && v <= a.high*(1+1e-9) {
				ticks = append(ticks, v)
			}
		}
	}
	return ticks
}

// powerText writes a power of two: one below 1 as a fraction.
func powerText(v float64) string {
	if v < 1 {
		return "1/" + plainText(1/v)
	}
	return plainText(v)
}

// plainText writes a number without an exponent.
func plainText(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// chart is what a picture of a roofline shows: x are operations per byte, y
// GFLOP/s. Everything it holds lies within its axes.
type chart struct {
	x, y    axis
	roofs   []chartRoof
	peak    float64
	points  []Point
	classes []string // of the points, in the order of the picture
}

// chartRoof is the slope of one level of memory, from the edge of the frame to
// the peak.
type chartRoof struct {
	Roof
	x0, y0, x1, y1 float64
}

// newChart finds axes that hold all points and the ridge of every roof, with
// room for the slope of the first.
func newChart(r Roofline, points []Point) chart {
	c := chart{peak: r.Peak, points: points}
	low, high, floor, top := math.Inf(1), 0.0, r.Peak, r.Peak
	for _, f := range r.Roofs {
		high = max(high, r.Peak/f.Bandwidth)
		low = min(low, r.Peak/f.Bandwidth/4)
	}
	for _, p := range points {
		low, high = min(low, p.Intensity), max(high, p.Intensity)
		floor, top = min(floor, p.Real), max(top, p.Real)
	}
	c.x = axis{math.Exp2(math.Floor(math.Log2(low / 1.1))), math.Exp2(math.Ceil(math.Log2(high * 1.1)))}
	c.y = axis{min(floor/1.25, r.Peak/10), top * 1.4}
	for _, f := range r.Roofs {
		s := chartRoof{Roof: f, x0: max(c.x.low, c.y.low/f.Bandwidth), x1: r.Peak / f.Bandwidth}
		s.y0, s.y1 = s.x0*f.Bandwidth, r.Peak
		c.roofs = append(c.roofs, s)
	}
	c.classes = classesOf(points)
	return c
}

// start returns where the flat roof begins: at the first ridge.
func (c chart) start() float64 {
	x := c.x.high
	for _, f := range c.roofs {
		x = min(x, f.x1)
	}
	return x
}

// classesOf returns the classes of points in the order of their first layers.
func classesOf(points []Point) (classes []string) {
	for _, p := range points {
		if !slices.Contains(classes, p.Layer.Class) {
			classes = append(classes, p.Layer.Class)
		}
	}
	return classes
}

// passesOf returns the passes of points in their usual order.
func passesOf(points []Point) (passes []Pass) {
	for _, p := range points {
		if !slices.Contains(passes, p.Pass) {
			passes = append(passes, p.Pass)
		}
	}
	slices.SortFunc(passes, func(a, b Pass) int {
		return cmp.Compare(slices.Index(Passes(), a), slices.Index(Passes(), b))
	})
	return passes
}
