package supernet

import (
	"fmt"
	"math"
)

// mostLoss is a mean cross entropy, nats, far above that of any guess: a uniform one over
// 65,536 classes has 11.
const mostLoss = 1000

// DivergedError says that training has left what can be trained. The step was not taken.
type DivergedError struct {
	Step, Steps int     // from 1
	Loss        float64 // NaN, infinite or above 1000
	Arch        string  // the subnet that had it
	LR          float64
}

// Error names the step, the loss and what helps.
func (d *DivergedError) Error() string {
	return fmt.Sprintf("training diverged in step %d of %d: loss %v at rate %.3g, subnet %s; want a lower rate, clipping or a longer warm-up", d.Step, d.Steps, d.Loss, d.LR, d.Arch)
}

func diverged(loss float64) bool {
	return math.IsNaN(loss) || math.IsInf(loss, 0) || loss > mostLoss
}
