package search

import (
	"compress/gzip"
	"encoding/csv"
	"flag"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/supernet/space"
)

var allPriors = flag.Bool("allpriors", false, "TestPriorsOfRealRuns: four pairs of runs and 20 draws of each, not two and two")

// keptRun is what a search has evaluated on its supernet.
type keptRun struct {
	archs []space.Arch
	y     []float64
	first int // of them, the first samples
}

// keptRuns reads a file of testdata. three-runs.csv.gz holds searches of the default space after
// 300 steps on all of Fashion-MNIST, on the embedded cut of it, and on CIFAR-10 in grey at 28 x 28,
// resnet-run.csv.gz the first samples of one of the space resnet on CIFAR-10; see
// docs/log/predictors.md.
func keptRuns(t *testing.T, file string, s *space.Space) map[string]*keptRun {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	runs := make(map[string]*keptRun)
	for _, row := range rows[1:] { // run, arm, arch, accuracy, loss
		k := runs[row[0]]
		if k == nil {
			k = &keptRun{}
			runs[row[0]] = k
		}
		a, err := s.Parse(row[2])
		if err != nil {
			t.Fatal(err)
		}
		loss, err := strconv.ParseFloat(row[4], 64)
		if err != nil {
			t.Fatal(err)
		}
		k.archs, k.y = append(k.archs, a), append(k.y, math.Exp(-loss))
		if row[1] == armSample {
			k.first++
		}
	}
	return runs
}

// A search on one set of pictures predicts better with 24 samples for what one on another has
// evaluated: kept trials of three supernets, on the 72 first samples that were not drawn.
func TestPriorsOfRealRuns(t *testing.T) {
	cfg := config.Default()
	if err := cfg.Ready(); err != nil {
		t.Fatal(err)
	}
	family, err := cfg.Space.Open(space.Input{H: 28, W: 28, C: 1, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	fm := func() predictor.Predictor {
		m, err := predictor.New("fm", predictor.FamilyInputs(family), predictor.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	runs := keptRuns(t, "three-runs.csv.gz", family.Space())
	gain := 0.0
	pairs, draws := [][2]string{{"fashion", "cut"}, {"cut", "fashion"}}, 2
	if *allPriors {
		pairs, draws = append(pairs, [2]string{"cifar", "cut"}, [2]string{"fashion", "cifar"}), 20
	}
	for _, pair := range pairs {
		earlier, now := runs[pair[0]], runs[pair[1]]
		old := fm()
		if err := old.Fit(earlier.archs, earlier.y); err != nil {
			t.Fatal(err)
		}
		var tau [2]float64
		for draw := range draws {
			train, test := predictor.HoldOut(now.archs[:now.first], now.y[:now.first], 0.75, uint64(draw))
			for k, m := range []predictor.Predictor{fm(), predictor.NewTransfer(old, fm)} {
				if err := m.Fit(choice(now.archs, train), choice(now.y, train)); err != nil {
					t.Fatal(err)
				}
				mean, _ := m.Predict(choice(now.archs, test))
				tau[k] += predictor.Kendall(mean, choice(now.y, test)) / float64(draws)
			}
		}
		t.Logf("%-8s before %-8s tau %.3f without, %.3f with it", pair[0], pair[1], tau[0], tau[1])
		gain += (tau[1] - tau[0]) / float64(len(pairs))
	}
	if gain < 0.03 {
		t.Errorf("a prior adds %.3f to tau on average; want 0.03 or more", gain)
	}
}

// choice returns the elements at some indices.
func choice[T any](v []T, at []int) (some []T) {
	for _, i := range at {
		some = append(some, v[i])
	}
	return some
}
