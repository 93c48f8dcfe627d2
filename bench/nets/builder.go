package nets

import "github.com/espalier-nas/espalier/supernet/space"

// builder appends layers to a plan, each reading the one before.
type builder struct {
	plan    space.Plan
	h, w, c int // of the last output
	last    int // its step
}

// convStep is a convolution and its batch norm to append.
type convStep struct {
	name      string
	k, s      int
	outC      int // of a dense convolution
	depthwise bool
	act       space.Act
}

func (b *builder) conv(s convStep) {
	l := space.Layer{Op: space.Conv, H: b.h, W: b.w, InC: b.c, OutC: s.outC, K: s.k, S: s.s, G: 1, Act: s.act}
	if s.depthwise {
		l.OutC, l.G = b.c, b.c
	}
	b.add(space.Step{Layer: l, Weight: s.name, Norm: s.name + "/norm", In: []int{b.last}})
}

// addTo sums the last output with that of an earlier step of the same shape.
func (b *builder) addTo(step int) {
	l := space.Layer{Op: space.Add, H: b.h, W: b.w, InC: b.c, OutC: b.c, FanIn: 2}
	b.add(space.Step{Layer: l, In: []int{b.last, step}})
}

// halve appends a 2x2 maximum of stride 2, without padding.
func (b *builder) halve() {
	l := space.Layer{Op: space.MaxPool, H: b.h, W: b.w, InC: b.c, OutC: b.c, K: 2, S: 2}
	b.add(space.Step{Layer: l, In: []int{b.last}})
}

// classify appends the mean over the map and the linear layer.
func (b *builder) classify(classes int) {
	b.add(space.Step{Layer: space.Layer{Op: space.GlobalPool, H: b.h, W: b.w, InC: b.c, OutC: b.c}, In: []int{b.last}})
	l := space.Layer{Op: space.Linear, H: 1, W: 1, InC: b.c, OutC: classes}
	b.add(space.Step{Layer: l, Weight: "classifier", Bias: true, In: []int{b.last}})
}

func (b *builder) add(s space.Step) {
	b.last = len(b.plan)
	b.plan = append(b.plan, s)
	b.h, b.w, b.c = s.Layer.OutH(), s.Layer.OutW(), s.Layer.OutC
}
