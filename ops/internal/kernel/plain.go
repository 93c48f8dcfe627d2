package kernel

// The reference kernels in plain Go: direct loops, one output row or one tap per chunk.

const (
	plainForward = iota
	plainBackData
	plainBackWeights
)

// plainTask is one pass by direct loops. x, w and y stand for the gradients
// where the pass computes or reads those.
type plainTask struct {
	pass    int
	c       Conv
	x, w, y []float32
	ep      Epilogue
	add     bool
}

// Do implements Task: a row of y, a row of dx, or a tap of dw.
func (t *plainTask) Do(i, _ int) {
	switch t.pass {
	case plainForward:
		t.forwardRow(i/t.c.OutH(), i%t.c.OutH())
	case plainBackData:
		t.backDataRow(i/t.c.H, i%t.c.H)
	default:
		t.backWeightsTap(i/t.c.KW, i%t.c.KW)
	}
}

// inside returns the place in x of the pixel under tap (ky, kx) of output (oy, ox).
func (t *plainTask) inside(n, oy, ox, ky, kx int) (int, bool) {
	iy, ix := oy*t.c.S-t.c.PadH+ky*t.c.Dil, ox*t.c.S-t.c.PadW+kx*t.c.Dil
	if iy < 0 || iy >= t.c.H || ix < 0 || ix >= t.c.W {
		return 0, false
	}
	return ((n*t.c.H+iy)*t.c.W + ix) * t.c.InC, true
}

func (t *plainTask) forwardRow(n, oy int) {
	c := t.c
	row := t.y[(n*c.OutH()+oy)*c.OutW()*c.OutC:][:c.OutW()*c.OutC]
	clear(row)
	for ox := range c.OutW() {
		y := row[ox*c.OutC:][:c.OutC]
		for k := range c.KH * c.KW {
			if at, ok := t.inside(n, oy, ox, k/c.KW, k%c.KW); ok {
				t.forwardTap(t.x[at:][:c.InC], y, c.tap(k/c.KW, k%c.KW))
			}
		}
		for o := range t.ep.Bias[:min(len(t.ep.Bias), c.OutC)] {
			y[o] += t.ep.Bias[o]
		}
	}
	t.ep.Act.apply(row)
}

// forwardTap adds one tap's products to the channels of one output pixel.
func (t *plainTask) forwardTap(x, y []float32, tap int) {
	c := t.c
	if c.depthwise() {
		for i, w := range t.w[tap:][:c.OutC] {
			y[i] += w * x[i]
		}
		return
	}
	for b := range c.G * c.blocks() {
		i, o, lanes := c.block(b)
		w := t.w[b*c.blockStride()+tap:]
		for j, v := range x[i:][:c.InC/c.G] {
			for l, w := range w[j*Block:][:lanes] {
				y[o+l] += v * w
			}
		}
	}
}

// meets returns the output row (or column), below n, whose tap k lies on row (or column)
// i of the padded input, if there is one.
func (t *plainTask) meets(i, k, n int) (int, bool) {
	o := i - k*t.c.Dil
	return o / t.c.S, o >= 0 && o%t.c.S == 0 && o/t.c.S < n
}

func (t *plainTask) backDataRow(n, iy int) {
	c := t.c
	row := t.x[(n*c.H+iy)*c.W*c.InC:][:c.W*c.InC]
	if !t.add {
		clear(row)
	}
	for k := range c.KH * c.KW {
		oy, ok := t.meets(iy+c.PadH, k/c.KW, c.OutH())
		if !ok {
			continue
		}
		for ix := range c.W {
			if ox, ok := t.meets(ix+c.PadW, k%c.KW, c.OutW()); ok {
				dy := t.y[((n*c.OutH()+oy)*c.OutW()+ox)*c.OutC:][:c.OutC]
				t.backDataTap(dy, row[ix*c.InC:][:c.InC], c.tap(k/c.KW, k%c.KW))
			}
		}
	}
}

// backDataTap adds one tap's products to the channels of one input pixel.
func (t *plainTask) backDataTap(dy, dx []float32, tap int) {
	c := t.c
	if c.depthwise() {
		for i, w := range t.w[tap:][:c.InC] {
			dx[i] += w * dy[i]
		}
		return
	}
	for b := range c.G * c.blocks() {
		i, o, lanes := c.block(b)
		w, dy := t.w[b*c.blockStride()+tap:], dy[o:][:lanes]
		for j := range dx[i:][:c.InC/c.G] {
			var sum float32
			for l, w := range w[j*Block:][:lanes] {
				sum += w * dy[l]
			}
			dx[i+j] += sum
		}
	}
}

func (t *plainTask) backWeightsTap(ky, kx int) {
	c := t.c
	for row := range c.N * c.OutH() {
		for ox := range c.OutW() {
			at, ok := t.inside(row/c.OutH(), row%c.OutH(), ox, ky, kx)
			if !ok {
				continue
			}
			t.backWeightsPixel(t.x[at:][:c.InC], t.y[(row*c.OutW()+ox)*c.OutC:][:c.OutC], c.tap(ky, kx))
		}
	}
}

// backWeightsPixel adds one pixel's products to the gradient of one tap.
func (t *plainTask) backWeightsPixel(x, dy []float32, tap int) {
	c := t.c
	if c.depthwise() {
		dw := t.w[tap:][:c.OutC]
		for i, d := range dy {
			dw[i] += d * x[i]
		}
		return
	}
	for b := range c.G * c.blocks() {
		i, o, lanes := c.block(b)
		dw, dy := t.w[b*c.blockStride()+tap:], dy[o:][:lanes]
		for j, v := range x[i:][:c.InC/c.G] {
			for l, d := range dy {
				dw[j*Block+l] += v * d
			}
		}
	}
}
