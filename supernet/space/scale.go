package space

import "math"

// leastChannels is the width below which Scale does not go.
const leastChannels = 4

// Scale returns the network with every width multiplied by factor, rounded, at
// least 4 channels: kernels, strides, depth and connections stay. The picture's
// channels and the outputs of the last layer stay too. It is how a network is
// fitted to a latency by hand. The plan must be valid; grouped convolutions are
// scaled group by group.
func (p Plan) Scale(factor float64) Plan {
	out := make(Plan, len(p))
	for i, s := range p {
		l := s.Layer
		_, _, in := out[:i].shapeOf(s.In[0], p)
		width := in
		if l.Op == Conv && !l.Depthwise() || l.Op == Linear {
			width = scaled(l.OutC/max(l.G, 1), factor) * max(l.G, 1)
		}
		if i == len(p)-1 {
			width = l.OutC
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

// shapeOf is shape, with the picture's from the plan of another width.
func (p Plan) shapeOf(i int, whole Plan) (h, w, c int) {
	if i == Image {
		return whole.shape(Image)
	}
	return p.shape(i)
}

func scaled(width int, factor float64) int {
	return max(leastChannels, int(math.Round(float64(width)*factor)))
}
