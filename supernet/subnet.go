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
}

// binding is what one step reads.
type binding struct {
	weight       ops.Window
	bias         *ops.Param
	scale, shift *ops.Param
}

// Subnet returns the view of architecture a, which must belong to the family's
// space.
func (n *Net) Subnet(a space.Arch) *Subnet {
	plan := n.family.Plan(a)
	s := &Subnet{plan: plan, bound: make([]binding, len(plan))}
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
		b.weight = ops.Window{P: p, OutC: l.OutC, K: l.K, InC: l.InC}
		if l.Op == space.Linear {
			b.weight.K = 1
		}
		b.bias = n.byName[biasName(s.Weight)]
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
}

// Forward runs the subnet on a batch and returns its logits. While e trains,
// batch norms use the batch's statistics and everything is recorded for
// Backward; otherwise they use stats, one entry per step (see Calibrate).
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
		var st *ops.Stats
		if stats != nil {
			st = stats[i]
		}
		p.outs = append(p.outs, p.run(e, &s.plan[i], &s.bound[i], x, st, mode))
	}
	return p.outs[len(p.outs)-1]
}

// run computes one step from the outputs of the earlier ones.
func (p *Pass) run(e *ops.Exec, s *space.Step, b *binding, image *ops.Tensor, st *ops.Stats, mode ops.NormMode) *ops.Tensor {
	l := s.Layer
	x := p.out(s.In[0], image)
	switch l.Op {
	case space.Conv:
		c := ops.ConvSpec{W: b.weight, Bias: b.bias, S: l.S, Pad: l.K / 2}
		if s.Norm == "" {
			c.Act = ops.Act(l.Act)
			return ops.Conv(e, x, c)
		}
		y := ops.Conv(e, x, c)
		return ops.BatchNorm(e, y, ops.NormSpec{Gamma: b.scale, Beta: b.shift, C: l.OutC, Eps: normEps, Act: ops.Act(l.Act), Stats: st, Mode: mode})
	case space.MaxPool:
		x = ops.MaxPool(e, x, l.K, l.S, l.K/2)
	case space.AvgPool:
		x = ops.AvgPool(e, x, l.K, l.S, l.K/2, false)
	case space.GlobalPool:
		x = ops.GlobalAvgPool(e, x)
	case space.Linear:
		x = ops.Linear(e, x, b.weight, b.bias)
	case space.Add:
		p.ins = p.ins[:0]
		for _, j := range s.In {
			p.ins = append(p.ins, p.out(j, image))
		}
		return ops.Add(e, ops.Act(l.Act), p.ins)
	default:
		panic("supernet: step with an op that cannot run")
	}
	if l.Act != space.NoAct {
		x = ops.Activate(e, x, ops.Act(l.Act))
	}
	return x
}

func (p *Pass) out(i int, image *ops.Tensor) *ops.Tensor {
	if i == space.Image {
		return image
	}
	return p.outs[i]
}
