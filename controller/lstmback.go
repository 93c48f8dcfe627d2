package controller

import "gonum.org/v1/gonum/floats"

// backward adds the gradient of what weigh summed to g: back-propagation
// through time, last visit first. An anchor's gradient is complete when its own
// visit is reached, for only later visits read it.
func (w *lstmWalk) backward(g lstmTensors) {
	n := w.p.cell.hidden
	for i := range w.anchors {
		w.anchors[i].dout, w.anchors[i].dkey = make([]float64, n), make([]float64, n)
	}
	dh, dc := make([]float64, n), make([]float64, n)
	for i := len(w.visits) - 1; i >= 0; i-- {
		v := &w.visits[i]
		switch {
		case v.closes:
			w.backAnchor(g, w.p.anchor(v.step.layer), dh)
			w.backSkips(g, v, dh)
		case v.step.attends:
			w.backAttention(g, v, dh)
		default:
			w.backHead(g, v, dh)
		}
		din := w.p.cell.backward(v.cell, w.t.cell, g.cell, dh, dc)
		w.backInput(g, v.from, din[:n])
		dh = din[n:]
	}
	for i := range w.p.inputs {
		w.backAnchor(g, w.p.anchor(-1-i), g.stem[i*n:(i+1)*n])
	}
}

// backHead passes the gradient of a decision's logits to its head and to dh.
func (w *lstmWalk) backHead(g lstmTensors, v *visit, dh []float64) {
	m := &v.made[0]
	for c := range m.dz {
		m.dz[c] *= m.slope[c]
	}
	floats.AddScaled(g.bias[w.p.bias[m.decision]:][:len(m.dz)], w.p.gain, m.dz)
	addOuter(g.out[v.step.head], m.dz, v.cell.out)
	addTransposed(dh, w.t.out[v.step.head], m.dz)
}

// backAnchor passes the gathered gradients of an anchor to what it was made of.
func (w *lstmWalk) backAnchor(g lstmTensors, at int, dout []float64) {
	a := w.anchors[at]
	addOuter(g.key, a.dkey, a.out)
	addTransposed(dout, w.t.key, a.dkey)
	floats.Add(dout, a.dout)
}

// backAttention passes the gradient of the logits of a choice among anchors to the
// attention, to the anchors, and to dh.
func (w *lstmWalk) backAttention(g lstmTensors, v *visit, dh []float64) {
	m, dquery := &v.made[0], make([]float64, len(dh))
	for c := range m.dz {
		w.backScore(g, m, c, c, m.dz[c]*m.slope[c], dquery)
	}
	w.backQuery(g, v, dquery, dh)
}

// backSkips passes the gradients of a layer's skips to the attention, to the
// anchors that were attended to, and to dh.
func (w *lstmWalk) backSkips(g lstmTensors, v *visit, dh []float64) {
	if len(v.made) == 0 {
		return
	}
	dquery := make([]float64, len(dh))
	for k := range v.made {
		m := &v.made[k]
		w.backScore(g, m, 0, 0, (m.dz[1]-m.dz[0])*m.slope[0], dquery)
	}
	w.backQuery(g, v, dquery, dh)
}

// backScore passes the gradient dq of a decision's score of one of its anchors, and of the
// bias added to it, on.
func (w *lstmWalk) backScore(g lstmTensors, m *decided, anchor, bias int, dq float64, dquery []float64) {
	g.bias[w.p.bias[m.decision]+bias] += w.p.gain * dq
	dkey := w.anchors[m.anchors[anchor]].dkey
	for k, u := range m.blends[anchor] {
		g.score[k] += dq * u
		du := dq * w.t.score[k] * (1 - u*u)
		dkey[k] += du
		dquery[k] += du
	}
}

// backQuery passes the gradient of a visit's query to dh.
func (w *lstmWalk) backQuery(g lstmTensors, v *visit, dquery, dh []float64) {
	addOuter(g.query, dquery, v.cell.out)
	addTransposed(dh, w.t.query, dquery)
}

// backInput passes the gradient of an input to what it was made of.
func (w *lstmWalk) backInput(g lstmTensors, from source, dx []float64) {
	switch from.kind {
	case fromEmbedding:
		floats.Add(g.embed[from.head][from.choice*len(dx):][:len(dx)], dx)
	case fromAnchors:
		for _, a := range from.anchors {
			floats.AddScaled(w.anchors[a].dout, from.share, dx)
		}
	default:
		floats.Add(g.start, dx)
	}
}
