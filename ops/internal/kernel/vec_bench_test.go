package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkVec times the loops of every set on runs that fit the second-level
// cache and on ones that do not, in bytes of runs read and written.
func BenchmarkVec(b *testing.B) {
	for _, n := range []int{1 << 15, 64 * 28 * 28 * 16} {
		for _, c := range []int{16, 40, 96} {
			for i, call := range vecCalls(n, Period(c), true) {
				for _, s := range Available() {
					b.Run(fmt.Sprintf("%s/floats=%d,channels=%d/%s", call.name, n, c, s.Name), func(b *testing.B) {
						benchVec(b, s.Vec(), vecCalls(n, Period(c), true)[i], n)
					})
				}
			}
		}
	}
}

func benchVec(b *testing.B, v *Vec, c vecCall, n int) {
	r := rand.New(rand.NewPCG(1, 1))
	var s [][]float32
	runs := 0
	for _, size := range c.sizes {
		s = append(s, newVecSlice(r, size).part)
		if size == n {
			runs++
		}
	}
	b.SetBytes(int64(4 * n * runs))
	for b.Loop() {
		c.run(v, s)
	}
}
