package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// vecSets returns the loops of every set of the machine but the plain one.
func vecSets() map[string]*Vec {
	sets := map[string]*Vec{}
	for _, s := range Available() {
		if v := s.Vec(); v != &goVec {
			sets[s.Name] = v
		}
	}
	return sets
}

// TestVecChosen fails when a set silently runs the plain loops.
func TestVecChosen(t *testing.T) {
	for _, s := range Available() {
		if (s.Vec() == &goVec) != (s.Name == "go") {
			t.Errorf("set %q runs the wrong loops", s.Name)
		}
	}
}

// vecSlice is a slice with guards around it.
type vecSlice struct {
	part   []float32
	intact func() bool
}

func newVecSlice(r *rand.Rand, n int) vecSlice {
	part, intact := guarded(n, func() float32 { return 8*r.Float32() - 4 })
	return vecSlice{part, intact}
}

// vecCall is one use of a loop on slices s, which the reference loop gets alike.
type vecCall struct {
	name  string
	exact bool // the same bits, not only close
	sizes []int
	run   func(v *Vec, s [][]float32)
}

// offKinks moves every x whose x*scale + shift lies where the derivative of an activation
// jumps, at -3, 0, 3 or 6: there rounding, in which sets may differ, decides about the
// whole gradient.
func offKinks(x, scale, shift []float32) {
	near := func(z float32) bool {
		for _, kink := range []float32{-3, 0, 3, 6} {
			if math.Abs(float64(z-kink)) < 1e-4 {
				return true
			}
		}
		return false
	}
	for i := range x {
		k := i % len(scale)
		for tries := 0; near(x[i]*scale[k]+shift[k]) && tries < 1000; tries++ {
			x[i] += 0.0625
		}
	}
}

// vecCalls lists every loop on runs of n floats with p channels' period.
func vecCalls(n, p int, add bool) []vecCall {
	calls := []vecCall{
		{name: "sums", sizes: []int{n, p}, run: func(v *Vec, s [][]float32) { v.Sums(s[0], s[1]) }},
		{name: "moments", sizes: []int{n, p, p, p}, run: func(v *Vec, s [][]float32) { v.Moments(s[0], s[1], s[2], s[3]) }},
		{name: "add", exact: true, sizes: []int{n, n, n}, run: func(v *Vec, s [][]float32) { v.Add(s[0], s[1], s[2]) }},
		{name: "axpy", sizes: []int{n, n}, run: func(v *Vec, s [][]float32) { v.Axpy(0.3, s[0], s[1]) }},
		{name: "broadcast", exact: true, sizes: []int{p, n}, run: func(v *Vec, s [][]float32) { v.Broadcast(s[0], s[1], add) }},
		{name: "sgd", exact: true, sizes: []int{n, n, n}, run: func(v *Vec, s [][]float32) {
			v.SGD(&SGDStep{Rate: 0.1, Momentum: 0.9, Decay: 0.01, Nesterov: add}, s[0], s[1], s[2])
		}},
		{name: "adam", exact: true, sizes: []int{n, n, n, n}, run: func(v *Vec, s [][]float32) {
			for i, x := range s[3] {
				s[3][i] = x * x
			}
			v.Adam(&AdamStep{Rate: 0.1, Beta1: 0.9, Beta2: 0.99, Eps: 1e-3, Root: 1.5, Decay: 0.01, Shrink: 0.99}, s[0], s[1], s[2], s[3])
		}},
	}
	for act := NoAct; act <= GELU; act++ {
		calls = append(calls,
			vecCall{name: fmt.Sprint("act", act), sizes: []int{n, n}, run: func(v *Vec, s [][]float32) { v.Activate(act, s[0], s[1]) }},
			vecCall{name: fmt.Sprint("actback", act), sizes: []int{n, n, n}, run: func(v *Vec, s [][]float32) { v.ActivateBack(act, s[0], s[1], s[2]) }},
			vecCall{name: fmt.Sprint("norm", act), sizes: []int{n, p, p, n}, run: func(v *Vec, s [][]float32) { v.Norm(act, s[0], s[1], s[2], s[3]) }},
			vecCall{name: fmt.Sprint("reduce", act), sizes: []int{n, n, p, p, p, p, p}, run: func(v *Vec, s [][]float32) {
				offKinks(s[0], s[2], s[3])
				v.NormReduce(act, s[0], s[1], s[2], s[3], s[4], s[5], s[6])
			}},
			vecCall{name: fmt.Sprint("apply", act), sizes: []int{n, n, p, p, p, p, p, n}, run: func(v *Vec, s [][]float32) {
				offKinks(s[0], s[2], s[3])
				v.NormApply(act, s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7])
			}},
		)
	}
	return calls
}

