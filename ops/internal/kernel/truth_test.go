package kernel

import (
	"math"
	"math/rand/v2"
)

// eachRow calls f for the products of each output pixel, tap inside the map and
// output channel: n products of dy[y] or y[y] with x[x], x[x+1] and so on, and
// w[w], w[w+step] and so on.
func eachRow(c Conv, f func(y, x, w, n, step int)) {
	oh, ow, in, out := c.OutH(), c.OutW(), c.InC/c.G, c.OutC/c.G
	step := 0
	if in > 1 {
		step = weightIndex(c, 0, 1, 0, 0) - weightIndex(c, 0, 0, 0, 0)
	}
	for k := range c.KH * c.KW {
		ky, kx := k/c.KW, k%c.KW
		for o := range c.OutC {
			w := weightIndex(c, o, 0, ky, kx)
			for p := range c.N * oh * ow {
				iy, ix := p/ow%oh*c.S-c.PadH+ky*c.Dil, p%ow*c.S-c.PadW+kx*c.Dil
				if iy >= 0 && iy < c.H && ix >= 0 && ix < c.W {
					f(p*c.OutC+o, ((p/(oh*ow)*c.H+iy)*c.W+ix)*c.InC+o/out*in, w, in, step)
				}
			}
		}
	}
}

// truth holds the three passes of a convolution in float64.
type truth struct{ y, dx, dw expected }

func newTruth(c Conv, x, w, dy []float32) truth {
	t := truth{newExpected(len(dy)), newExpected(len(x)), newExpected(len(w))}
	eachRow(c, func(yi, xi, wi, n, step int) {
		d := float64(dy[yi])
		var sum, abs float64
		for i := xi; i < xi+n; i++ {
			x, w := float64(x[i]), float64(w[wi])
			sum += x * w
			abs += math.Abs(x * w)
			t.dx.add(i, d*w)
			t.dw.add(wi, d*x)
			wi += step
		}
		t.y.sum[yi] += sum
		t.y.abs[yi] += abs
	})
	return t
}

// off returns the worst error of got, which is e added to before, in units of
// the sum of absolute terms: of the element's, or with level of the largest one.
// before may be nil.
func (e expected) off(got, before []float32, level bool) float64 {
	var worst, most float64
	for i, v := range got {
		sum, abs := e.sum[i], e.abs[i]
		if before != nil {
			sum, abs = sum+float64(before[i]), abs+math.Abs(float64(before[i]))
		}
		d := math.Abs(float64(v) - sum)
		most = max(most, abs)
		if !level {
			d /= abs + 1e-30
		}
		worst = max(worst, d)
		if d != d {
			return math.Inf(1)
		}
	}
	if level {
		worst /= most + 1e-30
	}
	return worst
}

// placed returns n values that begin shift floats after the start of a cache
// line, between two runs of NaN, and a function that reports whether those runs
// are as they were.
func placed(shift, n int, fill func() float32) (s []float32, intact func() bool) {
	const guard = 2 * lineFloats
	if fenced != nil {
		return amongNaN(fenced(n), n, fill)
	}
	return amongNaN(room{aligned(nil, shift+n+2*guard), guard + shift}, n, fill)
}

// trial is a convolution with operands and results at any offset from a cache
// line, and what its passes must give.
type trial struct {
	c          Conv
	x, w, dy   []float32
	bias       []float32
	y, dx, dw  []float32
	before, w0 []float32     // what is added to y or dx, and to dw
	intact     []func() bool // the guards of all slices
	want       truth
	window     []bool // which places of the stored weight are the window's
}

func newTrial(c Conv, r *rand.Rand) *trial {
	k := &trial{c: c}
	place := func(n int, fill func() float32) []float32 {
		s, intact := placed(r.IntN(lineFloats), n, fill)
		k.intact = append(k.intact, intact)
		return s
	}
	zero := func() float32 { return 0 }
	nx, ny := c.N*c.H*c.W*c.InC, c.N*c.OutH()*c.OutW()*c.OutC
	k.x, k.dy = place(nx, uniform(r)), place(ny, uniform(r))
	k.bias = place(c.OutC, uniform(r))
	stored, _ := storedWeight(c, r)
	k.w = place(len(stored), zero)
	copy(k.w, stored)
	k.y, k.dx, k.dw = place(ny, zero), place(nx, zero), place(len(k.w), zero)
	k.w0, _ = guarded(len(k.w), uniform(r))
	k.want = newTruth(c, k.x, k.w, k.dy)
	k.window = make([]bool, len(k.w))
	each(c, func(o, i, ky, kx int) { k.window[weightIndex(c, o, i, ky, kx)] = true })
	return k
}

