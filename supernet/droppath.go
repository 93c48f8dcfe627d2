package supernet

import (
	"math/rand/v2"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
)

// dropPath leaves paths out while a network is trained, picture by picture (Larsson et al.
// 2017), the deeper and the later the oftener (NASNet, Zoph et al. 2018).
type dropPath struct {
	rate  float64 // share that the deepest paths lose in this step
	pcg   rand.PCG
	rand  *rand.Rand
	masks [][]float32 // by path of the pass
	used  int
}

// begin sets what a training step leaves out, by its number and by the step of the plan that
// it stands for.
func (d *dropPath) begin(o *TrainOptions, step int, planned float64) {
	if d.rand == nil {
		d.rand = rand.New(&d.pcg)
	}
	d.rate = o.DropPath * planned / float64(o.Steps)
	stream.Seed(&d.pcg, o.Seed, "drop path", uint64(step))
	d.used = 0
}

// apply returns x, the output of a path that lies so deep, without the pictures that it
// loses; the others grow as much as keeps the mean.
func (d *dropPath) apply(e *ops.Exec, x *ops.Tensor, depth float64) *ops.Tensor {
	if d.used == len(d.masks) {
		d.masks = append(d.masks, nil)
	}
	loss := d.rate * depth
	m := d.masks[d.used][:0]
	for range x.N {
		v := float32(1 / (1 - loss))
		if d.rand.Float64() < loss {
			v = 0
		}
		for range x.C {
			m = append(m, v)
		}
	}
	d.masks[d.used] = m
	d.used++
	return ops.Scale(e, x, e.Input(x.N, 1, 1, x.C, m))
}
