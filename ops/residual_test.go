package ops_test

import (
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// TestResidualEqualsAdd compares sums that are computed behind a convolution, row by row,
// with those of separate buffers, in training and outside.
func TestResidualEqualsAdd(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	const c = 37
	weights := map[string]*ops.Param{
		"pointwise": ops.NewDense("w", c, 20, 1, 1, 1), "Winograd": ops.NewDense("w", c, 20, 3, 3, 1),
		"direct": ops.NewDense("w", c, 20, 3, 3, 1), "large": ops.NewDense("w", c, 600, 1, 1, 1),
	}
	bias := ops.NewVector("b", c)
	ops.InitUniform(bias, 1, r)
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		for name, p := range weights {
			ops.InitHe(p, r)
			s := ops.ConvSpec{W: ops.Window{P: p, OutC: c, KH: p.KH, KW: p.KW, InC: p.InC}, Bias: bias, S: 1, PadH: p.KH / 2, PadW: p.KW / 2}
			if name == "direct" {
				s.Dil, s.PadH, s.PadW = 2, 2, 2
			}
			for _, n := range []int{1, 5, 40} {
				x, a, b := random(r, n*7*6*p.InC), random(r, n*7*6*c), random(r, n*7*6*c)
				for _, train := range []bool{false, true} {
					pass := func(e *ops.Exec, fused bool) [][]float32 {
						clear(p.Grad)
						e.Begin(train)
						in := variable(e, n, 7, 6, p.InC, x)
						others := []*ops.Tensor{variable(e, n, 7, 6, c, a), variable(e, n, 7, 6, c, b)}
						var y *ops.Tensor
						if fused {
							y = ops.Residual(e, ops.HardSwish, in, s, others)
						} else {
							y = ops.Add(e, ops.HardSwish, append([]*ops.Tensor{ops.Conv(e, in, s)}, others...))
						}
						out := [][]float32{append([]float32(nil), y.Data...)}
						if train {
							y.SetGrad(a)
							e.Backward()
							for _, g := range [][]float32{p.Grad, in.Grad, others[0].Grad, others[1].Grad} {
								out = append(out, append([]float32(nil), g...))
							}
						}
						return out
					}
					want := pass(e, false)
					for _, e := range []*ops.Exec{e, newExec(t, e.Kernel(), 1)} {
						for i, got := range pass(e, true) {
							if !sameBits(got, want[i]) {
								t.Errorf("%s, %d images, training %v, %d workers: result %d has other bits", name, n, train, e.Workers(), i)
							}
						}
					}
				}
			}
		}
	})
}
