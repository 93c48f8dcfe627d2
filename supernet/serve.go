package supernet

import (
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// lastReaders returns, for each step of a plan, the last step that reads its
// output; the plan's own output has none, -1. A convolution that accumulates is read where its sum
// computes it, so what it reads lives on until then.
func (s *Subnet) lastReaders() []int {
	last := make([]int, len(s.plan))
	for i := range last {
		last[i] = -1
	}
	for i, t := range s.plan {
		if s.fused[i].accumulates {
			continue
		}
		for _, j := range t.In {
			for j != space.Image && s.fused[j].accumulates {
				j = s.plan[j].In[0]
			}
			if j != space.Image {
				last[j] = i
			}
		}
	}
	return last
}

// serve is Forward outside training, with memory given back as soon as nothing
// reads it any more: a few buffers, warm in the cache, serve a whole network.
func (s *Subnet) serve(e *ops.Exec, p *Pass, x *ops.Tensor, stats []*ops.Stats, last []int) *ops.Tensor {
	p.outs = p.outs[:0]
	for i := range s.plan {
		p.outs = append(p.outs, s.step(e, p, i, x, stats, ops.NormRunning))
		for j := range i {
			if last[j] == i && !p.shared(j, i, x, last) {
				e.Free(p.outs[j])
			}
		}
	}
	return p.outs[len(p.outs)-1]
}

// shared reports whether the memory of output j, last read by step i, must stay:
// it is the picture's, or that of an output which is needed longer, or which is
// given back later by the same step.
func (p *Pass) shared(j, i int, image *ops.Tensor, last []int) bool {
	t := p.outs[j]
	if t == nil || &t.Data[0] == &image.Data[0] {
		return true
	}
	for k, o := range p.outs {
		if k != j && o != nil && &o.Data[0] == &t.Data[0] && (k == i || last[k] > i || last[k] == i && k > j) {
			return true
		}
	}
	return false
}
