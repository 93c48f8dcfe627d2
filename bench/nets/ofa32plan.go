package nets

import "github.com/espalier-nas/espalier/supernet/space"

// Plan returns the network of a, an architecture of Space; it panics if a has
// another number of genes.
func (f *OFA32) Plan(a space.Arch) space.Plan {
	if a.Len() != len(f.space.Decisions()) {
		panic("nets: architecture of another space")
	}
	b := &builder{h: f.input.H, w: f.input.W, c: f.input.C, last: space.Image}
	b.conv(convStep{name: "stem", k: 3, s: 1, outC: stemC, act: space.HardSwish})
	at := 0
	for s := range stages {
		st := &stages[s]
		depth := st.depths[a.Gene(at)]
		at++
		for i := range st.blocks() {
			if i < depth {
				b.bottleneck(st, blockName(s, i), i == 0, kernels[a.Gene(at)], expands[a.Gene(at+1)])
			}
			at += 2
		}
	}
	b.conv(convStep{name: "head", k: 1, s: 1, outC: headC, act: space.HardSwish})
	b.classify(f.input.Classes)
	return b.plan
}

// bottleneck appends a block, the first of its stage or not.
func (b *builder) bottleneck(st *stage, name string, first bool, k, expand int) {
	from, inC, stride := b.last, b.c, 1
	if first {
		stride = st.stride
	}
	b.conv(convStep{name: name + "/expand", k: 1, s: 1, outC: expand * inC, act: st.act})
	b.conv(convStep{name: name + "/depthwise", k: k, s: stride, depthwise: true, act: st.act})
	b.conv(convStep{name: name + "/project", k: 1, s: 1, outC: st.outC})
	if stride == 1 && inC == st.outC {
		b.addTo(from)
	}
}
