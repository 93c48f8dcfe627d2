package main

import (
	"math"
	"testing"
	"time"
)

func TestOthers(t *testing.T) {
	from, err := parseCoreTime("cpu  100 0 50 800 50 0 0 0 0 0")
	if err != nil {
		t.Fatal(err)
	}
	to, err := parseCoreTime("cpu  700 20 150 1000 80 10 20 20 9 9")
	if err != nil {
		t.Fatal(err)
	}
	// 1000 ticks on two cores in 5 s, 770 of them busy; ours took 6 of 10 s
	if got := others(from, to, 6*time.Second, 5*time.Second, 2); math.Abs(got-0.17) > 1e-12 {
		t.Errorf("others took %g, want 0.17", got)
	}
	if got := others(from, to, 9*time.Second, 5*time.Second, 2); got != 0 {
		t.Errorf("more of our own than all: others took %g, want 0", got)
	}
	for _, line := range []string{"", "cpu 1 2 3 4 5 6 7", "cpu0 1 2 3 4 5 6 7 8", "cpu 1 2 3 four 5 6 7 8"} {
		if _, err := parseCoreTime(line); err == nil {
			t.Errorf("%q was accepted", line)
		}
	}
}
