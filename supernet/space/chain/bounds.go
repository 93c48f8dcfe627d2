package chain

import (
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// largest returns the architecture that contains as much of the shared weights as
// one network can, for the sandwich rule: in each layer the operation with the
// most weights that the rules still allow (dense before separable before pool,
// the kernel of most taps first, identity last), the widest output, every skip, the
// first activation.
func (ch *Family) largest() space.Arch {
	return ch.greedy(true, func(_ int, a, b op) bool { return a.heavier(b) })
}

// narrow returns the other slice of the sandwich: in each layer an operation of
// Max's kind with the smallest kernel that Max's contains, the narrowest output, no
// skip. It is inside Max wherever weights are shared, and a network worth training,
// which Min, often nothing but identities, is not.
func (ch *Family) narrow() space.Arch {
	widest := ch.largest().Genes()
	return ch.greedy(false, func(layer int, a, b op) bool {
		if a.class != b.class {
			return a.class < b.class
		}
		around := ch.layers[layer].chosenOp(widest)
		if in := a.sharesWith(around); in != b.sharesWith(around) {
			return in
		}
		return a.k.Area() < b.k.Area()
	})
}

// sharesWith reports whether, with elastic kernels, the operation is a part of p.
func (o op) sharesWith(p op) bool { return o == p || o.dil == 0 && p.dil == 0 && o.k.Within(p.k) }

// uniform returns the networks that a person would try first, by rising width: those
// of Narrow's operations that have one width throughout, or in each layer the next one
// that it offers. The first is Narrow.
func (ch *Family) uniform() []space.Arch {
	var widths []int
	for _, l := range ch.layers {
		widths = append(widths, l.widths...)
	}
	slices.Sort(widths)
	var all []space.Arch
	for _, width := range slices.Compact(widths) {
		genes := ch.narrow().Genes()
		for _, l := range ch.layers {
			if !ch.space.Active(genes, l.width) {
				continue
			}
			genes[l.width] = uint8(len(l.widths) - 1)
			for i, w := range slices.Backward(l.widths) {
				if w >= width {
					genes[l.width] = uint8(i)
				}
			}
		}
		if a := space.NewArch(genes); ch.space.Valid(a) == nil && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// greedy chooses layer by layer the op that comes first by before among those
// that the rules allow, with all that is wide, or nothing.
func (ch *Family) greedy(wide bool, before func(layer int, a, b op) bool) space.Arch {
	genes := make([]uint8, len(ch.space.Decisions()))
	for i := range ch.layers {
		l := &ch.layers[i]
		opts := ch.space.Options(nil, genes[:l.op])
		best := opts[0]
		for _, c := range opts[1:] {
			if before(i, l.ops[c], l.ops[best]) {
				best = c
			}
		}
		genes[l.op] = best
		if !wide {
			continue
		}
		if ch.space.Active(genes, l.width) {
			genes[l.width] = uint8(len(l.widths) - 1)
		}
		for _, d := range l.skips {
			if ch.space.Active(genes, d) {
				genes[d] = 1
			}
		}
	}
	return space.NewArch(genes)
}

func (o op) heavier(p op) bool {
	if o.class != p.class {
		return o.class < p.class
	}
	return o.k.Area() > p.k.Area()
}

// smallest returns the architecture with the fewest FLOPs, exactly; of several, the
// first in order. It has no skips, so what a layer adds depends only on the width
// and the rules' state before it: dynamic programming over those.
func (ch *Family) smallest() space.Arch {
	type key struct {
		state string
		width int
	}
	type best struct {
		flops int64
		genes []uint8
	}
	better := func(a, b best) bool {
		return a.flops < b.flops || a.flops == b.flops && string(a.genes) < string(b.genes)
	}
	left := ch.left()
	front := map[key]best{{"", ch.config.Stem}: {genes: make([]uint8, len(ch.space.Decisions()))}}
	for i := range ch.layers {
		next := make(map[key]best)
		for from, b := range front {
			for _, genes := range ch.plainChoices(b.genes, i) {
				width, flops := ch.layerFLOPs(genes, i, from.width)
				n := best{flops: b.flops + flops, genes: genes}
				k := key{string(ch.rules.AppendState(nil, genes[:ch.layerEnd(i)], left)), width}
				if old, ok := next[k]; !ok || better(n, old) {
					next[k] = n
				}
			}
		}
		front = next
	}
	var least best
	for k, b := range front {
		b.flops += ch.tailFLOPs(k.width)
		if least.genes == nil || better(b, least) {
			least = b
		}
	}
	return space.NewArch(least.genes)
}

// left tells that Restrict has removed no choice.
func (ch *Family) left() [][]bool {
	var all [][]bool
	for _, d := range ch.space.Decisions() {
		all = append(all, slices.Repeat([]bool{true}, len(d.Choices)))
	}
	return all
}

// plainChoices returns genes with every allowed operation and width of layer i,
// no skips and the first activation.
func (ch *Family) plainChoices(genes []uint8, i int) [][]uint8 {
	l := &ch.layers[i]
	var out [][]uint8
	for _, op := range ch.space.Options(nil, genes[:l.op]) {
		next := append([]uint8(nil), genes...)
		next[l.op] = op
		widths := ch.space.Options(nil, next[:l.width])
		if len(widths) == 0 {
			widths = []uint8{0}
		}
		for _, w := range widths {
			next[l.width] = w
			out = append(out, append([]uint8(nil), next...))
		}
	}
	return out
}

// layerFLOPs returns the output width and the FLOPs of layer i of genes, which
// choose no skip, on an input of inC channels.
func (ch *Family) layerFLOPs(genes []uint8, i, inC int) (outC int, flops int64) {
	l := &ch.layers[i]
	var b space.Planner
	x := l.build(&b, []space.Map{{Step: space.Image, H: l.h, W: l.w, C: inC}}, ch.choice(genes, i))
	return x.C, b.Plan.FLOPs()
}

// tailFLOPs returns the FLOPs after the last layer, whose output has inC channels.
func (ch *Family) tailFLOPs(inC int) int64 {
	var b space.Planner
	last := ch.layers[len(ch.layers)-1]
	h, w := last.outSize()
	ch.tail(&b, space.Map{Step: space.Image, H: h, W: w, C: inC})
	return b.Plan.FLOPs()
}

// layerEnd returns the first decision after layer i.
func (ch *Family) layerEnd(i int) int {
	if i+1 < len(ch.layers) {
		return ch.layers[i+1].op
	}
	return len(ch.space.Decisions())
}
