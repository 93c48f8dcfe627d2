package supernet

import (
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Subnet is a view of a Net: one architecture's plan with each step bound to
// its part of the shared weights. It copies no weight and never changes.
type Subnet struct {
	plan  space.Plan
	bound []binding
	fused []fusion // how steps are computed together
}

// binding is what one step reads.
type binding struct {
	weight       ops.Window
	matrices     []*ops.Param // by which weight is transformed; see space.Step.Transforms
	bias         *ops.Param
	scale, shift *ops.Param
}

// Subnet returns the view of architecture a, which must belong to the family's
// space.
func (n *Net) Subnet(a space.Arch) *Subnet {
	plan := n.family.Plan(a)
	s := &Subnet{plan: plan, bound: make([]binding, len(plan)), fused: fuse(plan)}
	for i := range plan {
		s.bound[i] = n.bind(&plan[i])
	}
	return s
}

func (n *Net) bind(s *space.Step) binding {
	var b binding
	l := s.Layer
	if s.Weight != "" {
		p := n.byName[s.Weight]
		b.weight = ops.Window{P: p, OutC: l.OutC, KH: l.K.H, KW: l.K.W, InC: l.InC}
		if l.Op == space.Linear {
			b.weight.KH, b.weight.KW = 1, 1
		}
		for _, name := range s.Transforms {
			b.matrices = append(b.matrices, n.byName[name])
		}
		if s.Bias {
			b.bias = n.byName[biasName(s.Weight)]
		}
	}
	if s.Norm != "" {
		b.scale, b.shift = n.byName[scaleName(s.Norm)], n.byName[shiftName(s.Norm)]
	}
	return b
}

// Plan returns the subnet's layers.
func (s *Subnet) Plan() space.Plan { return s.plan }

// Pass holds what a forward pass needs besides weights; reused, it allocates
// nothing.
type Pass struct {
	outs, ins []*ops.Tensor
	drop      *dropPath // of the pass that trains; nil: none
}

// Forward runs the subnet on a batch and returns its logits. While e trains,
// batch norms use the batch's statistics and everything is recorded for
// Backward; otherwise they use stats, one entry per step (see Calibrate).
//
// Accumulating convolutions have no output of their own: their sum computes them in place.
func (s *Subnet) Forward(e *ops.Exec, p *Pass, x *ops.Tensor, stats []*ops.Stats) *ops.Tensor {
	mode := ops.NormRunning
	if e.Training() {
		mode = ops.NormBatch
	}
	return s.forward(e, p, x, stats, mode)
}

func (s *Subnet) forward(e *ops.Exec, p *Pass, x *ops.Tensor, stats []*ops.Stats, mode ops.NormMode) *ops.Tensor {
	p.outs = p.outs[:0]
	for i := range s.plan {
		y := s.step(e, p, i, x, stats, mode)
		if p.drop != nil && e.Training() && s.plan[i].Path > 0 {
			y = p.drop.apply(e, y, s.plan[i].Path)
		}
		p.outs = append(p.outs, y)
	}
	return p.outs[len(p.outs)-1]
}

// step computes step i, nil for a convolution that accumulates into a sum.
func (s *Subnet) step(e *ops.Exec, p *Pass, i int, x *ops.Tensor, stats []*ops.Stats, mode ops.NormMode) *ops.Tensor {
	var st *ops.Stats
	if stats != nil {
		st = stats[i]
	}
	switch {
	case s.fused[i].accumulates:
		return nil
	case s.plan[i].Layer.Op == space.Add:
		switch b, f := &s.bound[i], s.fused[i]; {
		case f.residual && !e.Training():
			return p.residual(e, s, i, x)
		case f.normed:
			return p.normed(e, s, i, x, normOf(&s.plan[i], b, st, mode, f.deferred))
		default:
			return finish(e, p.sum(e, s, s.plan[i].In, x), &s.plan[i], b, st, mode, f.deferred)
		}
	default:
		return p.run(e, &s.plan[i], &s.bound[i], x, st, mode, s.fused[i].deferred)
	}
}

// sum accumulates convolutions in one buffer, in the order of in, and then adds what other
// steps have put out.
func (p *Pass) sum(e *ops.Exec, s *Subnet, in []int, image *ops.Tensor) *ops.Tensor {
	p.ins = p.ins[:0]
	for _, j := range in {
		if j == space.Image || !s.fused[j].accumulates {
			p.ins = append(p.ins, p.out(j, image))
			continue
		}
		x, c := p.out(s.plan[j].In[0], image), convOf(e, &s.plan[j], &s.bound[j])
		if len(p.ins) == 0 {
			p.ins = append(p.ins, ops.Conv(e, x, c))
		} else {
			ops.AddConv(e, p.ins[0], x, c)
		}
	}
	return ops.Add(e, ops.NoAct, p.ins)
}

// residual computes sum i, of an accumulating convolution and outputs of other steps.
func (p *Pass) residual(e *ops.Exec, s *Subnet, i int, image *ops.Tensor) *ops.Tensor {
	p.ins = p.ins[:0]
	in := s.plan[i].In
	for _, j := range in[1:] {
		p.ins = append(p.ins, p.out(j, image))
	}
	c := &s.plan[in[0]]
	return ops.Residual(e, ops.Act(s.plan[i].Layer.Act), p.out(c.In[0], image), convOf(e, c, &s.bound[in[0]]), p.ins)
}

// normed computes sum i, of accumulating convolutions only, and its norm.
func (p *Pass) normed(e *ops.Exec, s *Subnet, i int, image *ops.Tensor, norm ops.NormSpec) *ops.Tensor {
	in := s.plan[i].In
	last := in[len(in)-1]
	y := p.sum(e, s, in[:len(in)-1], image)
	return ops.AddConvNorm(e, y, p.out(s.plan[last].In[0], image), convOf(e, &s.plan[last], &s.bound[last]), norm)
}

// run computes one step from the outputs of the earlier ones.
func (p *Pass) run(e *ops.Exec, s *space.Step, b *binding, image *ops.Tensor, st *ops.Stats, mode ops.NormMode, deferred bool) *ops.Tensor {
	return computations[s.Layer.Op](p, call{e, s, b, p.out(s.In[0], image), image, st, mode, deferred})
}

// inputs returns what a step reads, valid until the next call.
func (p *Pass) inputs(s *space.Step, image *ops.Tensor) []*ops.Tensor {
	p.ins = p.ins[:0]
	for _, j := range s.In {
		p.ins = append(p.ins, p.out(j, image))
	}
	return p.ins
}

// finish applies a step's batch norm and activation.
func finish(e *ops.Exec, x *ops.Tensor, s *space.Step, b *binding, st *ops.Stats, mode ops.NormMode, deferred bool) *ops.Tensor {
	act := ops.Act(s.Layer.Act)
	switch {
	case s.Norm != "":
		return ops.BatchNorm(e, x, normOf(s, b, st, mode, deferred))
	case act != ops.NoAct:
		return ops.Activate(e, x, act)
	}
	return x
}

func normOf(s *space.Step, b *binding, st *ops.Stats, mode ops.NormMode, deferred bool) ops.NormSpec {
	return ops.NormSpec{Gamma: b.scale, Beta: b.shift, C: s.Layer.OutC, Eps: normEps, Act: ops.Act(s.Layer.Act), Stats: st, Mode: mode, Deferred: deferred}
}

func convOf(e *ops.Exec, s *space.Step, b *binding) ops.ConvSpec {
	w := b.weight
	if len(b.matrices) > 0 {
		w = ops.KernelTransform(e, w, b.matrices)
	}
	pad := s.Layer.Pad()
	return ops.ConvSpec{W: w, Bias: b.bias, S: s.Layer.S, PadH: pad.H, PadW: pad.W, Dil: s.Layer.Dil}
}

func (p *Pass) out(i int, image *ops.Tensor) *ops.Tensor {
	if i == space.Image {
		return image
	}
	return p.outs[i]
}
