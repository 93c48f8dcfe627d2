package kernel

import (
	"testing"
	"time"
)

// TestHandOver checks that the cost of sharing a task is measured, kept for a
// while, and measured again.
func TestHandOver(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	if p.Workers() < 2 {
		t.Skip("one worker hands nothing over")
	}
	first := p.HandOver()
	if first <= 0 || first > 100*time.Millisecond {
		t.Fatalf("a hand-over takes %v", first)
	}
	at := p.handOver.at
	if again := p.HandOver(); again != first || p.handOver.at != at {
		t.Errorf("a second question was answered by a new measurement")
	}
	p.handOver.at = at.Add(-2 * handOverAge)
	for range handOverAsked {
		p.HandOver()
	}
	if !p.handOver.at.After(at) {
		t.Errorf("an old measurement was not repeated")
	}
	for i, piece := range p.handOver.exchange.pieces {
		if piece.sum == 0 {
			t.Errorf("worker %d was handed nothing", i)
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
