package kernel

// Prologue gives a part of an operand its values before it is read.
type Prologue interface {
	// Prepare gives floats lo to hi of the operand, whole pixels of all channels, their
	// values. It is called by several threads at the same time, once for each float.
	Prepare(lo, hi, worker int)
}

// preparing is the prologue of a pass; nil: none.
type preparing struct{ p Prologue }

// prepare has images [img, img+imgs) prepared, of rows [from, to) of oh, so many
// floats each.
func (p preparing) prepare(img, imgs, oh, from, to, row, worker int) {
	if p.p != nil {
		p.p.Prepare((img*oh+from)*row, ((img+imgs-1)*oh+to)*row, worker)
	}
}

// preparing returns the prologue of an operand of so many pixels, of pixel floats each, if
// each part of it is read by one thread only; else it runs the prologue for all of it.
func (e *Engine) preparing(pixels, pixel int, alone bool) preparing {
	if e.before != nil && !alone {
		n := max(1, min(prepareChunks, pixels*pixel/prepareFloats))
		e.prepareTask = prepareTask{e.before, pixels, pixel, n}
		e.Pool.Run(n, &e.prepareTask)
		e.before = nil
	}
	return preparing{e.before}
}

const (
	prepareChunks = 64
	prepareFloats = 1 << 14 // of a chunk at least
)

// prepareTask prepares an operand of so many pixels.
type prepareTask struct {
	p             Prologue
	pixels, pixel int
	chunks        int
}

// Do implements Task.
func (t *prepareTask) Do(i, worker int) {
	t.p.Prepare(i*t.pixels/t.chunks*t.pixel, (i+1)*t.pixels/t.chunks*t.pixel, worker)
}
