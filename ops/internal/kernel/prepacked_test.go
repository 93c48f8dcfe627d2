package kernel

import (
	"slices"
	"sync"
	"testing"
)

// TestPrepacked runs windows of weights that do not change in turns, each with the layout
// that the one before has left, and on several engines at once, and compares the bits with
// those of weights that are not prepacked.
func TestPrepacked(t *testing.T) {
	depthwise := Conv{N: 2, H: 9, W: 8, InC: 40, OutC: 40, KH: 5, KW: 5, S: 1, PadH: 2, PadW: 2, G: 40, WC: 48, WKH: 7, WKW: 7}
	smaller, other := depthwise, depthwise
	smaller.InC, smaller.OutC, smaller.G = 23, 23, 23
	other.KH, other.KW, other.PadH, other.PadW = 3, 3, 1, 1
	dense := Conv{N: 2, H: 9, W: 8, InC: 24, OutC: 40, KH: 5, KW: 5, S: 1, PadH: 2, PadW: 2, G: 1, WInC: 30, WKH: 5, WKW: 5}
	centre, fewer := dense, dense
	centre.KH, centre.KW, centre.PadH, centre.PadW = 3, 3, 1, 1
	fewer.InC, fewer.OutC = 20, 33
	strided := depthwise
	strided.S, strided.H = 2, 10
	for _, s := range Available() {
		for name, windows := range map[string][]Conv{"depthwise": {depthwise, smaller, other, strided, depthwise, depthwise}, "dense": {dense, centre, fewer, dense, dense}} {
			t.Run(s.Name+"/"+name, func(t *testing.T) {
				var prepacked Prepacked
				_, random, e := fusedPass(t, s, 1, windows[0])
				x, w := random(2*10*8*64), random(weightLen(windows[0]))
				want := make([][]float32, len(windows))
				for i, c := range windows {
					want[i] = make([]float32, c.N*c.OutH()*c.OutW()*c.OutC)
					e.Forward(c, x, w, want[i], Epilogue{}, Fusion{})
				}
				var all sync.WaitGroup
				for range 3 {
					all.Go(func() {
						p := NewPool(2)
						defer p.Close()
						e := NewEngine(s, p)
						for i, c := range windows {
							y := make([]float32, len(want[i]))
							e.Forward(c, x, w, y, Epilogue{Prepacked: &prepacked}, Fusion{})
							if !slices.Equal(y, want[i]) {
								t.Errorf("window %d: other bits when its weight is prepacked", i)
							}
						}
					})
				}
				all.Wait()
			})
		}
	}
}
