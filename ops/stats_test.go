package ops_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// TestCalibrate compares accumulated statistics with averages computed here
// over batches of different size, and checks that a norm in calibration gives
// what one in training does.
func TestCalibrate(t *testing.T) {
	const c = 19
	r := rand.New(rand.NewPCG(3, 3))
	gamma, beta := ops.NewVector("g", c), ops.NewVector("b", c)
	ops.InitUniform(gamma, 1, r)
	ops.InitUniform(beta, 1, r)
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		s := ops.NormSpec{Gamma: gamma, Beta: beta, C: c, Eps: 1e-5, Act: ops.ReLU, Stats: ops.NewStats(c), Mode: ops.NormCalibrate}
		for range 2 { // the second round must not remember the first
			mean, vars, images := make([]float64, c), make([]float64, c), 0.0
			for _, n := range []int{4, 1, 7} {
				x := draw(r, n*6*5*c)
				e.Begin(false)
				got := ops.BatchNorm(e, variable(e, n, 6, 5, c, x), s)
				batch := s
				batch.Stats, batch.Mode = nil, ops.NormBatch
				want := ops.BatchNorm(e, variable(e, n, 6, 5, c, x), batch)
				if !sameBits(got.Data, want.Data) {
					t.Fatal("calibration normalises differently from training")
				}
				m, v := columnMoments(x, c)
				for i := range mean {
					mean[i] += float64(n) * m[i]
					vars[i] += float64(n) * v[i]
				}
				images += float64(n)
			}
			s.Stats.Finish()
			for i := range mean {
				if math.Abs(float64(s.Stats.Mean[i])-mean[i]/images) > 1e-6 || math.Abs(float64(s.Stats.Var[i])-vars[i]/images) > 1e-6 {
					t.Fatalf("channel %d: mean %v, variance %v; want %v, %v", i, s.Stats.Mean[i], s.Stats.Var[i], mean[i]/images, vars[i]/images)
				}
			}
		}
	})
}

// columnMoments returns mean and biased variance of every channel.
func columnMoments(x []float32, c int) (mean, vars []float64) {
	mean, vars = make([]float64, c), make([]float64, c)
	rows := float64(len(x) / c)
	for i, v := range x {
		mean[i%c] += float64(v) / rows
	}
	for i, v := range x {
		d := float64(v) - mean[i%c]
		vars[i%c] += d * d / rows
	}
	return mean, vars
}

// TestNormLargeMean demands digits where the mean is much larger than the
// deviation, over one image and over chunks of several.
func TestNormLargeMean(t *testing.T) {
	for _, size := range [][4]int{{1, 4096, 1, 5}, {3, 40, 40, 24}, {900, 2, 1, 33}} {
		c, rows := size[3], float64(size[0]*size[1]*size[2])
		r := rand.New(rand.NewPCG(4, 4))
		x := make([]float32, int(rows)*c)
		for i := range x {
			x[i] = 1000 + float32(r.NormFloat64())
		}
		_, vars := columnMoments(x, c)
		forEachKernel(t, func(t *testing.T, e *ops.Exec) {
			s := ops.NewStats(c)
			gamma, beta := ops.NewVector("g", c), ops.NewVector("b", c)
			gamma.Fill(1)
			e.Begin(false)
			ops.BatchNorm(e, variable(e, size[0], size[1], size[2], c, x), ops.NormSpec{Gamma: gamma, Beta: beta, C: c, Stats: s, Momentum: 1})
			for i, v := range s.Var {
				if want := vars[i] * rows / (rows - 1); math.Abs(float64(v)-want) > 1e-5*want {
					t.Errorf("%v: channel %d: variance %v; want %v", size, i, v, want)
				}
			}
		})
	}
}
