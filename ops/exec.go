package ops

import (
	"fmt"

	"github.com/espalier-nas/espalier/ops/internal/kernel"
)

// Config chooses how an Exec computes.
type Config struct {
	// Kernel is "avx512", "avx2" or "go"; "avx512-direct", "avx2-direct" or "direct" (of the best) go without
	// Winograd's algorithm. "" takes ESPALIER_KERNEL, else the best that the machine has.
	Kernel  string
	Workers int // goroutines, at most GOMAXPROCS; 0 means GOMAXPROCS
}

// node is a recorded operation; back adds its parameters' gradients and its
// inputs'.
type node interface{ back(e *Exec) }

// Exec runs operations: it holds the chosen kernels, the workers, the memory of
// activations, and the record of a training pass. One goroutine at a time may
// use it. Results do not depend on the number of workers.
type Exec struct {
	eng      *kernel.Engine
	vec      *kernel.Vec
	train    bool
	mem      arena
	grads    bufferPool
	freed    bufferPool // memory of tensors given back by Free
	tape     []node
	deferred *normNode // whose output is still to be computed; nil for none
	nodes    nodes
	residual residual // of the sum that is being computed
	slices   batchParallel
	ch       channels
	taps     []tapTable // scratch of poolings, by worker
}

// NewExec returns an Exec, or an error if the machine lacks the kernels that
// were asked for. Close ends its workers.
func NewExec(c Config) (*Exec, error) {
	set, err := kernel.Choose(c.Kernel)
	if err != nil {
		return nil, fmt.Errorf("ops: %w", err)
	}
	workers := c.Workers
	if workers == 0 {
		workers = kernel.MaxWorkers()
	}
	pool := kernel.NewPool(workers)
	return &Exec{eng: kernel.NewEngine(set, pool), vec: set.Vec(), taps: make([]tapTable, pool.Workers())}, nil
}

// Close ends the workers; the Exec must not be used afterwards.
func (e *Exec) Close() { e.eng.Pool.Close() }

// Kernel returns the name of the instruction set in use.
func (e *Exec) Kernel() string { return e.eng.Set.Name }

// Workers returns the number of workers in use.
func (e *Exec) Workers() int { return e.eng.Pool.Workers() }

// Begin forgets all tensors and records and starts a pass; train tells whether
// operations record themselves for Backward.
func (e *Exec) Begin(train bool) {
	if e.mem.overflowed() {
		e.forget()
	}
	e.mem.reset()
	e.grads = bufferPool{mem: &e.mem, free: e.grads.free[:0]}
	e.freed = bufferPool{mem: &e.mem, free: e.freed.free[:0]}
	e.tape, e.deferred = e.tape[:0], nil
	e.nodes.reset()
	e.train = train
}

// forget lets go of what earlier passes have left behind: each tensor, record or free buffer
// would keep all of the memory that it was cut out of.
func (e *Exec) forget() {
	e.mem.forget()
	e.nodes.forget()
	e.eng.Forget()
	clear(e.grads.free[:cap(e.grads.free)])
	clear(e.freed.free[:cap(e.freed.free)])
	clear(e.tape[:cap(e.tape)])
	e.residual = residual{}
}

// Training reports whether operations are being recorded.
func (e *Exec) Training() bool { return e.train }

// Mark is a point in an Exec's memory.
type Mark struct{ m mark }

// Mark returns the current point. It panics while training: recorded
// operations need their memory.
func (e *Exec) Mark() Mark {
	if e.train {
		panic("ops: Mark while training")
	}
	e.freed.free = e.freed.free[:0]
	return Mark{e.mem.mark()}
}

// Release frees all tensors made since m.
func (e *Exec) Release(m Mark) {
	e.freed.free = e.freed.free[:0]
	e.mem.release(m.m)
}

// Free gives the memory of t back for tensors to come, outside training: nothing
// may use t, nor a tensor that shares its memory, any more. What Release frees
// anyway is not kept.
func (e *Exec) Free(t *Tensor) {
	if e.train {
		panic("ops: Free while training")
	}
	e.freed.put(t.Data)
}

// Input returns a tensor over data, which is not copied and gets no gradient.
// It panics if the length of data is not n*h*w*c.
func (e *Exec) Input(n, h, w, c int, data []float32) *Tensor {
	if len(data) != n*h*w*c {
		panic("ops: Input: length of data differs from the shape")
	}
	t := e.mem.tensor()
	*t = Tensor{N: n, H: h, W: w, C: c, Data: data}
	return t
}

// New returns a tensor with undefined contents; while training, Backward leaves
// its gradient in it, if anything depends on it.
func (e *Exec) New(n, h, w, c int) *Tensor {
	e.materialize()
	t := e.mem.tensor()
	size := n * h * w * c
	if !e.train {
		*t = Tensor{N: n, H: h, W: w, C: c, Data: e.freed.get(size)}
		return t
	}
	*t = Tensor{N: n, H: h, W: w, C: c, Data: e.mem.floats(size), grads: &e.grads}
	return t
}

// Backward runs the recorded operations backwards from the gradients that
// losses or SetGrad have put down, adding to the gradients of parameters, and
// ends the pass. Tensors whose gradient was not written contribute nothing. It
// leaves the gradients of parameters and of tensors made by New, and takes those
// of tensors that operations returned.
func (e *Exec) Backward() {
	e.materialize()
	for i := len(e.tape) - 1; i >= 0; i-- {
		e.tape[i].back(e)
	}
	e.tape = e.tape[:0]
	e.nodes.reset()
}
