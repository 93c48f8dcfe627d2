package ops_test

import (
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// TestBatchIndependent demands that an image's result, in inference, has the
// same bits in any batch.
func TestBatchIndependent(t *testing.T) {
	const h, w, c, images = 9, 7, 5, 8
	r := rand.New(rand.NewPCG(8, 8))
	n := newWindowNet(r)
	stats := ops.NewStats(29)
	for i := range stats.Mean {
		stats.Mean[i], stats.Var[i] = r.Float32(), 1+r.Float32()
	}
	x := draw(r, images*h*w*c)
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		forward := func(x []float32) []float32 {
			e.Begin(false)
			y := ops.Conv(e, e.Input(len(x)/(h*w*c), h, w, c, x), ops.ConvSpec{W: ops.Window{P: n.conv, OutC: 29, KH: 3, KW: 3, InC: c}, S: 1, PadH: 1, PadW: 1, Act: ops.SiLU})
			y = ops.BatchNorm(e, y, ops.NormSpec{Gamma: n.gamma, Beta: n.beta, C: 29, Eps: 1e-5, Act: ops.HardSwish, Stats: stats, Mode: ops.NormRunning})
			y = ops.Conv(e, y, ops.ConvSpec{W: ops.Window{P: n.dw, OutC: 29, KH: 5, KW: 5, InC: 29}, S: 2, PadH: 2, PadW: 2, Act: ops.HardSwish})
			y = ops.Add(e, ops.ReLU, []*ops.Tensor{ops.MaxPool(e, y, ops.PoolSpec{KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1}), ops.AvgPool(e, y, ops.PoolSpec{KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1}, false)})
			y = ops.Scale(e, y, ops.GlobalAvgPool(e, y))
			return ops.Linear(e, ops.GlobalAvgPool(e, y), ops.Window{P: n.fc, OutC: 10, KH: 1, KW: 1, InC: 29}, n.bias).Data
		}
		want := append([]float32(nil), forward(x)...)
		for _, batch := range []int{1, 3, 5} {
			for i := 0; i+batch <= images; i++ {
				if got := forward(x[i*h*w*c : (i+batch)*h*w*c]); !sameBits(got, want[10*i:10*(i+batch)]) {
					t.Fatalf("images %d to %d have other bits in a batch of %d than in one of %d", i, i+batch-1, batch, images)
				}
			}
		}
	})
}
