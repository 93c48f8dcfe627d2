package predictor

import (
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// wide draws examples of the size that a search fits: 400 networks of 22
// decisions with 6 choices, 132 features.
func wide(n int) ([]space.Arch, []float64, Inputs) {
	r := stream(1, forChains, 0)
	archs, y := make([]space.Arch, n), make([]float64, n)
	for i := range archs {
		genes := make([]uint8, 22)
		for g := range genes {
			genes[g] = uint8(r.IntN(6))
			y[i] += float64(genes[g]) * float64(g%3)
		}
		y[i] += float64(genes[0]*genes[1]) + r.NormFloat64()
		archs[i] = space.NewArch(genes)
	}
	return archs, y, Inputs{Features: oneHot(6)}
}

func BenchmarkFit400x132(b *testing.B) {
	archs, y, in := wide(400)
	for _, name := range []string{"fm", "ridge"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				fitted(b, name, in, Options{}, archs, y)
			}
		})
	}
}

func BenchmarkPredict10000(b *testing.B) {
	archs, y, in := wide(400)
	fresh, _, _ := wide(10000)
	for _, name := range []string{"fm", "ridge"} {
		p := fitted(b, name, in, Options{}, archs, y)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p.Predict(fresh)
			}
		})
	}
}

func BenchmarkKendall1000(b *testing.B) {
	_, y, _ := wide(1000)
	z := append(y[500:], y[:500]...)
	for b.Loop() {
		Kendall(y, z)
	}
}
