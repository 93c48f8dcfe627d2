package bench

import "fmt"

// Pass is one of the three passes of a layer.
type Pass string

// The passes.
const (
	Forward         Pass = "forward"
	BackwardData    Pass = "data"    // gradient of the input
	BackwardWeights Pass = "weights" // gradient of the weight, added to what is there
)

// Passes returns all passes.
func Passes() []Pass { return []Pass{Forward, BackwardData, BackwardWeights} }

// words returns the pass for people.
func (p Pass) words() string {
	switch p {
	case BackwardData:
		return "gradient of the input"
	case BackwardWeights:
		return "gradient of the weight"
	default:
		return string(p)
	}
}

// Bytes returns what a pass moves if it moves everything once: the least traffic
// with the level of memory that its operands lie in.
func (l Layer) Bytes(p Pass) int64 {
	weights := l.Weights()
	if p == BackwardWeights {
		weights *= 2 // loaded and stored
	}
	return 4 * int64(l.Input()+l.Output()+weights)
}

// Roofline tells how fast a pass can be at most on a machine, from how many
// operations it does with each byte (Williams, Waterman and Patterson 2009).
type Roofline struct {
	Peak  float64 `json:"peak"`  // GFLOP/s
	Roofs []Roof  `json:"roofs"` // nearest memory first
}

// Roof is the limit that one level of memory sets.
type Roof struct {
	Level     string  `json:"level"`     // such as L2 or DRAM
	Bytes     int64   `json:"bytes"`     // that fit into the caches of all workers; 0: no limit
	Bandwidth float64 `json:"bandwidth"` // GB/s of all workers
}

// computing is what a pass is bound by that no memory holds up.
const computing = "FMA"

// Roofline returns the roofs over so many workers, or an error if they were not
// measured.
func (m Machine) Roofline(workers int) (Roofline, error) {
	for _, l := range m.Limits {
		if l.Workers != workers {
			continue
		}
		r := Roofline{Peak: l.Peak}
		for i, b := range l.Bandwidths {
			level := m.Levels[i]
			caches := 1
			if level.Sharers > 0 {
				caches = (workers + level.Sharers - 1) / level.Sharers
			}
			r.Roofs = append(r.Roofs, Roof{Level: b.Level, Bytes: int64(level.Bytes) * int64(caches), Bandwidth: b.Best()})
		}
		return r, nil
	}
	return Roofline{}, fmt.Errorf("roofline: machine not measured with %d workers", workers)
}

// Limit returns the most GFLOP/s that a pass can reach which does intensity
// operations with each of its bytes, and what holds it there: the nearest memory
// that its operands fit into, or FMA.
func (r Roofline) Limit(bytes int64, intensity float64) (gflops float64, by string) {
	for _, f := range r.Roofs {
		if bytes > f.Bytes && f.Bytes != 0 {
			continue
		}
		if memory := intensity * f.Bandwidth; memory < r.Peak {
			return memory, f.Level
		}
		break
	}
	return r.Peak, computing
}

// Point is a measured pass under its roof.
type Point struct {
	Layer     Layer   `json:"layer"`
	Pass      Pass    `json:"pass"`
	Time      Sample  `json:"time"`
	GFLOPS    float64 `json:"gflops"`    // padding counted as pixels, as the usual tables do
	Real      float64 `json:"real"`      // GFLOP/s on real pixels: what meets the roof
	Intensity float64 `json:"intensity"` // operations on real pixels per byte
	Limit     float64 `json:"limit"`     // GFLOP/s
	By        string  `json:"by"`        // what sets the limit
}

// Share returns how much of its limit the pass reaches. It exceeds 1 where an
// algorithm multiplies less than is counted.
func (p Point) Share() float64 { return p.Real / p.Limit }

// Place puts a pass that took so long under its roof.
func (r Roofline) Place(l Layer, pass Pass, time Sample) Point {
	bytes := l.Bytes(pass)
	p := Point{Layer: l, Pass: pass, Time: time, Intensity: float64(l.RealFLOPs()) / float64(bytes)}
	p.GFLOPS = float64(l.FLOPs()) / time.Median / 1e9
	p.Real = float64(l.RealFLOPs()) / time.Median / 1e9
	p.Limit, p.By = r.Limit(bytes, p.Intensity)
	return p
}