// TestVecReference compares the assembly loops with the reference loops for runs of any
// length, with guards around every slice.
func TestVecReference(t *testing.T) {
	for name, v := range vecSets() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				p := Period(rapid.IntRange(1, 70).Draw(t, "channels"))
				n := rapid.IntRange(1, 3*max(p, 1100)).Draw(t, "floats")
				calls := vecCalls(n, p, rapid.Bool().Draw(t, "add"))
				seed := rapid.Uint64().Draw(t, "seed")
				for _, c := range calls {
					want, got := c.with(&goVec, seed), c.with(v, seed)
					for i := range want {
						compareVec(t, fmt.Sprint(c.name, " slice ", i), got[i], want[i], c.exact)
					}
				}
			})
		})
	}
}

func (c *vecCall) with(v *Vec, seed uint64) []vecSlice {
	r := rand.New(rand.NewPCG(seed, 0))
	var all []vecSlice
	var s [][]float32
	for _, n := range c.sizes {
		g := newVecSlice(r, n)
		all, s = append(all, g), append(s, g.part)
	}
	c.run(v, s)
	return all
}

// fataler is a test or a property of one.
type fataler interface {
	Fatalf(format string, args ...any)
}

// vecTolerance bounds the difference of two orders of summing a few thousand
// terms, in units of the largest result.
const vecTolerance = 1e-5

func compareVec(t fataler, what string, got, want vecSlice, exact bool) {
	if !got.intact() {
		t.Fatalf("%s: wrote outside", what)
	}
	scale := 1.0
	for _, x := range want.part {
		scale = max(scale, math.Abs(float64(x)))
	}
	for i, x := range want.part {
		y := got.part[i]
		if exact && math.Float32bits(x) != math.Float32bits(y) || !(math.Abs(float64(x)-float64(y)) <= vecTolerance*scale) {
			t.Fatalf("%s: element %d of %d is %v; want %v", what, i, len(want.part), y, x)
		}
	}
}

// TestVecPools compares the pooling loops with the plain ones, ties included.
func TestVecPools(t *testing.T) {
	for name, v := range vecSets() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				taps := Taps{Pixels: rapid.IntRange(1, 9).Draw(t, "pixels"), Step: rapid.IntRange(0, 80).Draw(t, "step"), C: rapid.IntRange(1, 70).Draw(t, "c")}
				for range rapid.IntRange(1, 9).Draw(t, "taps") {
					taps.Off = append(taps.Off, int32(len(taps.Off)*taps.C+rapid.IntRange(0, 3).Draw(t, "gap")))
				}
				n := int(taps.Off[len(taps.Off)-1]) + (taps.Pixels-1)*taps.Step + taps.C + 9*3
				seed := rapid.Uint64().Draw(t, "seed")
				want, got := poolAll(&goVec, taps, n, seed), poolAll(v, taps, n, seed)
				for i := range want {
					compareVec(t, fmt.Sprint("slice ", i), got[i], want[i], false)
				}
			})
		})
	}
}

// poolAll runs the four pooling loops on inputs of few different values.
func poolAll(v *Vec, taps Taps, n int, seed uint64) []vecSlice {
	r := rand.New(rand.NewPCG(seed, 1))
	m := taps.Pixels * taps.C
	x, dx, ds := newVecSlice(r, n), newVecSlice(r, n), newVecSlice(r, n)
	y, mean, dy := newVecSlice(r, m), newVecSlice(r, m), newVecSlice(r, m)
	for i, f := range x.part {
		x.part[i] = float32(int(f))
	}
	v.Max(taps, x.part, y.part)
	v.MaxBack(taps, x.part, y.part, dy.part, dx.part)
	v.Mean(taps, 0.25, x.part, mean.part)
	v.MeanBack(taps, 0.25, dy.part, ds.part)
	return []vecSlice{x, dx, ds, y, mean, dy}
}

// TestVecActivationsRange follows every activation and slope over a wide range,
// and checks that NaN stays NaN.
func TestVecActivationsRange(t *testing.T) {
	var z []float32
	for v := float32(-100); v <= 100; v += 1. / 64 {
		z = append(z, v, v/64)
	}
	ones, y, dy := make([]float32, len(z)), make([]float32, len(z)), make([]float32, len(z))
	for i := range ones {
		ones[i] = 1
	}
	for name, v := range vecSets() {
		for act := NoAct; act <= GELU; act++ {
			tol := 4e-7
			if act == GELU { // the tail of a normal distribution times up to 5.6
				tol = 1e-6
			}
			v.Activate(act, z, y)
			v.ActivateBack(act, z, ones, dy)
			for i, x := range z {
				if w := act.At(x); math.Abs(float64(y[i]-w)) > tol*max(1, math.Abs(float64(w))) {
					t.Fatalf("%s: activation %d of %v is %v; want %v", name, act, x, y[i], w)
				}
				if w := slope(act, x); math.Abs(float64(dy[i]-w)) > 2e-6 {
					t.Fatalf("%s: slope of activation %d at %v is %v; want %v", name, act, x, dy[i], w)
				}
			}
			nan := []float32{float32(math.NaN())}
			if v.Activate(act, nan, nan); !math.IsNaN(float64(nan[0])) {
				t.Errorf("%s: activation %d of NaN is %v", name, act, nan[0])
			}
		}
	}
}
