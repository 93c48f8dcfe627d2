// Package allocs counts allocations for tests: PerRun is the least of several counts of
// testing.AllocsPerRun. It imports the standard library only.
package allocs

import "testing"

// tries is how often a count is repeated.
const tries = 3

// PerRun returns the average number of allocations of f, the least of some counts
// of testing.AllocsPerRun over runs calls each: what f allocates is in all of them,
// what the runtime allocates meanwhile, when the collector starts, say, is not.
func PerRun(runs int, f func()) float64 {
	least := testing.AllocsPerRun(runs, f)
	for i := 1; i < tries && least > 0; i++ {
		least = min(least, testing.AllocsPerRun(runs, f))
	}
	return least
}
