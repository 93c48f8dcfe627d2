package predictor

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

const plantedGenes, plantedChoices = 8, 4

// planted draws architectures of a low-rank truth: main effects, and a rank-2
// interaction that explains most of the spread.
func planted(n int, noise float64, seed uint64) ([]space.Arch, []float64) {
	truth := randomMachine(plantedGenes*plantedChoices, plantedGenes*plantedChoices, 2, 11)
	r := rand.New(rand.NewPCG(seed, 5))
	features := oneHot(plantedChoices)
	archs, y := make([]space.Arch, n), make([]float64, n)
	for i := range archs {
		genes := make([]uint8, plantedGenes)
		for g := range genes {
			genes[g] = uint8(r.IntN(plantedChoices))
		}
		archs[i] = space.NewArch(genes)
		y[i] = pairLoop(truth, features(archs[i]), plantedGenes*plantedChoices, 2) + noise*r.NormFloat64()
	}
	return archs, y
}

func plantedInputs() Inputs { return Inputs{Features: oneHot(plantedChoices)} }

func fitted(t testing.TB, name string, in Inputs, o Options, archs []space.Arch, y []float64) Predictor {
	t.Helper()
	p := mustNew(t, name, in, o)
	if err := p.Fit(archs, y); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFMRecoversPlantedInteractions(t *testing.T) {
	archs, y := planted(300, 0.1, 1)
	fresh, truth := planted(500, 0, 2)
	fm := fitted(t, "fm", plantedInputs(), Options{Seed: 1}, archs, y)
	ridge := fitted(t, "ridge", plantedInputs(), Options{}, archs, y)
	m, s := fm.Predict(fresh)
	mr, _ := ridge.Predict(fresh)
	_, spread := meanStd(truth)
	if e := RMSE(m, truth); e > 0.2*spread {
		t.Errorf("fm RMSE %v; want below 20 %% of the spread %v", e, spread)
	}
	if e := RMSE(mr, truth); e < 0.5*spread {
		t.Errorf("ridge RMSE %v of spread %v: the planted truth is not beyond a linear model", e, spread)
	}
	if r := fm.(*FM).Rank(); r < 4 {
		t.Errorf("rank %d chosen; want interactions", r)
	}
	if c := Coverage(m, s, truth, 0.9); c < 0.8 {
		t.Errorf("90 %% intervals hold %v of the truths", c)
	}
}

// TestFMKeepsToAdditiveTruth: where there is nothing but main effects, the
// low-rank model may cost next to nothing against ridge.
func TestFMKeepsToAdditiveTruth(t *testing.T) {
	r := stream(4, forChains, 0)
	effect := make([]float64, plantedGenes*plantedChoices)
	for i := range effect {
		effect[i] = r.NormFloat64()
	}
	draw := func(n int, noise float64, seed uint64) ([]space.Arch, []float64) {
		archs, y := planted(n, 0, seed)
		for i, a := range archs {
			y[i] = noise * r.NormFloat64()
			for g := range a.Len() {
				y[i] += effect[g*plantedChoices+a.Gene(g)]
			}
		}
		return archs, y
	}
	for _, n := range []int{40, 80, 200} {
		archs, y := draw(n, 1, 3)
		fresh, truth := draw(500, 0, 4)
		m, _ := fitted(t, "fm", plantedInputs(), Options{}, archs, y).Predict(fresh)
		mr, _ := fitted(t, "ridge", plantedInputs(), Options{}, archs, y).Predict(fresh)
		if fm, ridge := RMSE(m, truth), RMSE(mr, truth); fm > 1.1*ridge {
			t.Errorf("%d examples: fm RMSE %v, ridge %v; want at most 10 %% more", n, fm, ridge)
		}
	}
}

func TestFMIntervalsAreCalibrated(t *testing.T) {
	archs, y := planted(150, 1.5, 1)
	fresh, truth := planted(1000, 1.5, 2)
	m, s := fitted(t, "fm", plantedInputs(), Options{Warp: WarpNone}, archs, y).Predict(fresh)
	for _, level := range []float64{0.5, 0.9} {
		if c := Coverage(m, s, truth, level); math.Abs(c-level) > 0.08 {
			t.Errorf("intervals of level %v hold %v of new measurements", level, c)
		}
	}
}

func TestFMIsAFunctionOfSeed(t *testing.T) {
	archs, y := planted(80, 0.5, 1)
	fresh, _ := planted(700, 0, 2)
	in := plantedInputs()
	in.FLOPs = func(a space.Arch) float64 { return 1e6 * float64(1+a.Gene(0)+a.Gene(1)) }
	m1, s1 := fitted(t, "fm", in, Options{Seed: 9, Workers: 1}, archs, y).Predict(fresh)
	for _, workers := range []int{2, 5} {
		m, s := fitted(t, "fm", in, Options{Seed: 9, Workers: workers}, archs, y).Predict(fresh)
		if !slices.Equal(m, m1) || !slices.Equal(s, s1) {
			t.Errorf("%d workers give other bits than 1", workers)
		}
	}
	if m, _ := fitted(t, "fm", in, Options{Seed: 10, Workers: 1}, archs, y).Predict(fresh); slices.Equal(m, m1) {
		t.Error("another seed gives the same bits")
	}
}

// TestFMIgnoresOutliersOnRanks: three broken networks must not bend the rest.
func TestFMIgnoresOutliersOnRanks(t *testing.T) {
	archs, y := planted(120, 0.3, 1)
	for i := range 6 {
		y[20*i] = -1000
	}
	fresh, truth := planted(500, 0, 2)
	p := fitted(t, "fm", plantedInputs(), Options{}, archs, y).(*FM)
	mr, _ := fitted(t, "ridge", plantedInputs(), Options{}, archs, y).Predict(fresh)
	m, _ := p.Predict(fresh)
	if p.Warp() != WarpRanks {
		t.Errorf("warp %q chosen; want %q", p.Warp(), WarpRanks)
	}
	if fm, ridge := Kendall(m, truth), Kendall(mr, truth); fm < ridge+0.15 || fm < 0.45 {
		t.Errorf("tau %v, ridge %v; want far above ridge", fm, ridge)
	}
}

func TestModelsTakeHardExamples(t *testing.T) {
	in := Inputs{Features: oneHot(plantedChoices)}
	in.FLOPs = func(a space.Arch) float64 { return 1e6 * float64(1+a.Gene(0)) }
	in.Params = func(space.Arch) float64 { return 1e3 }
	archs, y := planted(12, 0.1, 1)
	same := slices.Repeat(archs[:1], 12)
	constant := slices.Repeat([]float64{0.1}, 12)
	for _, name := range Names() {
		for _, c := range []struct {
			name  string
			archs []space.Arch
			y     []float64
			want  func(mean, std float64) bool
		}{
			{"constant targets", archs, constant, func(m, s float64) bool { return math.Abs(m-0.1) < 1e-9 && s < 1e-9 }},
			{"one architecture", same, y, func(m, s float64) bool { return m > slices.Min(y) && m < slices.Max(y) && s > 0 }},
			{"repeats", slices.Concat(archs[:6], archs[:6]), y, finite},
			{"more features than examples", archs[:5], y[:5], finite},
			{"tiny targets", archs, scale(y, 1e-30), finite},
			{"huge targets", archs, scale(y, 1e90), finite},
		} {
			p := fitted(t, name, in, Options{}, c.archs, c.y)
			mean, std := p.Predict(c.archs)
			for i := range mean {
				if !c.want(mean[i], std[i]) {
					t.Errorf("%s, %s: prediction %d is %v +- %v", name, c.name, i, mean[i], std[i])
					break
				}
			}
		}
	}
}

func finite(mean, std float64) bool {
	return !math.IsNaN(mean) && !math.IsInf(mean, 0) && std >= 0 && !math.IsInf(std, 0)
}

func scale(y []float64, by float64) []float64 {
	out := slices.Clone(y)
	for i := range out {
		out[i] *= by
	}
	return out
}

func TestFitErrors(t *testing.T) {
	archs, y := planted(20, 0.1, 1)
	ragged := func(a space.Arch) []float64 { return make([]float64, 3+a.Gene(0)) }
	bad := func(space.Arch) []float64 { return []float64{0, math.NaN()} }
	with := func(v float64) []float64 {
		out := slices.Clone(y)
		out[7] = v
		return out
	}
	none := func(space.Arch) float64 { return 0 }
	one := func(space.Arch) float64 { return 1 }
	unscaled := func(space.Arch) []float64 { return []float64{1, 3e8} }
	for _, c := range []struct {
		model string
		in    Inputs
		o     Options
		archs []space.Arch
		y     []float64
		want  string
	}{
		{"fm", plantedInputs(), Options{}, archs[:3], y[:3], "3 examples; want at least 4"},
		{"ridge", plantedInputs(), Options{}, nil, nil, "0 examples; want at least 3"},
		{"fm", plantedInputs(), Options{}, archs, y[:19], "20 architectures with 19 values"},
		{"fm", plantedInputs(), Options{}, archs, with(math.NaN()), "value 7 is NaN"},
		{"ridge", plantedInputs(), Options{}, archs, with(math.Inf(-1)), "value 7 is -Inf"},
		{"flops", Inputs{FLOPs: one}, Options{}, archs, with(1e200), "value 7 is 1e+200"},
		{"fm", Inputs{Features: ragged}, Options{}, archs, y, "features; want"},
		{"ridge", Inputs{Features: bad}, Options{}, archs, y, "architecture 0: feature 1 is NaN"},
		{"fm", Inputs{Features: unscaled}, Options{}, archs, y, "feature 1 is 3e+08; want a number of at most 100"},
		{"fm", Inputs{Features: oneHot(4), FLOPs: none}, Options{}, archs, y, "architecture 0: extra feature 0 is -Inf"},
		{"params", Inputs{Params: none}, Options{}, archs, y, "size of architecture 0 is 0"},
		{"fm", plantedInputs(), Options{Warp: WarpLog}, archs, with(-1), "want a positive number for warp log"},
	} {
		p := mustNew(t, c.model, c.in, c.o)
		err := p.Fit(c.archs, c.y)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.model) {
			t.Errorf("%s: error %v; want one with %q", c.model, err, c.want)
		}
	}
}

