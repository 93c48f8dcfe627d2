package supernet

import (
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/internal/allocs"
)

// TestSlicesChangeNothing compares the logits of batches that go through networks in
// slices with those of the same images one by one, and counts allocations.
func TestSlicesChangeNothing(t *testing.T) {
	c := smallChain(t)
	networks := map[string]*Network{}
	for seed := range uint64(4) {
		a := c.Space().Random(newRand(seed))
		n, err := NewNetwork(c.Plan(a), seed)
		if err != nil {
			t.Fatal(err)
		}
		name := c.Space().Format(a)
		networks[name], networks[name+", folded"] = n, n.Fold()
	}
	for name, w := range networks {
		h, wd, c := w.Input()
		size := h * wd * c
		pixels := make([]float32, 41*size)
		for i := range pixels {
			pixels[i] = float32(i*7%23)/11 - 1
		}
		for _, workers := range []int{1, 2} {
			e := exec(t, workers)
			var want []float32
			for i := range 41 {
				e.Begin(false)
				want = append(want, w.Forward(e, e.Input(1, h, wd, c, pixels[i*size:(i+1)*size])).Data...)
			}
			for _, n := range []int{8, 13, 41} {
				run := func() []float32 {
					e.Begin(false)
					return w.Forward(e, e.Input(n, h, wd, c, pixels[:n*size])).Data
				}
				if got := run(); !slices.Equal(got, want[:len(got)]) || len(got) != len(want)/41*n {
					t.Errorf("%s, %d workers: logits of %d images differ from those of single images", name, workers, n)
				}
				run() // finds its memory in one piece
				if a := allocs.PerRun(3, func() { run() }); a != 0 {
					t.Errorf("%s, %d workers: %v allocations for %d images", name, workers, a, n)
				}
			}
		}
	}
}
