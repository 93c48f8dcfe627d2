package supernet

import (
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// call is one step to be computed.
type call struct {
	e        *ops.Exec
	s        *space.Step
	b        *binding
	x, image *ops.Tensor // its first input; the picture
	stats    *ops.Stats  // of its norm
	mode     ops.NormMode
	deferred bool
}

// computations tell by op what computes a step, norm and activation included.
var computations = [...]func(p *Pass, c call) *ops.Tensor{
	space.Conv: convolve,
	space.MaxPool: func(_ *Pass, c call) *ops.Tensor {
		return c.finish(ops.MaxPool(c.e, c.x, poolOf(c.s.Layer)))
	},
	space.AvgPool: func(_ *Pass, c call) *ops.Tensor {
		return c.finish(ops.AvgPool(c.e, c.x, poolOf(c.s.Layer), false))
	},
	space.Add: func(p *Pass, c call) *ops.Tensor {
		return c.finish(ops.Add(c.e, ops.NoAct, p.inputs(c.s, c.image)))
	},
	space.GlobalPool: func(_ *Pass, c call) *ops.Tensor { return c.finish(ops.GlobalAvgPool(c.e, c.x)) },
	space.Linear: func(_ *Pass, c call) *ops.Tensor {
		return c.finish(ops.Linear(c.e, c.x, c.b.weight, c.b.bias))
	},
	space.Scale: func(p *Pass, c call) *ops.Tensor {
		return c.finish(ops.Scale(c.e, c.x, p.out(c.s.In[1], c.image)))
	},
	space.Identity: func(_ *Pass, c call) *ops.Tensor { return c.finish(c.x) },
	space.Zero:     func(_ *Pass, c call) *ops.Tensor { return c.finish(ops.Zeros(c.e, c.x)) },
	space.Resize: func(_ *Pass, c call) *ops.Tensor {
		return c.finish(ops.Resize(c.e, c.x, c.s.Layer.ToH, c.s.Layer.ToW))
	},
}

// finish applies the step's batch norm and activation.
func (c call) finish(x *ops.Tensor) *ops.Tensor {
	return finish(c.e, x, c.s, c.b, c.stats, c.mode, c.deferred)
}

func convolve(_ *Pass, c call) *ops.Tensor {
	spec := convOf(c.e, c.s, c.b)
	if c.s.Norm == "" {
		spec.Act = ops.Act(c.s.Layer.Act)
		return ops.Conv(c.e, c.x, spec)
	}
	return ops.ConvNorm(c.e, c.x, spec, normOf(c.s, c.b, c.stats, c.mode, c.deferred))
}

func poolOf(l space.Layer) ops.PoolSpec {
	pad := l.Pad()
	return ops.PoolSpec{KH: l.K.H, KW: l.K.W, S: l.S, PadH: pad.H, PadW: pad.W}
}
