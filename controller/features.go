package controller

import (
	"fmt"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// feature is a number of a network, as an ordered choice: so many steps between two ends,
// beyond which numbers are not told apart.
type feature struct{ low, high float64 }

const (
	featureSteps  = 253 // so that a step and 1 fit into a byte
	featureSample = 200 // random architectures that tell where the ends are
	featureTail   = 10  // of them beyond each end
)

// look adds features to the decisions, each a group of its own.
func (c *coder) look(features func(space.Arch) []float64) {
	rng := stream.New(0, "features")
	columns := make([][]float64, 0)
	for range featureSample {
		for d, v := range features(c.space.Random(rng)) {
			if d == len(columns) {
				columns = append(columns, nil)
			}
			columns[d] = append(columns[d], v)
		}
	}
	for _, v := range columns {
		slices.Sort(v)
		c.features = append(c.features, feature{v[featureTail], v[featureSample-1-featureTail]})
		c.ranges = append(c.ranges, featureSteps)
		c.group = append(c.group, len(c.sizes))
		c.sizes = append(c.sizes, 1)
	}
	c.of = features
}

// step returns where a number lies, from 0 to featureSteps. It panics if the number is not
// finite, for nothing could be compared with it.
func (f feature) step(v float64) uint8 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		panic(fmt.Sprintf("controller: a feature is %v, want a finite number", v))
	}
	if f.high == f.low {
		return 0
	}
	return uint8(math.Round(featureSteps * min(1, max(0, (v-f.low)/(f.high-f.low)))))
}
