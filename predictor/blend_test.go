package predictor

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/nb201"
)

// sums draws architectures whose target is a sum of one number per choice.
func sums(n int, noise float64, seed uint64) ([]space.Arch, []float64) {
	archs, _ := planted(n, 0, seed)
	r, weight := rand.New(rand.NewPCG(seed, 6)), rand.New(rand.NewPCG(1, 7))
	var of [plantedGenes][plantedChoices]float64
	for g := range of {
		for c := range of[g] {
			of[g][c] = weight.NormFloat64()
		}
	}
	y := make([]float64, n)
	for i, a := range archs {
		for g := range of {
			y[i] += of[g][a.Gene(g)]
		}
		y[i] += noise * r.NormFloat64()
	}
	return archs, y
}

// TestBlendIsTheMeanOfItsModels fits the models of a blend one by one, on targets warped by
// hand, and mixes what they predict.
func TestBlendIsTheMeanOfItsModels(t *testing.T) {
	archs, y := planted(120, 0.1, 1)
	for i := range y {
		y[i] = math.Exp(y[i]) // a scale that bends
	}
	fresh, _ := planted(50, 0, 2)
	in := plantedInputs()
	scales, low := make(map[Warp]bool), 0.0
	for _, warp := range []Warp{WarpAuto, WarpNone, WarpLog, WarpRanks} {
		b := fitted(t, "blend", in, Options{Seed: 5, Warp: warp}, archs, y).(*Blend)
		got, std := b.Predict(fresh)
		c, target, err := fitCurve(b.state.Warp.Kind, y)
		if err != nil {
			t.Fatal(err)
		}
		if warp != WarpAuto && c.Kind != warp {
			t.Errorf("scale %q; want %q, which was asked for", c.Kind, warp)
		}
		scales[c.Kind] = true
		if c.Kind != WarpNone {
			low = max(low, b.Share("fm"))
		}
		want, dev := make([]float64, len(fresh)), make([]float64, len(fresh))
		for _, name := range []string{"gp", "fm", "ridge"} {
			m, s := fitted(t, name, in, Options{Seed: 5, Warp: WarpNone}, archs, target).Predict(fresh)
			for i := range m {
				want[i] += b.Share(name) * m[i]
				if name == "gp" {
					dev[i] = b.state.Std * s[i]
				}
			}
		}
		c.unwarp(want, dev)
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-9*math.Abs(want[i]) || math.Abs(std[i]-dev[i]) > 1e-9*dev[i] {
				t.Fatalf("scale %q: predicted %v ± %v; the mean of the models is %v ± %v", warp, got[i], std[i], want[i], dev[i])
			}
		}
	}
	if low == 0 {
		t.Error("the low-rank model has no share on a scale that bends; want one")
	}
	if len(scales) != 3 {
		t.Errorf("scales %v; want the three", scales)
	}
}

// TestBlendIsWeighedByLeftOutExamples fits the models once more on four folds in five, the same for
// all, and stacks what they say of the fifth.
func TestBlendIsWeighedByLeftOutExamples(t *testing.T) {
	archs, y := planted(60, 0.3, 1)
	o := Options{Seed: 5, Warp: WarpNone}
	in := plantedInputs()
	b := fitted(t, "blend", in, o, archs, y).(*Blend)
	fold := assignFolds(archs, 5, o.Seed)
	means := make([][]float64, 3)
	var deviations []float64
	for k, name := range []string{"gp", "fm", "ridge"} {
		means[k] = make([]float64, len(y))
		for f := range 5 {
			train, test := splitFold(fold, f)
			m, s := fitted(t, name, in, o, pick(archs, train), pick(y, train)).Predict(pick(archs, test))
			for n, i := range test {
				means[k][i] = m[n]
			}
			if name == "gp" {
				deviations = append(deviations, s...)
			}
		}
	}
	e, err := mustNew(t, "fm", in, o).(*FM).examples(archs, y)
	if err != nil {
		t.Fatal(err)
	}
	low, err := e.on(WarpNone)
	if err != nil {
		t.Fatal(err)
	}
	if apart := RMSE(low.held, means[1]); apart > 0.3*RMSE(low.held, y) { // fewer draws, ranks weighed on all examples
		t.Errorf("left-out predictions of low rank are %v from those fitted here", apart)
	}
	means[1] = low.held
	for k, want := range stack(means, y) {
		if got := b.state.Parts[k].Share; math.Abs(got-want) > 1e-9 {
			t.Errorf("share %d is %v; want %v", k, got, want)
		}
	}
	mixed := crossMix(means, y, fold)
	var sq float64
	n := 0
	for f := range 5 {
		_, test := splitFold(fold, f)
		for _, i := range test {
			e := (y[i] - mixed[i]) / deviations[n]
			sq += e * e / float64(len(y))
			n++
		}
	}
	if want := math.Sqrt(sq); math.Abs(b.state.Std-want) > 1e-9*want {
		t.Errorf("the factor of deviations is %v; want %v", b.state.Std, want)
	}
}

