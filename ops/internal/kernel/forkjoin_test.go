package kernel

import (
	"testing"
	"time"
)

// TestForkJoinCost checks that the cost of fork and join is measured, kept for a
// while, and measured again.
func TestForkJoinCost(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	if p.Workers() < 2 {
		t.Skip("one worker neither forks nor joins")
	}
	first := p.ForkJoinCost()
	if first <= 0 || first > 100*time.Millisecond {
		t.Fatalf("fork and join take %v", first)
	}
	at := p.forkJoin.at
	if again := p.ForkJoinCost(); again != first || p.forkJoin.at != at {
		t.Errorf("a second call measured again")
	}
	p.forkJoin.at = at.Add(-2 * forkJoinAge)
	for range forkJoinAsked {
		p.ForkJoinCost()
	}
	if !p.forkJoin.at.After(at) {
		t.Errorf("an old measurement was not repeated")
	}
	for i, buffer := range p.forkJoin.exchange.buffers {
		if buffer.sum == 0 {
			t.Errorf("buffer %d was not read", i)
		}
	}
}

func TestPowerBelow(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{0: 1, 1: 1, 2: 2, 5: 4, 1000: 512, 1024: 1024, 3300: 2048} {
		if got := powerBelow(d); got != want {
			t.Errorf("power of two below %d is %d, want %d", d, got, want)
		}
	}
}
