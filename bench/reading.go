package bench

import (
	"context"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Reading is what was measured of one network, per image.
type Reading struct {
	Seconds float64
	Joules  float64 // 0: not known
}

// Runtime is something that runs whole networks and tells what an image takes.
type Runtime interface {
	// Name tells what runs networks and how; readings of runtimes with different
	// names must not be mixed.
	Name() string
	// Measure runs a network of this plan, with batch norms folded and random
	// weights. Either all readings of a runtime have an energy, or none has.
	Measure(ctx context.Context, p space.Plan) (Reading, error)
}
