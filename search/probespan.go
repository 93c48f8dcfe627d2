package search

import (
	"time"

	"github.com/espalier-nas/espalier/search/config"
)

const (
	// probeShare of the budget may go into measuring latencies.
	probeShare = 0.06
	// leastProbe is the least time for them: less leaves too few networks to
	// correct and to check the sums of layers.
	leastProbe = 1500 * time.Millisecond
)

// probeSpan returns how long a search may measure latencies; 0, as long as it
// takes, where steps or epochs bound the search instead of a budget.
func probeSpan(c config.Config) time.Duration {
	if c.Train.Steps > 0 || c.Train.Epochs > 0 || c.Budget <= 0 {
		return 0
	}
	return max(leastProbe, time.Duration(probeShare*float64(c.Budget)))
}
