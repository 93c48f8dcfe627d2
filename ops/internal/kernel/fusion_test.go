package kernel

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// recordedEpilogue records the floats that it is applied to, and what they hold by then.
type recordedEpilogue struct {
	mu     sync.Mutex
	y      []float32
	seen   []float32
	times  []int
	pixel  int // floats
	broken bool
}

func newRecordedEpilogue(y []float32, pixel int) *recordedEpilogue {
	return &recordedEpilogue{y: y, seen: make([]float32, len(y)), times: make([]int, len(y)), pixel: pixel}
}

func (l *recordedEpilogue) ApplyEpilogue(lo, hi, _ int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = l.broken || lo%l.pixel != 0 || hi%l.pixel != 0
	copy(l.seen[lo:hi], l.y[lo:hi])
	for i := lo; i < hi; i++ {
		l.times[i]++
	}
}

// check fails if the epilogue was applied to a float twice or too early, and returns the
// share of y that it was applied to.
func (l *recordedEpilogue) check(t *testing.T) float64 {
	t.Helper()
	seen := 0
	for i, n := range l.times {
		if n > 1 || l.broken {
			t.Fatalf("the epilogue was applied %d times to float %d of the output; parts of pixels: %v", n, i, l.broken)
		}
		if n == 1 && l.seen[i] != l.y[i] {
			t.Fatalf("float %d of the output held %v in the epilogue, and %v in the end", i, l.seen[i], l.y[i])
		}
		seen += n
	}
	return float64(seen) / float64(len(l.times))
}

// fusedPasses are passes of all kinds, and which of them complete all pixels in chunks.
var fusedPasses = []struct {
	name          string
	c             Conv
	grain         int  // rows
	forward, back bool // the epilogue is applied to all
}{
	{"pointwise", Conv{N: 24, H: 12, W: 10, InC: 24, OutC: 70, KH: 1, KW: 1, S: 1, Dil: 1, G: 1}, 4, true, true},
	{"dense 3x3 of stride 2", Conv{N: 24, H: 12, W: 10, InC: 24, OutC: 40, KH: 3, KW: 3, S: 2, PadH: 1, PadW: 1, Dil: 1, G: 1}, 3, true, false},
	{"Winograd", Conv{N: 24, H: 14, W: 10, InC: 24, OutC: 40, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1}, 8, true, true},
	{"large Winograd", Conv{N: 2, H: 40, W: 40, InC: 24, OutC: 40, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1}, 8, true, true},
	{"first", Conv{N: 24, H: 32, W: 32, InC: 3, OutC: 16, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1}, 32, true, true},
	{"groups", Conv{N: 24, H: 8, W: 8, InC: 32, OutC: 64, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 2}, 8, true, true},
	{"depthwise", Conv{N: 24, H: 28, W: 28, InC: 40, OutC: 40, KH: 5, KW: 5, S: 1, PadH: 2, PadW: 2, Dil: 1, G: 40}, 8, true, true},
	{"depthwise of stride 2", Conv{N: 24, H: 28, W: 28, InC: 40, OutC: 40, KH: 3, KW: 3, S: 2, PadH: 1, PadW: 1, Dil: 1, G: 40}, 14, true, true},
	{"depthwise by channels", Conv{N: 2, H: 14, W: 14, InC: 256, OutC: 256, KH: 5, KW: 5, S: 1, PadH: 2, PadW: 2, Dil: 1, G: 256}, 14, false, false},
	{"pointwise by channels", Conv{N: 2, H: 6, W: 6, InC: 512, OutC: 512, KH: 1, KW: 1, S: 1, Dil: 1, G: 1}, 6, false, false},
	{"Winograd by channels", Conv{N: 1, H: 8, W: 8, InC: 200, OutC: 200, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1}, 8, false, false},
	{"gathered", Conv{N: 24, H: 9, W: 9, InC: 40, OutC: 40, KH: 3, KW: 3, S: 3, PadH: 1, PadW: 1, Dil: 1, G: 40}, 3, false, false},
}

// TestChunkEpilogues compares what epilogues see with the output of passes, for several
// numbers of workers, and fails where a pass that can apply its epilogue to all does not.
func TestChunkEpilogues(t *testing.T) {
	for _, s := range Available() {
		for _, k := range fusedPasses {
			for _, workers := range []int{1, 2, 3} {
				t.Run(s.Name+"/"+k.name, func(t *testing.T) { checkChunkEpilogue(t, s, workers, k.c, k.grain, k.forward, k.back) })
			}
		}
	}
}

func checkChunkEpilogue(t *testing.T, s *Set, workers int, c Conv, grain int, forward, back bool) {
	c, random, e := fusedPass(t, s, workers, c)
	in, out := c.N*c.H*c.W*c.InC, c.N*c.OutH()*c.OutW()*c.OutC
	x, y, w := random(in), random(out), random(weightLen(c))
	tiles := s.tiles != nil

	l := newRecordedEpilogue(y, c.OutC)
	fused := Fusion{After: l, Grain: Grain{grain * c.OutW(), c.OutH() * c.OutW()}}
	e.Forward(c, x, w, y, Epilogue{Act: HardSwish}, fused)
	if share := l.check(t); share < 1 && forward && tiles {
		t.Errorf("%d workers: forward applied its epilogue to %.2f of its output", workers, share)
	}
	unfused := random(out)
	e.Forward(c, x, w, unfused, Epilogue{Act: HardSwish}, Fusion{})
	if !slices.Equal(unfused, y) {
		t.Errorf("%d workers: forward has other bits with a chunk epilogue", workers)
	}

	dx := random(in)
	once := slices.Clone(dx)
	l = newRecordedEpilogue(dx, c.InC)
	fused = Fusion{After: l, Grain: Grain{grain * c.S * c.W, c.H * c.W}}
	e.BackwardData(c, y, w, dx, true, fused)
	if share := l.check(t); share < 1 && back && tiles {
		t.Errorf("%d workers: backward data applied its epilogue to %.2f of its output", workers, share)
	}
	e.BackwardData(c, y, w, once, true, Fusion{})
	if !slices.Equal(once, dx) {
		t.Errorf("%d workers: backward data has other bits with a chunk epilogue", workers)
	}
}

// fusedPass returns c complete, a source of random floats and an engine.
func fusedPass(t *testing.T, s *Set, workers int, c Conv) (complete Conv, random func(n int) []float32, e *Engine) {
	c.WInC, c.WKH, c.WKW = c.InC, c.KH, c.KW
	if c.G == c.OutC {
		c.WC = c.OutC
	}
	r := rand.New(rand.NewPCG(1, uint64(workers)))
	p := NewPool(workers)
	t.Cleanup(p.Close)
	return c, func(n int) []float32 {
		f := Floats(n)
		for i := range f {
			f[i] = r.Float32() - 0.5
		}
		return f
	}, NewEngine(s, p)
}
