package kernel

// Prologue gives a part of an operand its values before it is read.
type Prologue interface {
	// ApplyPrologue gives floats lo to hi of the operand, whole pixels of all channels, their
	// values. It is called by several threads at the same time, once for each float.
	ApplyPrologue(lo, hi, worker int)
}

// prologue is the prologue of a pass; nil: none.
type prologue struct{ p Prologue }

// applyPrologue applies the prologue to images [img, img+imgs), of rows [from, to) of oh,
// so many floats each.
func (p prologue) applyPrologue(img, imgs, oh, from, to, row, worker int) {
	if p.p != nil {
		p.p.ApplyPrologue((img*oh+from)*row, ((img+imgs-1)*oh+to)*row, worker)
	}
}

// prologueOf returns the prologue of an operand of so many pixels, of pixel floats each, if
// each part of it is read by one thread only; else it applies the prologue to all of it.
func (e *Engine) prologueOf(pixels, pixel int, oneReader bool) prologue {
	if e.before != nil && !oneReader {
		n := max(1, min(prologueChunks, pixels*pixel/prologueFloats))
		e.prologueTask = prologueTask{e.before, pixels, pixel, n}
		e.Pool.Run(n, &e.prologueTask)
		e.before = nil
	}
	return prologue{e.before}
}

const (
	prologueChunks = 64
	prologueFloats = 1 << 14 // of a chunk at least
)

// prologueTask applies a prologue to an operand of so many pixels.
type prologueTask struct {
	p             Prologue
	pixels, pixel int
	chunks        int
}

// Do implements Task.
func (t *prologueTask) Do(i, worker int) {
	t.p.ApplyPrologue(i*t.pixels/t.chunks*t.pixel, (i+1)*t.pixels/t.chunks*t.pixel, worker)
}
