package ops

// nodes holds the records of every operation for reuse.
type nodes struct {
	conv      freelist[convNode]
	norm      freelist[normNode]
	act       freelist[actNode]
	pool      freelist[poolNode]
	mean      freelist[meanNode]
	sum       freelist[sumNode]
	scale     freelist[scaleNode]
	lstm      freelist[lstmNode]
	transform freelist[transformNode]
	resize    freelist[resizeNode]
}

func (n *nodes) reset() {
	n.conv.used = 0
	n.norm.used = 0
	n.act.used = 0
	n.pool.used = 0
	n.mean.used = 0
	n.sum.used = 0
	n.scale.used = 0
	n.lstm.used = 0
	n.transform.used = 0
	n.resize.used = 0
}

// forget lets go of what the records of earlier passes refer to.
func (n *nodes) forget() {
	n.conv.forget()
	n.norm.forget()
	n.act.forget()
	n.pool.forget()
	n.mean.forget()
	n.sum.forget()
	n.scale.forget()
	n.lstm.forget()
	n.transform.forget()
	n.resize.forget()
}

// next returns a record of f: one that Backward will use if e trains, else one
// that the next operation overwrites.
func next[T any](e *Exec, f *freelist[T]) *T {
	if e.train {
		return f.get()
	}
	return &f.spare
}

// record appends n to the tape while training.
func (e *Exec) record(n node) {
	if e.train {
		e.tape = append(e.tape, n)
	}
}
