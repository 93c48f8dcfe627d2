package predictor

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// gpCode turns architectures into what the kernel of GP compares. It is measured on the
// examples of a fit, and part of the model's state.
type gpCode struct {
	Features int       `json:"features"`
	Paths    []string  `json:"paths,omitempty"` // sorted; see graph
	Moves    []string  `json:"moves,omitempty"`
	PathUnit float64   `json:"path_unit"` // deviation of all paths together
	MoveUnit float64   `json:"move_unit"`
	PathMean []float64 `json:"path_mean,omitempty"`
	MoveMean []float64 `json:"move_mean,omitempty"`
	Numbers  []scaling `json:"numbers,omitempty"`
	Signals  []scaling `json:"signals,omitempty"` // none in files of earlier versions
}

// gpRow is an architecture as the kernel reads it.
type gpRow struct {
	Choice  []int     `json:"choice"` // columns of the features that are not 0, ascending
	Paths   []float64 `json:"paths,omitempty"`
	Moves   []float64 `json:"moves,omitempty"`
	Numbers []float64 `json:"numbers,omitempty"`
	Signals []float64 `json:"signals,omitempty"`
}

// newGPCode measures examples and returns their rows.
func newGPCode(in Inputs, archs []space.Arch) (*gpCode, []gpRow, error) {
	c := &gpCode{Features: len(in.Features(archs[0]))}
	if in.Plan != nil {
		paths, moves := make(map[string]bool), make(map[string]bool)
		for _, a := range archs {
			g := in.graph(a)
			for p := range g.paths {
				paths[p] = true
			}
			for m := range g.moves {
				moves[m] = true
			}
		}
		c.Paths, c.Moves = slices.Sorted(maps.Keys(paths)), slices.Sorted(maps.Keys(moves))
	}
	c.PathMean, c.MoveMean = make([]float64, len(c.Paths)), make([]float64, len(c.Moves))
	c.PathUnit, c.MoveUnit = 1, 1
	rows, err := c.rows(in, archs)
	if err != nil || in.Plan == nil {
		return c, rows, err
	}
	c.PathMean, c.PathUnit = centre(rows, func(r gpRow) []float64 { return r.Paths })
	c.MoveMean, c.MoveUnit = centre(rows, func(r gpRow) []float64 { return r.Moves })
	c.Numbers = scalingsOf(rows, func(r gpRow) []float64 { return r.Numbers })
	c.Signals = scalingsOf(rows, func(r gpRow) []float64 { return r.Signals })
	for _, r := range rows {
		c.scale(r)
	}
	return c, rows, nil
}

// scalingsOf measures each column of a group on its own; all of them together get a
// summed variance of 1.
func scalingsOf(rows []gpRow, group func(gpRow) []float64) []scaling {
	out := make([]scaling, len(group(rows[0])))
	for k := range out {
		mean, unit := centre(rows, func(r gpRow) []float64 { return group(r)[k : k+1] })
		out[k] = scaling{mean[0], 1 / (unit * math.Sqrt(float64(len(out))))}
	}
	return out
}

// centre returns the means of the columns of a group, and the root of their summed
// variances; 1 for constants.
func centre(rows []gpRow, group func(gpRow) []float64) (mean []float64, unit float64) {
	mean = make([]float64, len(group(rows[0])))
	for _, r := range rows {
		for k, v := range group(r) {
			mean[k] += v / float64(len(rows))
		}
	}
	var sq float64
	for _, r := range rows {
		for k, v := range group(r) {
			sq += (v - mean[k]) * (v - mean[k]) / float64(len(rows))
		}
	}
	if unit = math.Sqrt(sq); !(unit > 1e-9*math.Sqrt(1+sumSquares(mean))) {
		unit = 1
	}
	return mean, unit
}

// scale brings a row to the units of the examples, in place.
func (c *gpCode) scale(r gpRow) {
	for k := range r.Paths {
		r.Paths[k] = (r.Paths[k] - c.PathMean[k]) / c.PathUnit
	}
	for k := range r.Moves {
		r.Moves[k] = (r.Moves[k] - c.MoveMean[k]) / c.MoveUnit
	}
	for k, s := range c.Numbers {
		r.Numbers[k] = (r.Numbers[k] - s.Shift) * s.Scale
	}
	for k, s := range c.Signals {
		r.Signals[k] = (r.Signals[k] - s.Shift) * s.Scale
	}
}

// rows encodes architectures; scaled if the code has been measured.
func (c *gpCode) rows(in Inputs, archs []space.Arch) ([]gpRow, error) {
	out := make([]gpRow, len(archs))
	for i, a := range archs {
		f := in.Features(a)
		if len(f) != c.Features {
			return nil, fmt.Errorf("architecture %d has %d features; want %d as the others", i, len(f), c.Features)
		}
		for j, x := range f {
			if x != 0 && x != 1 {
				return nil, fmt.Errorf("architecture %d: feature %d is %v; want 0 or 1", i, j, x)
			}
			if x == 1 {
				out[i].Choice = append(out[i].Choice, j)
			}
		}
		if in.Plan == nil {
			continue
		}
		g := in.graph(a)
		out[i].Paths, out[i].Moves, out[i].Numbers = roots(c.Paths, g.paths), roots(c.Moves, g.moves), slices.Clone(g.numbers)
		for k, v := range g.numbers {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("architecture %d: number %d of its plan is %v; want a finite one", i, k, v)
			}
		}
		if c.Numbers == nil || c.Signals != nil {
			out[i].Signals = slices.Clone(g.signals)
		}
		if c.Numbers != nil {
			c.scale(out[i])
		}
	}
	return out, nil
}

// roots returns the square roots of counts in the order of a vocabulary: a second path
// matters less than the first.
func roots(names []string, count map[string]float64) []float64 {
	out := make([]float64, len(names))
	for k, n := range names {
		out[k] = math.Sqrt(count[n])
	}
	return out
}

// gpPair is how two rows differ: squared distances by group, and the product that a linear
// kernel needs.
type gpPair struct{ choice, paths, moves, numbers, signals, linear float64 }

func gpCompare(a, b *gpRow) gpPair {
	var p gpPair
	same := 0
	for i, j := 0, 0; i < len(a.Choice) && j < len(b.Choice); {
		switch x, y := a.Choice[i], b.Choice[j]; {
		case x == y:
			same, i, j = same+1, i+1, j+1
		case x < y:
			i++
		default:
			j++
		}
	}
	most := max(len(a.Choice), len(b.Choice), 1)
	p.choice = 1 - float64(same)/float64(most)
	p.linear = float64(same) / float64(most)
	p.paths = squaredDistance(a.Paths, b.Paths)
	p.moves = squaredDistance(a.Moves, b.Moves)
	p.numbers = squaredDistance(a.Numbers, b.Numbers)
	p.signals = squaredDistance(a.Signals, b.Signals)
	if len(a.Numbers) > 0 {
		p.linear = 0
		for k, v := range a.Numbers {
			p.linear += v * b.Numbers[k]
		}
		for k, v := range a.Moves {
			p.linear += v * b.Moves[k]
		}
		p.linear /= 2
	}
	return p
}

func squaredDistance(a, b []float64) float64 {
	var s float64
	for k, v := range a {
		d := v - b[k]
		s += d * d
	}
	return s
}
