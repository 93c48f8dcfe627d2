package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Task is work split into chunks by output: no two chunks write the same place at
// the same time, and what a place ends up with does not depend on where the work
// was cut, so that results are the same for any number of workers.
type Task interface {
	// Do computes chunk i. worker, below Pool.Workers, names the goroutine that
	// runs it: an index for scratch memory that must not change any result.
	Do(i, worker int)
}

// threadSetUp is a task with set-up for each thread: setUp is called on each thread that
// takes part, before its first chunk, so that what it sets up is in that core's cache.
type threadSetUp interface {
	setUp(worker int)
}

// spinTime is how long an idle worker polls before it parks. Layers follow one
// another within tens of microseconds, and a wake-up through the scheduler
// costs as much.
const spinTime = 500 * time.Microsecond

// politeSpins is how many times a waiting worker polls, within some 10
// microseconds, before it offers its core between two looks: on a busy machine
// the work that it waits for may need that very core.
const politeSpins = 4096

// A worker that has done its share waits for the others a quarter of the time that
// it took, within these bounds, before it takes from theirs: a chunk that changes
// hands takes its cache lines along, and in a short task that costs more than the
// chunk. lookTime is about how many loads it spends between two looks.
const (
	leastPatience = 2 * time.Microsecond
	mostPatience  = 16 * time.Microsecond
	lookTime      = 300
)

// counter is a number of one thread, though others read it and, when they steal from its
// share, write it; on cache lines of its own.
type counter struct {
	atomic.Uint64
	_ padding
}

// padding keeps what one worker writes off the cache lines of the next one's, and
// off the pairs of lines that are fetched together.
type padding [120]byte

// A call is what a Run asks of the workers, in one word that changes at once: its
// number, counted from one, and the number of its chunks. So nothing has to be reset
// from one Run to the next: what a counter of taken chunks says of an earlier call
// counts for nothing, and a worker that comes late to a call finds all of it taken.
type call uint64

const (
	chunkBits  = 24
	mostChunks = 1<<chunkBits - 1
)

func (c call) number() uint64 { return uint64(c) >> chunkBits }

func (c call) chunks() int { return int(c & mostChunks) }

// share returns the chunks of worker w of so many.
func (c call) share(w, workers int) (first, last int) {
	return w * c.chunks() / workers, (w + 1) * c.chunks() / workers
}

// left returns the chunks of share w that taken, its counter, leaves to take: none
// if it speaks of a later call.
func (c call) left(taken uint64, w, workers int) (first, last int) {
	first, last = c.share(w, workers)
	switch t := call(taken); {
	case t.number() == c.number():
		first += t.chunks()
	case t.number() > c.number():
		first = last
	}
	return first, last
}

// Pool runs tasks on the calling goroutine, worker 0, and a fixed set of worker goroutines,
// which spin for a short while and then sleep. A Pool serves one caller at a time.
type Pool struct {
	workers int
	taken   []counter // by share: a call, and how many of its chunks are taken
	done    []counter // by worker: chunks of all calls
	wake    chan struct{}
	quit    atomic.Bool
	stopped sync.WaitGroup

	_      padding
	parked atomic.Int32
	_      padding
	call   atomic.Uint64 // polled by all idle workers,
	task   Task          // and on the same cache line, the task to run chunks of
	_      padding

	// The caller's own.
	singleThreaded bool
	last           call
	asked          uint64 // chunks of all calls
	forkJoin       forkJoin
}

// NewPool returns a pool of the given number of workers, the caller included.
// Numbers below one, and above GOMAXPROCS, are brought into that range.
func NewPool(workers int) *Pool {
	workers = max(1, min(workers, runtime.GOMAXPROCS(0)))
	p := &Pool{workers: workers, wake: make(chan struct{}, workers), taken: make([]counter, workers), done: make([]counter, workers)}
	for w := 1; w < workers; w++ {
		p.stopped.Add(1)
		go p.serve(w)
	}
	return p
}

// Workers returns the number of workers, the caller included.
func (p *Pool) Workers() int {
	if p.singleThreaded {
		return 1
	}
	return p.workers
}

// SetSingleThreaded sets whether the caller runs all chunks, as if it were the only worker.
func (p *Pool) SetSingleThreaded(on bool) { p.singleThreaded = on }

// Close ends the worker goroutines and waits for them.
func (p *Pool) Close() {
	p.quit.Store(true)
	p.wakeUp(p.workers - 1)
	p.stopped.Wait()
}

