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

// spinTime is how long an idle helper polls before it parks. Layers follow one
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

type cell struct {
	atomic.Uint32
	_ padding
}

// padding keeps what one worker writes off the cache lines of the next one's, and
// off the pairs of lines that are fetched together.
type padding [124]byte

// job is one Run. Its counters live on cache lines of their own.
type job struct {
	task Task
	n    int
	next []cell // by worker: the chunks taken of its share
	done cell
	refs cell // helpers that may still look at it
}

// share returns the chunks of worker w of so many.
func (j *job) share(w int) (first, last int) {
	return w * j.n / len(j.next), (w + 1) * j.n / len(j.next)
}

// Pool runs tasks on the calling goroutine and a fixed set of helpers, which
// spin for a short while and then sleep. A Pool serves one caller at a time.
type Pool struct {
	workers int
	alone   bool
	job     atomic.Pointer[job]
	parked  atomic.Int32
	wake    chan struct{}
	quit    atomic.Bool
	stopped sync.WaitGroup
	spare   []*job

	handOver handOver
}

// NewPool returns a pool of the given number of workers, the caller included.
// Numbers below one, and above GOMAXPROCS, are brought into that range.
func NewPool(workers int) *Pool {
	workers = max(1, min(workers, runtime.GOMAXPROCS(0)))
	p := &Pool{workers: workers, wake: make(chan struct{}, workers)}
	for w := 1; w < workers; w++ {
		p.stopped.Add(1)
		go p.help(w)
	}
	return p
}

// Workers returns the number of workers, the caller included.
func (p *Pool) Workers() int {
	if p.alone {
		return 1
	}
	return p.workers
}

// Alone tells whether the caller is to do all by itself, as if it were the only
// worker.
func (p *Pool) Alone(on bool) { p.alone = on }

// Close ends the helpers and waits for them.
func (p *Pool) Close() {
	p.quit.Store(true)
	p.wakeUp(p.workers - 1)
	p.stopped.Wait()
}

// Run calls t.Do once for each i below n and returns when all are done. Each
// worker has a share of the chunks, the same in every pass of as many, so that
// what it wrote in one layer is in its own cache in the next. Who has done his
// takes from the others': a descheduled helper holds up one chunk.
func (p *Pool) Run(n int, t Task) {
	if p.Workers() == 1 || n <= 1 {
		for i := range n {
			t.Do(i, 0)
		}
		return
	}
	j := p.take()
	j.task, j.n = t, n
	for w := range j.next {
		j.next[w].Store(0)
	}
	j.done.Store(0)
	p.job.Store(j)
	p.wakeUp(min(int(p.parked.Load()), n-1))
	j.run(0)
	for spins := 0; int(j.done.Load()) != n; spins++ {
		if spins > politeSpins {
			yield()
		}
		if spins&1023 == 1023 {
			runtime.Gosched()
		}
	}
	p.job.Store(nil)
}

// wakeUp leaves n wake-ups. One that finds the channel full is not needed: it
// has room for more than there are helpers, and a helper that takes an old one
// merely looks around and parks again.
func (p *Pool) wakeUp(n int) {
	for range n {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

// run does chunks as worker, its own share first, until none is left.
func (j *job) run(worker int) {
	start := time.Now()
	j.takeFrom(worker, worker)
	if !j.open() {
		return
	}
	done, own := time.Now(), &j.next[worker]
	for patience := max(leastPatience, min(mostPatience, done.Sub(start)/4)); j.open() && time.Since(done) < patience; {
		for range lookTime {
			own.Load()
		}
	}
	for i := 1; i < len(j.next); i++ {
		j.takeFrom((worker+i)%len(j.next), worker)
	}
}

// takeFrom does what is left of the share of w, as worker.
func (j *job) takeFrom(w, worker int) {
	first, last := j.share(w)
	done := 0
	for at := first + int(j.next[w].Add(1)) - 1; at < last; at = first + int(j.next[w].Add(1)) - 1 {
		j.task.Do(at, worker)
		done++
	}
	if done > 0 {
		j.done.Add(uint32(done))
	}
}

// open reports whether chunks may be left to take.
func (j *job) open() bool {
	for w := range j.next {
		if first, last := j.share(w); first+int(j.next[w].Load()) < last {
			return true
		}
	}
	return false
}

// take returns a job that no helper refers to, so that a late helper never
// meets counters that were reset under it.
func (p *Pool) take() *job {
	for _, j := range p.spare {
		if j.refs.Load() == 0 {
			return j
		}
	}
	j := &job{next: make([]cell, p.workers)}
	p.spare = append(p.spare, j)
	return j
}

func (p *Pool) help(worker int) {
	defer p.stopped.Done()
	idle := time.Now()
	for spins := 0; !p.quit.Load(); spins++ {
		if j := p.acquire(); j != nil {
			if j.open() {
				j.run(worker)
				idle, spins = time.Now(), 0
			}
			j.refs.Add(^uint32(0))
		}
		if spins > politeSpins {
			yield()
		}
		if spins&255 == 255 && time.Since(idle) > spinTime {
			p.park()
			idle, spins = time.Now(), 0
		}
	}
}

// acquire returns the current job with a reference taken, or nil.
func (p *Pool) acquire() *job {
	j := p.job.Load()
	if j == nil {
		return nil
	}
	j.refs.Add(1)
	if p.job.Load() != j { // it may have been reused already
		j.refs.Add(^uint32(0))
		return nil
	}
	return j
}

func (p *Pool) park() {
	p.parked.Add(1)
	if p.job.Load() == nil && !p.quit.Load() {
		<-p.wake
	}
	p.parked.Add(-1)
}
