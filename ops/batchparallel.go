package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

// BatchPass is a pass over a batch that can be made part by part.
type BatchPass interface {
	// Part makes the pass over images [lo, hi), which it begins on e itself: an Exec
	// that only this worker uses.
	Part(e *Exec, worker, lo, hi int)
}

// batchParallel is a pass whose images are divided among the workers, each on one thread.
type batchParallel struct {
	execs    []*Exec // of one thread each, by worker
	n, parts int
	pass     BatchPass
}

// BatchParallel makes a pass over n images in parts of at most size each. A part goes through
// the whole network on one thread, while its maps are in that core's cache, without a
// barrier between layers. Where the parts end depends on n, size and the number of workers; outside
// training, an image's results do not depend on its part.
func (e *Exec) BatchParallel(n, size int, pass BatchPass) {
	a := &e.slices
	for len(a.execs) < e.Workers() {
		p := kernel.NewPool(1)
		a.execs = append(a.execs, &Exec{eng: kernel.NewEngine(e.eng.Set, p), vec: e.vec, taps: make([]tapTable, 1)})
	}
	a.n, a.pass = n, pass
	a.parts = min(n, parts(parts(n, max(1, size)), e.Workers())*e.Workers())
	e.run(a.parts, a)
	a.pass = nil
}

// Do implements kernel.Task.
func (a *batchParallel) Do(i, worker int) {
	a.pass.Part(a.execs[worker], worker, i*a.n/a.parts, (i+1)*a.n/a.parts)
}
