package kernel

import (
	"cmp"
	"math/rand/v2"
	"strings"
	"testing"
)

// fuzzed returns the convolution that a fuzzer's numbers stand for, sound or not.
func fuzzed(n, h, w, in, out, kh, kw, s, padH, padW, dil, g, wider, more int8, depthwise bool) Conv {
	c := Conv{
		N: int(n) % 5, H: int(h) % 21, W: int(w) % 41, InC: int(in) % 71, OutC: int(out) % 71,
		KH: int(kh) % 10, KW: int(kw) % 10, S: int(s) % 5, PadH: int(padH) % 6, PadW: int(padW) % 6, Dil: int(dil) % 4, G: int(g) % 6,
	}
	c.WKH, c.WKW, c.WInC = c.KH+int(wider)%5, c.KW+int(wider)/5%5, c.InC+int(more)%20
	if depthwise {
		c.OutC, c.G, c.WInC, c.WC = c.InC, c.InC, c.InC, c.InC+int(more)%20
	}
	return c
}

// sound reports whether the sizes of c are those of a convolution and its weight's
// window, as the comments on Conv say.
func sound(c Conv) bool {
	for _, n := range []int{c.N, c.H, c.W, c.InC, c.OutC, c.KH, c.KW, c.S, c.Dil, c.G, c.PadH + 1, c.PadW + 1} {
		if n < 1 {
			return false
		}
	}
	fits := func(n, k, pad, stored int) bool { return c.Dil*(k-1)+1 <= n+2*pad && stored >= k && (stored-k)%2 == 0 }
	if !fits(c.H, c.KH, c.PadH, c.WKH) || !fits(c.W, c.KW, c.PadW, c.WKW) {
		return false
	}
	if c.WC > 0 {
		return c.G == c.InC && c.G == c.OutC && c.WC >= c.OutC
	}
	return c.InC%c.G == 0 && c.OutC%c.G == 0 && c.WInC >= c.InC && (c.G == 1 || c.WInC == c.InC)
}

// FuzzConv compares all passes of all sets with float64 loops for sound sizes, and
// wants a constant panic before anything is written for others.
func FuzzConv(f *testing.F) {
	for _, k := range append(cases, poisonCases()...) {
		c := k.c
		g := c.G
		if c.WC > 0 {
			g = 1
		}
		f.Add(int8(c.N), int8(c.H), int8(c.W), int8(c.InC), int8(c.OutC), int8(c.KH), int8(c.KW), int8(c.S), int8(c.PadH), int8(c.PadW), int8(c.Dil), int8(g),
			int8(max(c.WKH, c.KH)-c.KH+5*(max(c.WKW, c.KW)-c.KW)), int8(max(c.WInC, c.InC)-c.InC), c.WC > 0)
	}
	f.Add(int8(1), int8(3), int8(3), int8(4), int8(4), int8(5), int8(5), int8(1), int8(0), int8(0), int8(1), int8(1), int8(0), int8(0), false)
	f.Add(int8(1), int8(3), int8(3), int8(4), int8(4), int8(3), int8(3), int8(0), int8(0), int8(0), int8(1), int8(1), int8(0), int8(0), false)
	f.Add(int8(1), int8(3), int8(3), int8(4), int8(4), int8(3), int8(3), int8(1), int8(0), int8(0), int8(1), int8(3), int8(0), int8(0), false)
	f.Add(int8(1), int8(3), int8(3), int8(4), int8(4), int8(3), int8(3), int8(1), int8(0), int8(0), int8(1), int8(1), int8(1), int8(-1), false)
	p := NewPool(2)
	f.Cleanup(p.Close)
	var engines []*Engine
	for _, s := range sets() {
		engines = append(engines, NewEngine(s, p))
	}
	f.Fuzz(func(t *testing.T, n, h, w, in, out, kh, kw, s, padH, padW, dil, g, wider, more int8, depthwise bool) {
		c := fuzzed(n, h, w, in, out, kh, kw, s, padH, padW, dil, g, wider, more, depthwise)
		// What Conv takes zeros for.
		c.Dil, c.G, c.WInC = cmp.Or(c.Dil, 1), cmp.Or(c.G, 1), cmp.Or(c.WInC, c.InC)
		c.WKH, c.WKW = cmp.Or(c.WKH, c.KH), cmp.Or(c.WKW, c.KW)
		if c.WC == 0 && c.G > 1 && c.G == c.InC && c.G == c.OutC {
			c.WC = c.G
		}
		if !sound(c) {
			for _, e := range engines {
				refuses(t, e, c)
			}
			return
		}
		if c.FLOPs() > 1<<21 {
			t.Skip("too many products for a quick check")
		}
		trial := newTrial(c, rand.New(rand.NewPCG(61, 62)))
		for _, e := range engines {
			trial.run(t, e)
		}
	})
}

// refuses fails unless each pass of c panics with a constant text and leaves its
// result as it was.
func refuses(t *testing.T, e *Engine, c Conv) {
	const room = 1 << 17
	for _, pass := range []func(a, b, result []float32){
		func(a, b, result []float32) { e.Forward(c, a, b, result, Epilogue{}, Fusion{}) },
		func(a, b, result []float32) { e.BackwardData(c, a, b, result, false, Fusion{}) },
		func(a, b, result []float32) { e.BackwardWeights(c, a, b, result, Fusion{}) },
	} {
		a, b, result := make([]float32, room), make([]float32, room), make([]float32, room)
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "kernel: ") {
					t.Fatalf("%s accepts %+v, or panics with %q", e.Set.Name, c, text)
				}
			}()
			for i := range result {
				a[i], b[i], result[i] = 1, 1, 7
			}
			pass(a, b, result)
		}()
		for i, v := range result {
			if v != 7 {
				t.Fatalf("%s writes result %d of %+v before it refuses", e.Set.Name, i, c)
			}
		}
	}
}
