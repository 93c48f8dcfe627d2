package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestLargeMaps runs the passes whose tiles fetch ahead on maps large enough:
// images have the bits that they have alone, and weight gradients are those of
// plain loops.
func TestLargeMaps(t *testing.T) {
	depthwise := func(size, k, s int) Conv {
		return Conv{N: 8, H: size, W: size, InC: 88, OutC: 88, KH: k, KW: k, S: s, PadH: k / 2, PadW: k / 2, G: 88, WC: 88}
	}
	cases := map[string]Conv{
		"depthwise 3x3":           depthwise(40, 3, 1),
		"depthwise 5x5, stride 2": depthwise(56, 5, 2),
		"depthwise 7x7, narrow":   {N: 450, H: 8, W: 8, InC: 40, OutC: 40, KH: 7, KW: 7, S: 1, PadH: 3, PadW: 3, G: 40, WC: 40},
		"pointwise":               {N: 8, H: 40, W: 40, InC: 40, OutC: 130, KH: 1, KW: 1, S: 1},
		"pointwise, stride 2":     {N: 8, H: 64, W: 64, InC: 70, OutC: 33, KH: 1, KW: 1, S: 2},
	}
	plain := NewEngine(plainSet(), NewPool(1))
	for name, c := range cases {
		c.G, c.Dil = max(c.G, 1), 1
		x, w, dy := operands(c, rand.New(rand.NewPCG(51, 52)))
		if n := 4 * (len(x) + len(dy)); n <= largeBytes {
			t.Fatalf("%s: maps of %d bytes, want more than %d", name, n, largeBytes)
		}
		wantDW := make([]float32, len(w))
		plain.BackwardWeights(c, x, dy, wantDW, Fusion{})
		for _, s := range sets() {
			for workers := 1; s.tiles != nil && workers <= 2; workers++ {
				p := NewPool(workers)
				e := NewEngine(s, p)
				y, dx, dw := make([]float32, len(dy)), make([]float32, len(x)), make([]float32, len(w))
				e.Forward(c, x, w, y, Epilogue{}, Fusion{})
				e.BackwardData(c, dy, w, dx, false, Fusion{})
				e.BackwardWeights(c, x, dy, dw, Fusion{})
				one := c
				one.N = 1
				for img := range c.N {
					in, out := len(x)/c.N, len(dy)/c.N
					wantY, wantDX := make([]float32, out), make([]float32, in)
					e.Forward(one, x[img*in:][:in], w, wantY, Epilogue{}, Fusion{})
					e.BackwardData(one, dy[img*out:][:out], w, wantDX, false, Fusion{})
					sameFloats(t, name+", forward", y[img*out:][:out], wantY)
					sameFloats(t, name+", backward data", dx[img*in:][:in], wantDX)
				}
				for i, v := range dw {
					if d := math.Abs(float64(v - wantDW[i])); d > 1e-3*math.Sqrt(float64(len(dy)/c.OutC)) {
						t.Fatalf("%s, %s: gradient %d is %v, want %v", name, s.Name, i, v, wantDW[i])
					}
				}
				p.Close()
			}
		}
	}
}

// sameFloats fails unless got has the bits of want.
func sameFloats(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i, v := range got {
		if math.Float32bits(v) != math.Float32bits(want[i]) {
			t.Fatalf("%s: result %d is %v, want %v", what, i, v, want[i])
		}
	}
}

// TestFetchesWhatComesNext follows the units of a worker.
func TestFetchesWhatComesNext(t *testing.T) {
	memory := make([]float32, 6*64)
	units := func(i int) unitMaps { return unitMaps{memory[i*64:][:48], memory[i*64+48:][:16]} }
	var f fetcher
	var asked []int
	of := func(i int) unitMaps {
		asked = append(asked, i)
		return units(i)
	}
	a := f.fetch(2, 3, 2, byLines, of)
	if want := (ahead{{start(memory[192:]), 2}, {start(memory[240:]), 1}}); a != want {
		t.Errorf("streams %v, want %v", a, want)
	}
	a = f.fetch(3, 4, 24, byBytes, of)
	if want := (ahead{{start(memory[256:]), 8}, {start(memory[304:]), 3}}); a != want {
		t.Errorf("streams %v, want %v", a, want)
	}
	if a = f.fetch(4, 4, 1, byLines, of); a != (ahead{}) {
		t.Errorf("streams %v after the last unit, want none", a)
	}
	f.fetch(0, 1, 1, byLines, of)
	for i, want := range []int{2, 3, 4, 0, 1} { // 2 and 0 were not on their way
		if i >= len(asked) || asked[i] != want {
			t.Fatalf("asked for units %v, want 2 3 4 0 1", asked)
		}
	}
}
