package predictor

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// drawDesign draws sparse rows with zeros, ones and other numbers.
func drawDesign(t *rapid.T, inter, extras int) design {
	n := rapid.IntRange(2, 12).Draw(t, "rows")
	d := design{rows: make([][]entry, n), inter: inter, cols: inter + extras}
	for i := range d.rows {
		for j := range d.cols {
			if x := rapid.SampledFrom([]float64{0, 0, 1, 1, -0.5, 2}).Draw(t, "x"); x != 0 {
				d.rows[i] = append(d.rows[i], entry{j, x})
			}
		}
	}
	return d
}

func randomMachine(inter, cols, rank int, seed uint64) machine {
	r := stream(seed, forChains, 0)
	m := machine{B: r.NormFloat64(), W: make([]float32, cols), V: make([]float32, inter*rank), Alpha: 1}
	for j := range m.W {
		m.W[j] = float32(r.NormFloat64())
	}
	for j := range m.V {
		m.V[j] = float32(r.NormFloat64())
	}
	return m
}

// pairLoop is the definition of a machine's value.
func pairLoop(m machine, x []float64, inter, rank int) float64 {
	return m.B + linearAndPairs(m.W, m.V, x, inter, rank)
}

func linearAndPairs[T float32 | float64](w, v []T, x []float64, inter, rank int) float64 {
	var y float64
	for j, t := range x {
		y += float64(w[j]) * t
	}
	for i := range inter {
		for j := range i {
			for f := range rank {
				s := 1.0
				if f%2 == 1 {
					s = -1
				}
				y += s * float64(v[i*rank+f]) * float64(v[j*rank+f]) * x[i] * x[j]
			}
		}
	}
	return y
}

func dense(d design) [][]float64 {
	out := make([][]float64, len(d.rows))
	for i, row := range d.rows {
		out[i] = make([]float64, d.cols)
		for _, e := range row {
			out[i][e.at] = e.x
		}
	}
	return out
}

func TestMachineEqualsPairLoop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inter, rank := rapid.IntRange(0, 7).Draw(t, "inter"), rapid.IntRange(0, 5).Draw(t, "rank")
		d := drawDesign(t, inter, rapid.IntRange(0, 2).Draw(t, "extras"))
		m := randomMachine(inter, d.cols, rank, rapid.Uint64().Draw(t, "seed"))
		sum, sq := make([]float64, maxRank), make([]float64, maxRank)
		for i, x := range dense(d) {
			got, want := m.value(d.rows[i], inter, sum, sq), pairLoop(m, x, inter, rank)
			if math.Abs(got-want) > 1e-10*(1+math.Abs(want)) {
				t.Fatalf("row %d: %v; want %v", i, got, want)
			}
		}
	})
}

func TestLinearRebuildsCenteredDesign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDesign(t, rapid.IntRange(1, 16).Draw(t, "cols"), 0)
		l := newLinear(d, 0, d.cols)
		for i, x := range dense(d) {
			for j := range x {
				got := l.mean[j]
				for k, s := range l.sv {
					got += s * l.u[k][i] * l.v[k][j]
				}
				if math.Abs(got-x[j]) > 1e-8 {
					t.Fatalf("entry %d,%d is %v after decomposition; want %v", i, j, got, x[j])
				}
			}
		}
		for k, v := range l.v {
			for q, w := range l.v {
				want := 0.0
				if k == q {
					want = 1
				}
				if got := mat.Dot(mat.NewVecDense(len(v), v), mat.NewVecDense(len(w), w)); math.Abs(got-want) > 1e-6 {
					t.Fatalf("directions %d and %d: product %v; want %v", k, q, got, want)
				}
			}
		}
	})
}
