package allocs

import "testing"

var sink *int

// TestPerRun counts a function that allocates always, and one that did once.
func TestPerRun(t *testing.T) {
	if n := PerRun(4, func() { sink = new(int) }); n != 1 {
		t.Errorf("%v allocations of a function that allocates once a call", n)
	}
	calls := 0
	if n := PerRun(1, func() {
		if calls++; calls == 2 {
			sink = new(int)
		}
	}); n != 0 {
		t.Errorf("%v allocations of a function that allocated in its second call only", n)
	}
}
