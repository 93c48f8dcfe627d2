package ops

import (
	"time"

	"github.com/espalier-nas/espalier/ops/internal/kernel"
)

// Autotuner chooses for a series of operations that is repeated, such as the inference
// of one picture, whether all workers share it or it runs single-threaded, by
// what took less time lately; the other way is tried now and then. Each convolution
// chooses too, but cannot know what it costs the next one to find maps in another
// core's cache. Results are the same bits either way.
//
// The zero Autotuner is ready. It is for operations of one shape on one Exec.
type Autotuner struct {
	tuner kernel.Autotuner
	start time.Time
}

// longPass is how long a series takes that is always shared.
const longPass = 5 * time.Millisecond

// Start begins the operations on e.
func (c *Autotuner) Start(e *Exec) {
	if e.Workers() == 1 {
		return
	}
	c.start = time.Now()
	e.eng.Pool.SetSingleThreaded(c.tuner.SingleThreaded(c.start, longPass))
}

// Done ends what Start began.
func (c *Autotuner) Done(e *Exec) {
	if c.start.IsZero() {
		return
	}
	e.eng.Pool.SetSingleThreaded(false)
	now := time.Now()
	c.tuner.Note(now.Sub(c.start), now)
	c.start = time.Time{}
}
