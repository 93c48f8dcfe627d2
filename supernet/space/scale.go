package space

import (
	"math"
	"slices"
)

// leastChannels is the width below which Scale makes nothing narrower.
const leastChannels = 4

// Scale returns the network with every width multiplied by factor, rounded, at
// least 4 channels or as few as they were: kernels, strides, depth and connections stay. The picture's
// channels and the classes stay too. It is how a network is
// fitted to a latency by hand. The plan must be valid; grouped convolutions are
// scaled group by group.
func (p Plan) Scale(factor float64) Plan {
	out, classes := make(Plan, len(p)), p.classes()
	for i, s := range p {
		l := s.Layer
		_, _, in := out[:i].shapeOf(s.In[0], p)
		width := in
		switch {
		case !l.recasts():
		case classes[i]:
			width = l.OutC
		default:
			width = scaled(l.OutC/max(l.G, 1), factor) * max(l.G, 1)
		}
		if l.Depthwise() {
			l.G = in
		}
		l.InC, l.OutC = in, width
		out[i] = s
		out[i].Layer = l
	}
	return out
}

// recasts reports whether the layer's output channels are its own, not those of its input.
func (l Layer) recasts() bool { return l.Op.row().recasts && !l.Depthwise() }

// classes tells which steps have the channels of the network's output: the last one, and all
// that it is made of by steps that keep their input's channels, such as the parts of a sum.
func (p Plan) classes() []bool {
	of := make([]bool, len(p))
	of[len(p)-1] = true
	for i, s := range slices.Backward(p) {
		for _, j := range s.In {
			if of[i] && !s.Layer.recasts() && j != Image {
				of[j] = true
			}
		}
	}
	return of
}

// shapeOf is shape, with the picture's from the plan of another width.
func (p Plan) shapeOf(i int, whole Plan) (h, w, c int) {
	if i == Image {
		return whole.shape(Image)
	}
	return p.shape(i)
}

func scaled(width int, factor float64) int {
	return max(min(width, leastChannels), int(math.Round(float64(width)*factor)))
}
