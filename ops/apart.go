package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

// Parted is a pass over a batch that can be made part by part.
type Parted interface {
	// Part makes the pass over images [lo, hi), which it begins on e itself: an Exec
	// that only this worker uses.
	Part(e *Exec, worker, lo, hi int)
}

// apart is a pass of which each worker does parts by himself.
type apart struct {
	solo     []*Exec // by worker
	n, parts int
	pass     Parted
}

// Apart makes a pass over n images in parts of at most size each, a part by one of e's
// workers: he takes it through a whole network while its maps are in his cache, and waits
// for nobody. Where the parts end depends on n, size and the number of workers; outside
// training, an image's results do not depend on its part.
func (e *Exec) Apart(n, size int, pass Parted) {
	a := &e.apart
	for len(a.solo) < e.Workers() {
		p := kernel.NewPool(1)
		a.solo = append(a.solo, &Exec{eng: kernel.NewEngine(e.eng.Set, p), vec: e.vec, taps: make([]tapTable, 1)})
	}
	a.n, a.pass = n, pass
	a.parts = min(n, parts(parts(n, max(1, size)), e.Workers())*e.Workers())
	e.run(a.parts, a)
	a.pass = nil
}

// Do implements kernel.Task.
func (a *apart) Do(i, worker int) {
	a.pass.Part(a.solo[worker], worker, i*a.n/a.parts, (i+1)*a.n/a.parts)
}
