package kernel

// Preparer makes a part of an operand what it should be before it is read.
type Preparer interface {
	// Prepare is asked for floats lo to hi of the operand, whole pixels of all
	// channels. Workers call it at the same time, and once for each float.
	Prepare(lo, hi, worker int)
}

// Prepared has the next BackwardWeights of e ask p for each part of dy before it is
// read, by the worker who reads it, or for all of it first where several read a part.
func (e *Engine) Prepared(p Preparer) { e.preparer = p }

// preparing is who prepares the dy of a pass; nil for nobody.
type preparing struct{ p Preparer }

// prepare has images [img, img+imgs) prepared, of rows [from, to) of oh, so many
// floats each.
func (p preparing) prepare(img, imgs, oh, from, to, row, worker int) {
	if p.p != nil {
		p.p.Prepare((img*oh+from)*row, ((img+imgs-1)*oh+to)*row, worker)
	}
}

// preparing returns who prepares the parts of dy, if each is read by one worker alone;
// else it has all of it prepared.
func (e *Engine) preparing(c Conv, alone bool) preparing {
	if e.preparer != nil && !alone {
		e.prepareAll(c)
	}
	return preparing{e.preparer}
}

// prepareAll has all of dy prepared.
func (e *Engine) prepareAll(c Conv) {
	pixels := c.N * c.OutH() * c.OutW()
	n := max(1, min(prepareChunks, pixels*c.OutC/prepareFloats))
	e.prepareTask = prepareTask{e.preparer, pixels, c.OutC, n}
	e.Pool.Run(n, &e.prepareTask)
	e.preparer = nil
}

const (
	prepareChunks = 64
	prepareFloats = 1 << 14 // of a chunk at least
)

// prepareTask prepares an operand of so many pixels.
type prepareTask struct {
	p             Preparer
	pixels, pixel int
	chunks        int
}

// Do implements Task.
func (t *prepareTask) Do(i, worker int) {
	t.p.Prepare(i*t.pixels/t.chunks*t.pixel, (i+1)*t.pixels/t.chunks*t.pixel, worker)
}
