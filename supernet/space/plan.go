package space

import "slices"

// Image is the index, in Step.In, of the network's input picture.
const Image = -1

// Step is one layer of a plan with its place in the graph and the shared
// weights it reads.
type Step struct {
	Layer  Layer
	Weight string // shared weight of a Conv or Linear; its centre of K taps, first OutC, first InC are used
	// Transforms names the matrices by which a depthwise filter is made of the shared one,
	// from its full size down to K, two taps a side less by each; all are squares: the centre of the
	// larger filter, as k² numbers, times a k² x k² matrix that all channels share
	// (Once-for-All). None: the centre itself. Extracted networks have none: the
	// filter is made once.
	Transforms []string `json:",omitempty"`
	Bias       bool     // adds the bias Weight+".bias"; always set for Linear, for Conv only once batch norm is folded in
	Norm       string   // batch norm between the layer and its activation; "" if none
	Zero       bool     `json:",omitempty"` // the scale of its norm begins at 0 where the network is trained from scratch; see Weight.Zero
	// Path marks the end of a path that drop path may leave out while a network is trained
	// alone: how deep in the network it lies, a share up to 1. 0: it is none.
	Path float64 `json:",omitempty"`
	// Auxiliary marks an output that an auxiliary head reads where a network is trained alone
	// with one; see Plan.WithAuxiliary.
	Auxiliary bool  `json:",omitempty"`
	In        []int // earlier steps whose outputs it reads (Image for the picture)
}

// Plan is a network as a flat list in execution order; the last step is the
// output. Forward pass, FLOPs, parameters, latency and export all read it.
type Plan []Step

// Resizes says whether the network changes the size of its pictures before it reads them.
func (p Plan) Resizes() bool {
	return slices.ContainsFunc(p, func(s Step) bool { return s.Layer.Op == Resize })
}

// On returns the plan of the same layers on pictures of another size, or an error where their shapes
// do not meet at that size.
func (p Plan) On(h, w int) (Plan, error) {
	out := slices.Clone(p)
	for i, s := range p {
		l := &out[i].Layer
		if l.H, l.W = h, w; s.In[0] != Image {
			l.H, l.W, _ = out.shape(s.In[0])
		}
	}
	return out, out.Validate()
}

// FLOPs returns the operations of one forward pass on one image; see Layer.FLOPs.
func (p Plan) FLOPs() int64 {
	var n int64
	for _, s := range p {
		n += s.Layer.FLOPs()
	}
	return n
}

// Params returns the trainable numbers of the network: weights, biases, and
// scale and shift of each batch norm.
func (p Plan) Params() int64 {
	var n int64
	for _, s := range p {
		l := s.Layer
		if w, ok := l.Weight(); ok {
			n += w.Numbers()
		}
		if s.Bias {
			n += int64(l.OutC)
		}
		if s.Norm != "" {
			n += 2 * int64(l.OutC)
		}
	}
	return n
}

// PeakActivations returns the largest number of activation bytes (float32, one
// image) alive at once when every buffer is freed after its last reader; the
// picture counts while it is needed.
func (p Plan) PeakActivations() int64 {
	if len(p) == 0 {
		return 0
	}
	last := make([]int, len(p)+1) // step that reads output j last, at j+1; the picture's at 0
	for i, s := range p {
		for _, j := range s.In {
			last[j+1] = i
		}
	}
	size := func(i int) int64 {
		if i == Image {
			l := p[0].Layer
			return 4 * int64(l.H) * int64(l.W) * int64(l.InC)
		}
		l := p[i].Layer
		return 4 * int64(l.OutH()) * int64(l.OutW()) * int64(l.OutC)
	}
	live, peak := size(Image), int64(0)
	for i, s := range p {
		live += size(i)
		peak = max(peak, live)
		for k, j := range s.In {
			if last[j+1] == i && !slices.Contains(s.In[:k], j) {
				live -= size(j)
			}
		}
	}
	return peak
}
