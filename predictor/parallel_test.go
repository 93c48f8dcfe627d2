package predictor

import (
	"sync/atomic"
	"testing"
)

// A panic of one call is the caller's, who may recover from it; the others are made all the same.
func TestParallelPanicsInTheCaller(t *testing.T) {
	var calls atomic.Int32
	defer func() {
		if r := recover(); r != badFeatures || calls.Load() != 20 {
			t.Errorf("recovered %v after %d calls; want %q after 20", r, calls.Load(), badFeatures)
		}
	}()
	parallel(20, 3, func(i int) {
		calls.Add(1)
		if i%7 == 2 {
			panic(badFeatures)
		}
	})
	t.Error("no panic")
}