// Run calls t.Do once for each i below n and returns when all are done. Each
// thread has a share of the chunks, the same in every pass of as many, so that
// what it wrote in one layer is in its own cache in the next. A thread that is done
// with its share steals chunks from the others': a descheduled thread holds up one chunk.
func (p *Pool) Run(n int, t Task) {
	if p.Workers() == 1 || n <= 1 {
		runSingleThreaded(n, t)
		return
	}
	if n > mostChunks {
		panic("kernel: too many chunks")
	}
	p.task = t
	p.last = call(p.last.number()+1)<<chunkBits | call(n)
	p.asked += uint64(n)
	p.call.Store(uint64(p.last))
	if parked := int(p.parked.Load()); parked > 0 {
		p.wakeUp(min(parked, n-1))
	}
	p.work(p.last, 0)
	for spins := 0; !p.finished(); spins++ {
		if spins > politeSpins {
			yield()
		}
		if spins&1023 == 1023 {
			runtime.Gosched()
		}
	}
}

// runSingleThreaded runs all n chunks of t on the calling goroutine.
func runSingleThreaded(n int, t Task) {
	if n > 0 {
		setUp(t, 0)
	}
	for i := range n {
		t.Do(i, 0)
	}
}

// setUp sets up t on the thread of worker, if t has set-up.
func setUp(t Task, worker int) {
	if t, ok := t.(threadSetUp); ok {
		t.setUp(worker)
	}
}

// finished reports whether all chunks asked for are done.
func (p *Pool) finished() bool {
	var done uint64
	for w := range p.done {
		done += p.done[w].Load()
	}
	return done == p.asked
}

// wakeUp leaves n wake-ups. One that finds the channel full is not needed: it
// has room for more than there are workers, and a worker that takes an old one
// merely looks around and parks again.
func (p *Pool) wakeUp(n int) {
	for range n {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

// work does chunks of c as worker, its own share first, until none is left.
func (p *Pool) work(c call, worker int) {
	start := time.Now()
	isSetUp := p.takeFrom(c, worker, worker, false)
	if !p.open(c) {
		return
	}
	done, own := time.Now(), &p.taken[worker]
	for patience := max(leastPatience, min(mostPatience, done.Sub(start)/4)); p.open(c) && time.Since(done) < patience; {
		for range lookTime {
			own.Load()
		}
	}
	for i := 1; i < p.workers; i++ {
		isSetUp = p.takeFrom(c, (worker+i)%p.workers, worker, isSetUp)
	}
}

// takeFrom does what is left of share w of c, as worker. isSetUp says whether the task has
// been set up on its thread, and takeFrom returns whether it is now.
func (p *Pool) takeFrom(c call, w, worker int, isSetUp bool) bool {
	done := 0
	for i, ok := p.take(c, w); ok; i, ok = p.take(c, w) {
		t := p.task
		if !isSetUp {
			setUp(t, worker)
			isSetUp = true
		}
		t.Do(i, worker)
		done++
	}
	if done > 0 {
		p.done[worker].Add(uint64(done))
	}
	return isSetUp
}

// take takes a chunk of share w of c, if one is left.
func (p *Pool) take(c call, w int) (i int, ok bool) {
	for t := &p.taken[w]; ; {
		taken := t.Load()
		first, last := c.left(taken, w, p.workers)
		if first >= last {
			return 0, false
		}
		start, _ := c.share(w, p.workers)
		if t.CompareAndSwap(taken, c.number()<<chunkBits|uint64(first-start+1)) {
			return first, true
		}
	}
}

// open reports whether chunks of c may be left to take.
func (p *Pool) open(c call) bool {
	for w := range p.taken {
		if first, last := c.left(p.taken[w].Load(), w, p.workers); first < last {
			return true
		}
	}
	return false
}

// serve is a worker goroutine: it polls for calls, works on them, and parks.
func (p *Pool) serve(worker int) {
	defer p.stopped.Done()
	idle := time.Now()
	var seen call
	for spins := 0; !p.quit.Load(); spins++ {
		if c := call(p.call.Load()); c != seen {
			if seen = c; p.open(c) {
				p.work(c, worker)
				idle, spins = time.Now(), 0
			}
		}
		if spins > politeSpins {
			yield()
		}
		if spins&255 == 255 && time.Since(idle) > spinTime {
			p.park(seen)
			idle, spins = time.Now(), 0
		}
	}
}

// park sleeps until a call is made after the last one that was seen.
func (p *Pool) park(seen call) {
	p.parked.Add(1)
	if call(p.call.Load()) == seen && !p.quit.Load() {
		<-p.wake
	}
	p.parked.Add(-1)
}
