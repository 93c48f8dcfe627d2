package search

import (
	"testing"

	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// The predictor that searches use ranks first samples of real searches that it has not seen better
// than the plain model and than its low-rank part alone, or in a space where scores are sums of
// choices, as well: 64 samples to learn from, 32 to rank. Its intervals hold what they say, nearly.
func TestDefaultPredictorRanksRealRuns(t *testing.T) {
	const draws = 4
	for _, c := range []struct {
		preset, file string
		in           space.Input
		runs         []string
		gain         float64 // in tau over ridge and fm, on the mean of runs and draws
	}{
		{"chain", "three-runs.csv.gz", space.Input{H: 28, W: 28, C: 1, Classes: 10}, []string{"cut", "fashion", "cifar"}, 0.03},
		{"resnet", "resnet-run.csv.gz", space.Input{H: 32, W: 32, C: 3, Classes: 10}, []string{"resnet"}, -0.01},
	} {
		family, err := families.Open(c.preset, c.in)
		if err != nil {
			t.Fatal(err)
		}
		in := predictor.FamilyInputs(family).Remembering()
		kept := keptRuns(t, c.file, family.Space())
		tau, cover := make(map[string]float64), 0.0
		used := config.Default().Predictor.Model
		for _, name := range c.runs {
			run := kept[name]
			for draw := range draws {
				train, test := predictor.HoldOut(run.archs[:run.first], run.y[:run.first], 1./3, uint64(draw))
				for _, model := range []string{used, "fm", "ridge"} {
					m, err := predictor.New(model, in, predictor.Options{Seed: 1})
					if err != nil {
						t.Fatal(err)
					}
					if err := m.Fit(choice(run.archs, train), choice(run.y, train)); err != nil {
						t.Fatal(err)
					}
					mean, std := m.Predict(choice(run.archs, test))
					if model == used {
						cover += predictor.Coverage(mean, std, choice(run.y, test), 0.9) / float64(draws*len(c.runs))
					}
					tau[model] += predictor.Kendall(mean, choice(run.y, test)) / float64(draws*len(c.runs))
				}
			}
		}
		t.Logf("%s: tau %.3f of %s, %.3f of fm, %.3f of ridge; intervals of 90 %% hold %.3f", c.preset, tau[used], used, tau["fm"], tau["ridge"], cover)
		if cover < 0.845 || cover > 0.95 {
			t.Errorf("%s: intervals of 90 %% hold %.3f of the scores", c.preset, cover)
		}
		for _, rival := range []string{"fm", "ridge"} {
			if tau[used] < tau[rival]+c.gain {
				t.Errorf("%s: %s has tau %.3f, %s %.3f; want %+.2f", c.preset, used, tau[used], rival, tau[rival], c.gain)
			}
		}
	}
}