// winogradOf returns the form of Winograd's algorithm by which e runs a pass of c,
// nil for none.
func winogradOf(e *Engine, c Conv, pass int) *winoForm {
	t := e.Set.tiles
	if t == nil {
		return nil
	}
	switch r := c.forward(nil); pass {
	case plainBackData:
		r = c.backData(0, 0, nil)
		return t.winograd(&r)
	case plainBackWeights:
		return t.winogradWeights(&r)
	default:
		return t.winograd(&r)
	}
}

// The bounds of a pass's error, two to three times what the walks meet: of the
// element's scale for direct sums, of the largest scale for Winograd's, whose
// transforms cancel terms of all pixels of a tile.
const (
	directBound    = 1e-6
	winoBound      = 6e-6
	winoGradsBound = 2e-5
)

// run computes all passes of the trial with e and compares them with the truth.
// Passes that add start from what the one before left.
func (k *trial) run(t fatal, e *Engine) {
	c := k.c
	full := c.withDefaults(k.x, k.w, k.dy)
	check := func(pass string, got []float32, want expected, before []float32, bound float64) {
		if d := want.off(got, before, bound != directBound); d > bound {
			t.Fatalf("%s %s of %+v: error %.3g of the scale", e.Set.Name, pass, c, d)
		}
	}
	bound, grads := directBound, directBound
	if winogradOf(e, full, plainForward) != nil {
		bound = winoBound
	}
	wino := winogradOf(e, full, plainBackWeights) != nil
	if wino {
		grads = winoGradsBound
	}
	fillNaN(k.y)
	e.Forward(c, k.x, k.w, k.y, Epilogue{Bias: k.bias}, Fusion{})
	k.before = grown(k.before, len(k.y))
	Repeat(k.before, k.bias)
	check("forward with bias", k.y, k.want.y, k.before, bound)
	fillNaN(k.y)
	e.Forward(c, k.x, k.w, k.y, Epilogue{}, Fusion{})
	check("forward", k.y, k.want.y, nil, bound)
	k.before = append(k.before[:0], k.y...)
	e.ForwardAdd(c, k.x, k.w, k.y, nil, Fusion{})
	check("forward, added", k.y, k.want.y, k.before, bound)
	copy(k.dw, k.w0)
	e.BackwardWeights(c, k.x, k.dy, k.dw, Fusion{})
	check("backward weights", k.dw, k.want.dw, k.w0, grads)
	k.checkIdlePlaces(t, e, wino)
	bound = directBound
	if winogradOf(e, full, plainBackData) != nil {
		bound = winoBound
	}
	fillNaN(k.dx)
	e.BackwardData(c, k.dy, k.w, k.dx, false, Fusion{})
	check("backward data", k.dx, k.want.dx, nil, bound)
	k.before = append(k.before[:0], k.dx...)
	e.BackwardData(c, k.dy, k.w, k.dx, true, Fusion{})
	check("backward data, added", k.dx, k.want.dx, k.before, bound)
	for _, ok := range k.intact {
		if !ok() {
			t.Fatalf("%s of %+v: a slice was written beyond its ends", e.Set.Name, c)
		}
	}
}

// checkIdlePlaces fails where the weight gradient changed a place to which no
// product belongs. By Winograd's algorithm a tap that meets only padding gets a
// sum that merely rounds to nothing; places outside the window keep their bits.
func (k *trial) checkIdlePlaces(t fatal, e *Engine, wino bool) {
	for i, v := range k.dw {
		if k.want.dw.abs[i] == 0 && (!wino || !k.window[i]) && v != k.w0[i] {
			t.Fatalf("%s backward weights of %+v: place %d, which nothing adds to, changed", e.Set.Name, k.c, i)
		}
	}
}

func fillNaN(s []float32) {
	for i := range s {
		s[i] = float32(math.NaN())
	}
}
