package ops

// span is a contiguous run of a parameter's storage.
type span struct{ Off, Len int }

// Spans returns the union of the used windows as disjoint runs of storage in
// ascending order. The slice is reused by the next call.
func (p *Param) Spans() []span {
	p.spans = p.spans[:0]
	if len(p.used) == 0 {
		return p.spans
	}
	for _, u := range p.used {
		if u == p.All() {
			p.addSpan(0, len(p.Data))
			return p.spans
		}
	}
	switch p.Layout {
	case DenseLayout:
		p.denseSpans()
	case DepthwiseLayout:
		for t := range p.KH * p.KW {
			p.addSpan(t*p.OutC, p.extent(t/p.KW, t%p.KW, 0))
		}
	default:
		p.addSpan(0, p.extent(0, 0, 0))
	}
	return p.spans
}

// extent returns the most output channels of the windows that cover tap
// (ky, kx) and more than in input channels.
func (p *Param) extent(ky, kx, in int) int {
	n := 0
	for _, u := range p.used {
		y, x := (p.KH-u.KH)/2, (p.KW-u.KW)/2
		if ky >= y && ky < p.KH-y && kx >= x && kx < p.KW-x && (p.Layout != DenseLayout || u.InC > in) {
			n = max(n, u.OutC)
		}
	}
	return n
}

// denseSpans walks blocks and taps; within a tap the covered lanes can only
// shrink as the input channel grows. Lanes beyond the last output channel hold
// zeros and count as covered.
func (p *Param) denseSpans() {
	if p.G > 1 { // grouped weights are used whole
		p.addSpan(0, len(p.Data))
		return
	}
	blocks := (p.OutC + Block - 1) / Block
	for b := range blocks {
		for t := range p.KH * p.KW {
			base := (b*p.KH*p.KW + t) * p.InC * Block
			for i := 0; i < p.InC; {
				end, out := p.run(t, i)
				lanes := min(Block, out-b*Block)
				if lanes <= 0 {
					break
				}
				if out == p.OutC {
					lanes = Block
				}
				p.addSpans(base+i*Block, lanes, end-i)
				i = end
			}
		}
	}
}

// run returns the most output channels that the windows cover at tap t and input
// channel in, and the first input channel at which that may change.
func (p *Param) run(t, in int) (end, out int) {
	end = p.InC
	for _, u := range p.used {
		if u.InC > in {
			end = min(end, u.InC)
		}
	}
	return end, p.extent(t/p.KW, t%p.KW, in)
}

// addSpans appends count runs of n floats, Block apart.
func (p *Param) addSpans(off, n, count int) {
	if n == Block {
		p.addSpan(off, n*count)
		return
	}
	for i := range count {
		p.addSpan(off+i*Block, n)
	}
}

// addSpan appends a run, merging it with the last one when they touch.
func (p *Param) addSpan(off, n int) {
	if n <= 0 {
		return
	}
	if k := len(p.spans) - 1; k >= 0 && p.spans[k].Off+p.spans[k].Len == off {
		p.spans[k].Len += n
		return
	}
	p.spans = append(p.spans, span{off, n})
}
