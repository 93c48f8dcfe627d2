package supernet

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// TestAverageIsAMeanOverTime recomputes the averaged weights from the weights
// after every fourth step, with the weights of the mean in closed form.
func TestAverageIsAMeanOverTime(t *testing.T) {
	c := smallChain(t)
	for _, age := range []float64{0.05, 0.2, MostAverage} {
		o := trainOptions
		o.Steps, o.Average = 18, age
		tr := trainer(t, exec(t, 2), c, sampler(t, "sandwich", c), o)
		var taken [][][]float32 // weights after the steps 4, 8, 12, 16, and 18, the last one
		for _, step := range []int{4, 8, 12, 16, 18} {
			run(t, tr, step)
			weights, _ := snapshot(tr)
			taken = append(taken, weights)
		}
		power := 1/age - 1
		for k, p := range tr.Averaged().params {
			for i, got := range p.Data {
				want := 0.0
				for u, weights := range taken {
					n := float64(len(taken))
					share := math.Pow(float64(u+1)/n, power) - math.Pow(float64(u)/n, power)
					want += share * float64(weights[k][i])
				}
				if math.Abs(float64(got)-want) > 1e-5 {
					t.Fatalf("age %v: %s[%d] is %v; want %v", age, p.Name, i, got, want)
				}
			}
		}
	}
}

// The mean age of what is averaged is the share of the steps done that the
// option names, for short and long runs.
func TestAverageAge(t *testing.T) {
	for _, age := range []float64{0.02, 0.1, 0.5} {
		for _, updates := range []int{100, 10000} {
			a, oldest := average{age: age}, 0.0 // mean age of the average, in updates
			for n := 1; n <= updates; n++ {
				oldest = (1 - a.share(n)) * (oldest + 1)
			}
			if got := oldest / float64(updates); math.Abs(got-age) > 0.006 {
				t.Errorf("%d updates: mean age %.4f of the run; want %v", updates, got, age)
			}
		}
	}
}

// Averaging changes nothing of the training itself, and without it the weights in
// training are the ones to evaluate.
func TestAveragingLeavesTrainingAlone(t *testing.T) {
	c := smallChain(t)
	plain := trainer(t, exec(t, 2), c, sampler(t, "sandwich", c), trainOptions)
	o := trainOptions
	o.Average = 0.1
	averaged := trainer(t, exec(t, 2), c, sampler(t, "sandwich", c), o)
	if averaged.Averaged().Hash() != averaged.net.Hash() {
		t.Error("before the first step the average differs from the weights")
	}
	run(t, plain, o.Steps)
	run(t, averaged, o.Steps)
	if plain.net.Hash() != averaged.net.Hash() {
		t.Error("averaging changes the weights in training")
	}
	if plain.Averaged() != plain.net || averaged.Averaged().Hash() == averaged.net.Hash() {
		t.Error("the weights in training are averaged without the option, or not with it")
	}
}

// A supernet file holds both weights: training goes on with the one, evaluating
// reads the other. A file without an average is refused by a trainer that wants
// one, and the other way round.
func TestLoadTakesAveragedWeights(t *testing.T) {
	c := smallChain(t)
	e := exec(t, 1)
	o := trainOptions
	o.Average = 0.1
	with := trainer(t, e, c, sampler(t, "uniform", c), o)
	without := trainer(t, e, c, sampler(t, "uniform", c), trainOptions)
	dir := t.TempDir()
	for name, tr := range map[string]*Trainer{"with": with, "without": without} {
		run(t, tr, 5)
		path := filepath.Join(dir, name)
		if err := tr.Save(path, nil); err != nil {
			t.Fatal(err)
		}
		n := New(c, 9)
		if _, err := n.Load(path); err != nil || n.Hash() != tr.Averaged().Hash() {
			t.Errorf("%s average: evaluated are weights %s, %v; want %s", name, n.Hash(), err, tr.Averaged().Hash())
		}
	}
	for name, o := range map[string]TrainOptions{"without": o, "with": trainOptions} {
		_, err := trainer(t, e, c, sampler(t, "uniform", c), o).Load(filepath.Join(dir, name))
		if err == nil || !strings.Contains(err.Error(), "other options") {
			t.Errorf("%s average: %v; want an error about other options", name, err)
		}
	}
}
