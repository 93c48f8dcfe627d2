package ops

import (
	"time"

	"github.com/espalier-nas/espalier/ops/internal/kernel"
)

// Crew chooses for a series of operations that is repeated, such as the inference
// of one picture, whether all workers share it or the caller does it alone, by
// what took less time lately; the other way is tried now and then. Each convolution
// chooses too, but cannot know what it costs the next one to find maps in another
// core's cache. Results are the same bits either way.
//
// The zero Crew is ready. It is for operations of one shape on one Exec.
type Crew struct {
	crew  kernel.Crew
	start time.Time
}

// crewLong is how long a series takes that is always shared.
const crewLong = 5 * time.Millisecond

// Start begins the operations on e.
func (c *Crew) Start(e *Exec) {
	if e.Workers() == 1 {
		return
	}
	c.start = time.Now()
	e.eng.Pool.Alone(c.crew.Alone(c.start, crewLong))
}

// Done ends what Start began.
func (c *Crew) Done(e *Exec) {
	if c.start.IsZero() {
		return
	}
	e.eng.Pool.Alone(false)
	now := time.Now()
	c.crew.Note(now.Sub(c.start), now)
	c.start = time.Time{}
}
