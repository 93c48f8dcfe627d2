package data

import "sync"

// Prefetcher makes the batches of a loader ahead of their use, in the background. It hands out exactly what Fill writes
// for step 0, 1, 2 ..., where step s is batch s%Batches() of epoch s/Batches(); there is no last one.
//
// One goroutine calls Next and, in the end, Close.
type Prefetcher struct {
	slots  []slot
	next   int  // the slot that Next waits for
	held   bool // the caller still uses the batch of the slot before
	closed bool
	done   chan struct{}
	wg     sync.WaitGroup
}

// slot is one batch and its way between the goroutine that fills it and the caller. Each slot has a goroutine of its own
// and makes every len(slots)-th step, so that the order of the batches needs no agreement.
type slot struct {
	batch       Batch
	ready, free chan struct{} // capacity 1
}

// NewPrefetcher starts to make batches from step from on, up to depth of them ahead of the one in use. It panics unless
// depth >= 1, from >= 0 and l.Batches() >= 1.
func NewPrefetcher(l *Loader, depth, from int) *Prefetcher {
	if depth < 1 || from < 0 || l.Batches() < 1 {
		panic("data: NewPrefetcher: depth, step or number of batches out of range")
	}
	p := &Prefetcher{slots: make([]slot, depth+1), done: make(chan struct{})}
	for i := range p.slots {
		s := &p.slots[i]
		s.ready, s.free = make(chan struct{}, 1), make(chan struct{}, 1)
		s.free <- struct{}{}
		p.wg.Go(func() { s.run(l, from+i, len(p.slots), p.done) })
	}
	return p
}

// run fills the slot for the steps step, step+stride, ... each time that it is free.
func (s *slot) run(l *Loader, step, stride int, done <-chan struct{}) {
	for ; ; step += stride {
		select {
		case <-done:
			return
		case <-s.free:
		}
		l.Fill(&s.batch, step/l.Batches(), step%l.Batches())
		s.ready <- struct{}{}
	}
}

// Next returns the batch of the next step. The batch belongs to the caller until its next call of Next or Close; then
// its memory is filled again. Next panics after Close.
func (p *Prefetcher) Next() *Batch {
	if p.closed {
		panic("data: Prefetcher.Next after Close")
	}
	n := len(p.slots)
	if p.held {
		p.slots[(p.next+n-1)%n].free <- struct{}{}
	}
	s := &p.slots[p.next]
	<-s.ready
	p.held = true
	p.next = (p.next + 1) % n
	return &s.batch
}

// Close stops the background work and returns when no goroutine of it is left. Further calls do nothing.
func (p *Prefetcher) Close() {
	if p.closed {
		return
	}
	p.closed = true
	close(p.done)
	p.wg.Wait()
}
