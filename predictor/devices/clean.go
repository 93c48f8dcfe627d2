package devices

import (
	"fmt"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// fence bounds logarithms at the far-out fences of Tukey: three interquartile ranges
// beyond the quartiles. Timers that saw nothing run give values near zero, which lie
// below; a measurement that was interrupted may lie above.
func fence(logs []float64) (lo, hi float64) {
	s := slices.Clone(logs)
	slices.Sort(s)
	q1, q3 := quantile(s, 0.25), quantile(s, 0.75)
	return q1 - 3*(q3-q1), q3 + 3*(q3-q1)
}

// quantile interpolates in sorted numbers.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	k := min(int(at), len(sorted)-2)
	if k < 0 {
		return sorted[0]
	}
	t := at - float64(k)
	return sorted[k]*(1-t) + sorted[k+1]*t
}

// smallest stands for a latency of 0 before its logarithm is taken; far below every
// fence.
const smallest = 1e-12

// logs returns the natural logarithms of latencies.
func logs(device int, latency []float64) ([]float64, error) {
	out := make([]float64, len(latency))
	for i, v := range latency {
		if !(v >= 0) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("devices: latency %d of device %d is %v; want a number, 0 or more", i, device, v)
		}
		out[i] = math.Log(max(v, smallest))
	}
	return out, nil
}

// clip bounds v in place and returns where it lay outside.
func clip(v []float64, lo, hi float64) []bool {
	out := make([]bool, len(v))
	for i, x := range v {
		out[i] = x < lo || x > hi
		v[i] = min(max(x, lo), hi)
	}
	return out
}

// standard is a shift and a scale that bring numbers to mean 0 and deviation 1; a
// constant stays a constant.
type standard struct{ mean, std float64 }

func standardOf(v []float64) standard {
	var s standard
	for _, x := range v {
		s.mean += x / float64(len(v))
	}
	for _, x := range v {
		s.std += (x - s.mean) * (x - s.mean) / float64(len(v))
	}
	s.std = math.Sqrt(s.std)
	if !(s.std > 1e-9*(1+math.Abs(s.mean))) {
		s.std = 1
	}
	return s
}

func (s standard) of(x float64) float64 { return (x - s.mean) / s.std }

// tableOf numbers the architectures by their first row.
func tableOf(archs []space.Arch) map[space.Arch]int {
	at := make(map[space.Arch]int, len(archs))
	for i, a := range archs {
		if _, ok := at[a]; !ok {
			at[a] = i
		}
	}
	return at
}
