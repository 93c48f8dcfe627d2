package report

import (
	"math"
	"strconv"
)

// logAxis is a logarithmic axis, linearAxis a plain one.
type (
	logAxis    struct{ low, high float64 }
	linearAxis struct{ low, high float64 }
)

// at returns where a value lies: 0 at the low end, 1 at the high one.
func (a logAxis) at(v float64) float64 { return math.Log(v/a.low) / math.Log(a.high/a.low) }

func (a linearAxis) at(v float64) float64 { return (v - a.low) / (a.high - a.low) }

// leastTicks are needed to read an axis.
const leastTicks = 3

// ticks returns round values on the axis, three or more, and their names.
func (a logAxis) ticks() (values []float64, names []string) {
	for _, steps := range [][]float64{{1, 2, 5}, {1, 1.5, 2, 3, 4, 5, 6, 8}} {
		if values = a.multiples(steps); len(values) >= leastTicks {
			for _, v := range values {
				names = append(names, strconv.FormatFloat(v, 'g', 3, 64))
			}
			return values, names
		}
	}
	return linearAxis(a).ticks()
}

// multiples returns these multiples of the powers of ten on the axis.
func (a logAxis) multiples(steps []float64) (values []float64) {
	for e := math.Floor(math.Log10(a.low)); math.Pow(10, e) <= a.high; e++ {
		for _, m := range steps {
			if v := m * math.Pow(10, e); v >= a.low && v <= a.high {
				values = append(values, v)
			}
		}
	}
	return values
}

func (a linearAxis) ticks() (values []float64, names []string) {
	step, digits := a.step()
	for i := math.Ceil(a.low/step-1e-9) + 0; i*step <= a.high+1e-9*step; i++ {
		values = append(values, i*step)
		names = append(names, strconv.FormatFloat(i*step, 'f', digits, 64))
	}
	return values, names
}

// step returns the largest of 1, 2 and 5 times a power of ten that gives at
// least five ticks, and the digits that it needs behind the point.
func (a linearAxis) step() (step float64, digits int) {
	most := (a.high - a.low) / 5
	power := math.Floor(math.Log10(most))
	step = math.Pow(10, power)
	for _, m := range []float64{5, 2} {
		if m*step <= most {
			step *= m
			break
		}
	}
	return step, max(0, int(-power))
}
