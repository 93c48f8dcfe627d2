package ops_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// Summing convolutions in place gives the bits of separate buffers, forward
// and backward, for every kind of convolution that a sum may hold.
func TestAddConvEqualsAdd(t *testing.T) {
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		r := rand.New(rand.NewPCG(4, 2))
		weights := []*ops.Param{ops.NewDense("3x3", 40, 24, 3, 3, 1), ops.NewDense("1x1", 48, 20, 1, 1, 1), ops.NewDense("1x1 stride 2", 33, 7, 1, 1, 1)}
		for _, p := range weights {
			ops.InitHe(p, r)
		}
		const c = 33
		specs := []ops.ConvSpec{
			{W: ops.Window{P: weights[0], OutC: c, KH: 3, KW: 3, InC: 20}, S: 1, PadH: 1, PadW: 1},
			{W: ops.Window{P: weights[1], OutC: c, KH: 1, KW: 1, InC: 20}, S: 1},
			{W: ops.Window{P: weights[2], OutC: c, KH: 1, KW: 1, InC: 7}, S: 2},
		}
		small, large, dy := random(r, 3*6*5*20), random(r, 3*11*9*7), random(r, 3*6*5*c)
		pass := func(fused bool) (out [][]float32) {
			e.Begin(true)
			xs := []*ops.Tensor{variable(e, 3, 6, 5, 20, small), nil, variable(e, 3, 11, 9, 7, large)}
			xs[1] = xs[0]
			var y *ops.Tensor
			if fused {
				y = ops.Conv(e, xs[0], specs[0])
				for i := 1; i < 3; i++ {
					y = ops.AddConv(e, y, xs[i], specs[i])
				}
			} else {
				y = ops.Add(e, ops.NoAct, []*ops.Tensor{ops.Conv(e, xs[0], specs[0]), ops.Conv(e, xs[1], specs[1]), ops.Conv(e, xs[2], specs[2])})
			}
			y.SetGrad(dy)
			e.Backward()
			out = append(out, slices.Clone(y.Data), slices.Clone(xs[0].Grad), slices.Clone(xs[2].Grad))
			for _, p := range weights {
				out = append(out, slices.Clone(p.Grad))
				p.ZeroGrad()
			}
			return out
		}
		want, got := pass(false), pass(true)
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("result %d (sum, input gradients, weight gradients) differs", i)
			}
		}
	})
}

func random(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}
