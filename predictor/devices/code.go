package devices

import (
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Inputs are what is known of a network without measuring it.
type Inputs struct {
	// Features are 0 or 1, one of each decision's being 1 where the decision is made,
	// as space.Space.Features gives them.
	Features func(space.Arch) []float64
	// Numbers are sizes of the network, such as counts of its operations; nil: none.
	Numbers func(space.Arch) []float64
}

// codes are networks as kernels read them.
type codes struct {
	choice [][]int32   // columns of the ones of each row, ascending
	number [][]float64 // standardised, each row divided by the root of their count
}

// coder turns architectures into codes.
type coder struct {
	in   Inputs
	cols int
	unit []standard // of the numbers
}

// newCoder measures the scale of the numbers over these architectures.
func newCoder(in Inputs, archs []space.Arch) (*coder, error) {
	c := &coder{in: in, cols: len(in.Features(archs[0]))}
	if in.Numbers == nil {
		return c, nil
	}
	all := make([][]float64, len(archs))
	for i, a := range archs {
		all[i] = in.Numbers(a)
		if len(all[i]) != len(all[0]) {
			return nil, fmt.Errorf("devices: architecture %d has %d numbers; want %d as the others", i, len(all[i]), len(all[0]))
		}
		for k, v := range all[i] {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("devices: number %d of architecture %d is %v; want a finite one", k, i, v)
			}
		}
	}
	for k := range all[0] {
		v := make([]float64, len(all))
		for i := range all {
			v[i] = all[i][k]
		}
		c.unit = append(c.unit, standardOf(v))
	}
	return c, nil
}

func (c *coder) encode(archs []space.Arch) codes {
	out := codes{choice: make([][]int32, len(archs)), number: make([][]float64, len(archs))}
	for i, a := range archs {
		for j, x := range c.in.Features(a) {
			if x != 0 {
				out.choice[i] = append(out.choice[i], int32(j))
			}
		}
		if len(c.unit) == 0 {
			continue
		}
		root := math.Sqrt(float64(len(c.unit)))
		out.number[i] = make([]float64, len(c.unit))
		for k, v := range c.in.Numbers(a) {
			out.number[i][k] = c.unit[k].of(v) / root
		}
	}
	return out
}

// common returns how many ones two rows share, and the ones of the longer.
func common(a, b []int32) (same, most int) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			same, i, j = same+1, i+1, j+1
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return same, max(len(a), len(b))
}

func dot(a, b []float64) float64 {
	var s float64
	for i, x := range a {
		s += x * b[i]
	}
	return s
}

// pair are the similarities of two networks: the shared part of their choices, the
// product of their numbers, and a similarity that falls with each other choice.
type pair struct{ linear, number, local float64 }

// reach is how many other choices bring the local similarity to 1/e, as a share of all.
func similar(a, b codes, i, j int, reach float64) pair {
	same, most := common(a.choice[i], b.choice[j])
	share := float64(same) / float64(max(most, 1))
	return pair{share, dot(a.number[i], b.number[j]), math.Exp(-(1 - share) / reach)}
}