func TestNewErrors(t *testing.T) {
	for _, c := range []struct {
		model string
		in    Inputs
		o     Options
		want  string
	}{
		{"mlp", plantedInputs(), Options{}, "want one of fm, ridge, flops, params"},
		{"fm", Inputs{}, Options{}, "Inputs.Features is nil"},
		{"ridge", Inputs{}, Options{}, "Inputs.Features is nil"},
		{"flops", Inputs{}, Options{}, "Inputs.FLOPs is nil"},
		{"params", Inputs{}, Options{}, "Inputs.Params is nil"},
		{"fm", plantedInputs(), Options{Ranks: []int{0, -1}}, "Options.Ranks[1] is -1"},
		{"fm", plantedInputs(), Options{Warp: "cube"}, `Options.Warp: warp "cube"`},
	} {
		if _, err := New(c.model, c.in, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%q): error %v; want one with %q", c.model, err, c.want)
		}
	}
}

func TestFailedFitKeepsModel(t *testing.T) {
	archs, y := planted(30, 0.1, 1)
	in := plantedInputs()
	in.FLOPs = func(a space.Arch) float64 { return float64(1 + a.Gene(0)) }
	in.Params = in.FLOPs
	for _, name := range Names() {
		p := fitted(t, name, in, Options{}, archs, y)
		before, _ := p.Predict(archs)
		if p.Fit(archs, y[:4]) == nil {
			t.Fatalf("%s: no error", name)
		}
		if after, _ := p.Predict(archs); !slices.Equal(before, after) {
			t.Errorf("%s: a failed fit changed the model", name)
		}
	}
}

func TestPredictBeforeFitPanics(t *testing.T) {
	in := plantedInputs()
	in.FLOPs = func(space.Arch) float64 { return 1 }
	in.Params = in.FLOPs
	latency, err := NewLatency(nil, nil, plantedInputs(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	models := map[string]Predictor{"latency": latency}
	for _, name := range Names() {
		models[name] = mustNew(t, name, in, Options{})
	}
	for name, p := range models {
		func() {
			defer func() {
				if r := recover(); r != notFitted {
					t.Errorf("%s: panic %v; want %q", name, r, notFitted)
				}
			}()
			p.Predict(nil)
		}()
	}
}
