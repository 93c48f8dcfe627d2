package ops

import "testing"

// TestProbeWalksOverAllItsMemory follows the walks of one worker: every float is
// visited, the same run of all operands, and every byte is counted once.
func TestProbeWalksOverAllItsMemory(t *testing.T) {
	for _, n := range []int{768, 48 * 768, 3 * probeFloats / 768 * 768} {
		for operands := 1; operands <= 3; operands++ {
			var w walk
			seen, bytes, left := make([]int, n), 0, n
			for left > 0 {
				x, passes := w.next(n, operands)
				if passes < 1 || passes > 1 && len(x[0]) != n/operands {
					t.Fatalf("%d floats, %d operands: %d passes over %d floats", n, operands, passes, len(x[0]))
				}
				for _, run := range x[:operands] {
					bytes += 4 * passes * len(run)
					left -= len(run)
					for i := range run {
						seen[cap(w.x)-cap(run)+i]++
					}
				}
				if w.done != bytes {
					t.Fatalf("%d floats, %d operands: %d bytes counted; want %d", n, operands, w.done, bytes)
				}
			}
			for i, times := range seen {
				if times != 1 {
					t.Fatalf("%d floats, %d operands: float %d is visited %d times in a round", n, operands, i, times)
				}
			}
		}
	}
}

// TestProbeComputes checks what the loops leave behind and what they report, for
// every number of workers that the machine allows up to 3.
func TestProbeComputes(t *testing.T) {
	for workers := 1; workers <= 3; workers++ {
		e, err := NewExec(Config{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		p := NewProbe(e, 100_000)
		if b := p.Bytes(); b > 100_000 || b < 97_000 {
			t.Errorf("walks over %d bytes; want just under 100000", b)
		}
		third := p.Bytes() / 12
		least := probeShares * e.Workers() * probeFloats * 4 * 9 / 10
		if got := p.Triad(); got < least {
			t.Errorf("%d workers: a triad moves %d bytes; want at least %d", workers, got, least)
		}
		for i := range p.walks {
			for j, v := range p.walks[i].x {
				if want := 1 + 0.5*float32(j/(2*third)); v != want {
					t.Fatalf("%d workers: float %d after a triad is %v; want %v", workers, j, v, want)
				}
			}
		}
		if got := p.Copy(); got < least {
			t.Errorf("%d workers: a copy moves %d bytes; want at least %d", workers, got, least)
		}
		if got := p.Read(); got < least || p.walks[0].sums == [len(p.walks[0].sums)]float32{} {
			t.Errorf("%d workers: read %d bytes; want at least %d and a sum", workers, got, least)
		}
		if got, once := p.PeakLoop(), e.eng.Set.PeakLoop(1); got != probeShares*e.Workers()*probeRounds*once {
			t.Errorf("%d workers: %d operations; want %d", workers, got, probeShares*e.Workers()*probeRounds*once)
		}
	}
}