// TestBlendFollowsTheBestOfItsModels has a truth for each of them: sums of choices, pairs of
// choices, and accuracies of cells, which hang on the graph.
func TestBlendFollowsTheBestOfItsModels(t *testing.T) {
	public := loadPublic(t, "nb201")
	cell, err := nb201.New(nb201.Config{Name: "nb201", Channels: 16, Cells: 5}, space.Input{H: 32, W: 32, C: 3, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	train, test := public.draw(78, 400, 1)
	y := public.column["c10_test"]
	known, values := sums(60, 0.1, 1)
	asked, truth := sums(400, 0, 2)
	paired, pairs := planted(150, 0.1, 1)
	others, want := planted(400, 0, 2)
	for _, c := range []struct {
		what         string
		in           Inputs
		archs, fresh []space.Arch
		y, truth     []float64
		by           []string // models that must have most of the mean
		over         string   // a model that must be beaten by 0.1
	}{
		{"sums", plantedInputs(), known, asked, values, truth, []string{"ridge", "fm"}, ""},
		{"pairs", plantedInputs(), paired, others, pairs, want, []string{"fm"}, "ridge"},
		{"cells", FamilyInputs(cell).Remembering(), pick(public.archs, train), pick(public.archs, test), pick(y, train), pick(y, test), []string{"gp"}, "ridge"},
	} {
		b := fitted(t, "blend", c.in, Options{Seed: 1}, c.archs, c.y).(*Blend)
		var share float64
		for _, name := range c.by {
			share += b.Share(name)
		}
		if share < 0.6 || share > 1+1e-9 {
			t.Errorf("%s: %v have %.2f of the mean; want most of it (%s)", c.what, c.by, share, b.Describe())
		}
		tau := func(p Predictor) float64 { m, _ := p.Predict(c.fresh); return Kendall(m, c.truth) }
		got := tau(b)
		for _, name := range []string{"gp", "fm", "ridge"} {
			alone := tau(fitted(t, name, c.in, Options{Seed: 1}, c.archs, c.y))
			t.Logf("%s: tau %.3f, of %s alone %.3f, share %.2f", c.what, got, name, alone, b.Share(name))
			if got < alone-0.02 || name == c.over && got < alone+0.1 {
				t.Errorf("%s: tau %.3f, that of %s alone is %.3f", c.what, got, name, alone)
			}
		}
	}
}

// TestBlendChoosesTheScale plants sums of choices on their own scale and on one that bends, which
// normal scores of ranks undo.
func TestBlendChoosesTheScale(t *testing.T) {
	archs, y := sums(60, 0.05, 1)
	bent := make([]float64, len(y))
	for i, v := range y {
		bent[i] = math.Exp(2 * v)
	}
	in := plantedInputs()
	if w := fitted(t, "blend", in, Options{Seed: 1}, archs, y).(*Blend).state.Warp.Kind; w != WarpNone {
		t.Errorf("sums: scale %q; want their own", w)
	}
	if w := fitted(t, "blend", in, Options{Seed: 1}, archs, bent).(*Blend).state.Warp.Kind; w != WarpRanks {
		t.Errorf("exponentials of sums: scale %q; want ranks", w)
	}
}

// TestBlendDeviationsHold asks how many truths of left-out errors lie in the intervals.
func TestBlendDeviationsHold(t *testing.T) {
	p := loadPublic(t, "nb201")
	y := p.column["c10_test"]
	var cover, narrow float64
	const draws = 4
	for seed := range uint64(draws) {
		train, test := p.draw(60, 400, seed)
		m, s := fitted(t, "blend", nb201Inputs(), Options{Seed: seed}, pick(p.archs, train), pick(y, train)).Predict(pick(p.archs, test))
		cover += Coverage(m, s, pick(y, test), 0.9) / draws
		narrow += Coverage(m, s, pick(y, test), 0.5) / draws
	}
	t.Logf("90 %%: %.3f, 50 %%: %.3f", cover, narrow)
	if cover < 0.82 || cover > 0.97 || narrow < 0.35 || narrow > 0.75 {
		t.Errorf("intervals of 90 %% hold %.3f of the truths, those of 50 %% %.3f", cover, narrow)
	}
}

// TestBlendOfFewExamples has nothing to weigh the models by.
func TestBlendOfFewExamples(t *testing.T) {
	archs, y := planted(8, 0.1, 1)
	b := fitted(t, "blend", plantedInputs(), Options{}, archs, y).(*Blend)
	for _, name := range []string{"gp", "fm", "ridge"} {
		if b.Share(name) != 1./3 {
			t.Errorf("share of %s is %v; want a third", name, b.Share(name))
		}
	}
	if b.state.Std != 1 || b.state.Warp.Kind != WarpRanks {
		t.Errorf("factor of deviations %v on the scale %q; want 1, ranks", b.state.Std, b.state.Warp.Kind)
	}
	if b.Share("flops") != 0 {
		t.Error("a model that is not in the blend has a share")
	}
}

// TestBlendTellsItsShares reads the description back.
func TestBlendTellsItsShares(t *testing.T) {
	archs, y := sums(40, 0.1, 1)
	b := fitted(t, "blend", plantedInputs(), Options{Seed: 1}, archs, y).(*Blend)
	text := b.Describe()
	for name, words := range map[string]string{"gp": "Gaussian process", "fm": "low rank", "ridge": "linear on"} {
		if strings.Contains(text, words) != (b.Share(name) > 0) {
			t.Errorf("%q, with a share of %v for %s", text, b.Share(name), name)
		}
	}
	if strings.Count(text, "target") != 1 {
		t.Errorf("%q; want the scale of the target once", text)
	}
}

// TestBlendStates refuses shares that are none.
func TestBlendStates(t *testing.T) {
	archs, y := sums(40, 0.1, 1)
	b := fitted(t, "blend", plantedInputs(), Options{Seed: 1}, archs, y).(*Blend)
	data, err := b.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	before, _ := b.Predict(archs)
	text := string(data)
	at := strings.Index(text, `"share":`) + len(`"share":`)
	end := at + strings.IndexAny(text[at:], ",}")
	for what, bad := range map[string]string{
		"negative share":  text[:at] + "-1" + text[end:],
		"shares beyond 1": text[:at] + "1.5" + text[end:],
		"no parts":        `{"model":"blend","std":1,"warp":{"kind":"none"}}`,
		"earlier version": `{"model":"blend","share":0.5,"std":1,"warp":{"kind":"ranks"}}`,
	} {
		if err := b.UnmarshalJSON([]byte(bad)); err == nil || !strings.Contains(err.Error(), "predictor blend") {
			t.Errorf("%s: error %v", what, err)
		}
	}
	if after, _ := b.Predict(archs); !slices.Equal(before, after) {
		t.Error("a refused state changed the model")
	}
}
