package search

import (
	"fmt"
	"math"
	"testing"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// BenchmarkSearchFits times what fitPower and comparedFits stand for: fits of the default predictor by examples, and
// the cross-validation of all models, in some spaces.
func BenchmarkSearchFits(b *testing.B) {
	name := config.Default().Predictor.Model
	for _, preset := range []string{"chain", "resnet", "ofa", "cell", "nb201"} {
		f, err := families.Open(preset, space.Input{H: 28, W: 28, C: 1, Classes: 10})
		if err != nil {
			b.Fatal(err)
		}
		in, o := predictor.FamilyInputs(f), predictor.Options{Seed: 1}
		rng := stream.New(1, "benchmark of fits")
		archs, y := make([]space.Arch, 192), make([]float64, 192)
		for i := range archs {
			archs[i] = f.Space().Random(rng)
			y[i] = math.Log(float64(f.Plan(archs[i]).FLOPs())) + rng.NormFloat64()
		}
		for _, n := range []int{leastSamples, 48, 96, 192} {
			b.Run(fmt.Sprintf("%s/%d", preset, n), func(b *testing.B) {
				for b.Loop() {
					m, err := predictor.New(name, in, o)
					if err != nil {
						b.Fatal(err)
					}
					if err := m.Fit(archs[:n], y[:n]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		for _, n := range []int{leastSamples, 96} {
			b.Run(fmt.Sprintf("%s/compare/%d", preset, n), func(b *testing.B) {
				models, err := predictor.Models(in, o, name)
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if _, err := predictor.Compare(models, archs[:n], y[:n], config.Default().Predictor.Folds, 1); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
