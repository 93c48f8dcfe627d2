package predictor

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Warp names the scale on which a target is modelled. All scales keep order,
// and predictions come back in the target's own unit.
type Warp string

// The scales.
const (
	WarpAuto  Warp = ""      // chosen by cross-validation
	WarpNone  Warp = "none"  // the target itself
	WarpLog   Warp = "log"   // its logarithm; the target must be positive
	WarpRanks Warp = "ranks" // normal scores of its ranks: one bad or lucky network bends nothing
)

// Validate reports an unknown name.
func (w Warp) Validate() error {
	switch w {
	case WarpAuto, WarpNone, WarpLog, WarpRanks:
		return nil
	}
	return fmt.Errorf("warp %q is unknown; want %q, %q, %q or empty", string(w), WarpNone, WarpLog, WarpRanks)
}

// maxKnots bounds the stored curve of normal scores.
const maxKnots = 257

// curve is a fitted warp: a strictly rising function and its inverse.
type curve struct {
	Kind  Warp      `json:"kind"`
	Score []float64 `json:"score,omitempty"` // knots of WarpRanks, strictly rising
	Value []float64 `json:"value,omitempty"` // the target there
	Low   float64   `json:"low,omitempty"`   // slope dValue/dScore below the first knot
	High  float64   `json:"high,omitempty"`  // and above the last
}

// fitCurve fits the warp to targets and returns it with the warped targets.
func fitCurve(w Warp, y []float64) (curve, []float64, error) {
	if err := w.Validate(); err != nil {
		return curve{}, nil, err
	}
	c := curve{Kind: w}
	out := slices.Clone(y)
	switch w {
	case WarpLog:
		for i, v := range y {
			if v <= 0 {
				return c, nil, fmt.Errorf("value %d is %v; want a positive number for warp log", i, v)
			}
			out[i] = math.Log(v)
		}
	case WarpRanks:
		n := float64(len(y))
		for i, r := range ranks(y) {
			out[i] = distuv.UnitNormal.Quantile((r - 0.5) / n)
		}
		c.setKnots(out, y)
	}
	return c, out, nil
}

// setKnots keeps distinct pairs of score and target, thinned evenly in rank,
// and the slopes beyond them, taken over the outer tenth of the knots because
// the last gap alone is noise.
func (c *curve) setKnots(score, y []float64) {
	order := upTo(len(y))
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case y[i] < y[j]:
			return -1
		case y[i] > y[j]:
			return 1
		}
		return 0
	})
	order = slices.CompactFunc(order, func(i, j int) bool { return y[i] == y[j] })
	last := len(order) - 1
	for k := range min(len(order), maxKnots) {
		i := order[k]
		if len(order) > maxKnots {
			i = order[k*last/(maxKnots-1)]
		}
		c.Score = append(c.Score, score[i])
		c.Value = append(c.Value, y[i])
	}
	last = len(c.Score) - 1
	if tail := max(last/10, 1); last > 0 {
		c.Low = (c.Value[tail] - c.Value[0]) / (c.Score[tail] - c.Score[0])
		c.High = (c.Value[last] - c.Value[last-tail]) / (c.Score[last] - c.Score[last-tail])
	}
}

// inverse returns the target at a warped value.
func (c *curve) inverse(z float64) float64 {
	switch c.Kind {
	case WarpLog:
		return math.Exp(z)
	case WarpRanks:
		last := len(c.Score) - 1
		if z <= c.Score[0] {
			return c.Value[0] + c.Low*(z-c.Score[0])
		}
		if z >= c.Score[last] {
			return c.Value[last] + c.High*(z-c.Score[last])
		}
		k, _ := slices.BinarySearch(c.Score, z)
		t := (z - c.Score[k-1]) / (c.Score[k] - c.Score[k-1])
		return c.Value[k-1] + t*(c.Value[k]-c.Value[k-1])
	}
	return z
}

// unwarp turns means and deviations on the warped scale into the target's
// unit, in place: the median, and half the width of the one-sigma interval.
func (c *curve) unwarp(mean, std []float64) {
	if c.Kind == WarpNone {
		return
	}
	for i, m := range mean {
		std[i] = (c.inverse(m+std[i]) - c.inverse(m-std[i])) / 2
		mean[i] = c.inverse(m)
	}
}

// check reports what makes a loaded curve unusable.
func (c *curve) check() error {
	if c.Kind == WarpAuto {
		return fmt.Errorf("warp is missing; want %q, %q or %q", WarpNone, WarpLog, WarpRanks)
	}
	if err := c.Kind.Validate(); err != nil {
		return err
	}
	if c.Kind != WarpRanks {
		return nil
	}
	if len(c.Score) == 0 || len(c.Score) != len(c.Value) {
		return fmt.Errorf("warp has %d scores and %d values; want as many, at least one", len(c.Score), len(c.Value))
	}
	if c.Low < 0 || c.High < 0 {
		return fmt.Errorf("warp slopes are %v and %v; want none negative", c.Low, c.High)
	}
	for k := 1; k < len(c.Score); k++ {
		if !(c.Score[k] > c.Score[k-1]) || !(c.Value[k] > c.Value[k-1]) {
			return fmt.Errorf("warp knot %d does not rise", k)
		}
	}
	return nil
}
