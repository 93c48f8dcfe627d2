package kernel

// ForwardAdd adds conv(x, w) to what y holds: the same bits as Forward into
// another buffer followed by y[i] += buffer[i]. It panics if a slice is too
// short. y must not overlap x or w. prepacked is as in Epilogue.
func (e *Engine) ForwardAdd(c Conv, x, w, y []float32, prepacked *Prepacked, fused Fusion) {
	e.fuse(fused)
	c = c.withDefaults(x, w, y)
	if e.Set.tiles != nil {
		p := e.begin(plainForward, c)
		e.runForward(c, x, w, y, Epilogue{Prepacked: prepacked}, true)
		e.end(p)
		e.epilogue, e.before = chunkEpilogue{}, nil
		return
	}
	e.sum = grown(e.sum, c.N*c.OutH()*c.OutW()*c.OutC)
	e.Forward(c, x, w, e.sum, Epilogue{}, Fusion{Before: fused.Before})
	for i, v := range e.sum {
		y[i] += v
	}
}
