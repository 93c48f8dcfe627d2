package supernet

import (
	"slices"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// trie merges subnets that begin with the same steps, so that each common
// prefix is computed once. A node owns the batch-norm statistics of its step:
// they depend on the prefix only, so its subnets can share them too.
type trie struct {
	roots []*branch
	norms []*ops.Stats // of all nodes
	flops int64        // of one image through all nodes
	bytes int          // of the largest layer, see imageBytes
}

// branch is a step after one particular prefix.
type branch struct {
	step  *space.Step
	bound *binding
	stats *ops.Stats // nil without batch norm
	next  []*branch
	ends  []int // subnets whose last step this is
}

func newTrie(subnets []*Subnet) *trie {
	t := new(trie)
	for i, s := range subnets {
		t.insert(i, s)
	}
	return t
}

func (t *trie) insert(i int, s *Subnet) {
	level := &t.roots
	for k := range s.plan {
		b := find(*level, &s.plan[k])
		if b == nil {
			b = t.grow(&s.plan[k], &s.bound[k])
			*level = append(*level, b)
		}
		if k == len(s.plan)-1 {
			b.ends = append(b.ends, i)
		}
		level = &b.next
	}
}

func (t *trie) grow(s *space.Step, bound *binding) *branch {
	b := &branch{step: s, bound: bound}
	if s.Norm != "" {
		b.stats = ops.NewStats(s.Layer.OutC)
		t.norms = append(t.norms, b.stats)
	}
	t.flops += s.Layer.FLOPs()
	t.bytes = max(t.bytes, imageBytes(s.Layer))
	return b
}

func find(list []*branch, s *space.Step) *branch {
	for _, b := range list {
		if b.step.Layer == s.Layer && b.step.Weight == s.Weight && b.step.Norm == s.Norm && slices.Equal(b.step.In, s.In) {
			return b
		}
	}
	return nil
}

// walk runs a batch through all nodes, depth first, and calls leaf with each
// subnet's logits. Memory is released on the way back.
func (t *trie) walk(e *ops.Exec, p *Pass, image *ops.Tensor, mode ops.NormMode, leaf func(i int, logits *ops.Tensor)) {
	p.outs = p.outs[:0]
	for _, b := range t.roots {
		b.walk(e, p, image, mode, leaf)
	}
}

func (b *branch) walk(e *ops.Exec, p *Pass, image *ops.Tensor, mode ops.NormMode, leaf func(i int, logits *ops.Tensor)) {
	m := e.Mark()
	y := p.run(e, b.step, b.bound, image, b.stats, mode, false)
	p.outs = append(p.outs, y)
	for _, i := range b.ends {
		leaf(i, y)
	}
	for _, n := range b.next {
		n.walk(e, p, image, mode, leaf)
	}
	p.outs = p.outs[:len(p.outs)-1]
	e.Release(m)
}

// statsOf returns the statistics along the path of one subnet, one entry per step.
func (t *trie) statsOf(s *Subnet) []*ops.Stats {
	stats := make([]*ops.Stats, len(s.plan))
	level := t.roots
	for k := range s.plan {
		b := find(level, &s.plan[k])
		stats[k], level = b.stats, b.next
	}
	return stats
}
