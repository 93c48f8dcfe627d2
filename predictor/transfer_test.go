package predictor

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// scored returns n architectures of the made-up space and what score says of them.
func (w *world) scored(n int, score func(space.Arch) float64) (archs []space.Arch, y []float64) {
	archs = w.archs(n)
	for _, a := range archs {
		y = append(y, score(a))
	}
	return archs, y
}

// TestPriorHelpsWithFewExamples learns 24 scores after 150 of another kind that go with them,
// and after 150 of pure chance. The first ranks better by far, the second costs next to
// nothing, and intervals of 90 % hold what the model alone makes them hold.
func TestPriorHelpsWithFewExamples(t *testing.T) {
	const repeats = 4
	var tau, cover [3]float64
	for seed := range uint64(repeats) {
		w := newWorld(seed)
		fm := func() Predictor {
			return mustNew(t, "fm", Inputs{Features: w.features, FLOPs: w.flops}, Options{Seed: seed})
		}
		useful, useless := fm(), fm()
		fit := func(m Predictor, n int, score func(space.Arch) float64) {
			archs, y := w.scored(n, score)
			if err := m.Fit(archs, y); err != nil {
				t.Fatal(err)
			}
		}
		fit(useful, 150, w.cheap)
		fit(useless, 150, func(space.Arch) float64 { return w.r.NormFloat64() })
		few, y := w.scored(24, w.dear)
		held, truth := w.scored(300, w.dear)
		for k, m := range []Predictor{fm(), NewTransfer(useful, fm), NewTransfer(useless, fm)} {
			if err := m.Fit(few, y); err != nil {
				t.Fatal(err)
			}
			mean, std := m.Predict(held)
			tau[k] += Kendall(mean, truth) / repeats
			cover[k] += Coverage(mean, std, truth, 0.9) / repeats
		}
	}
	t.Logf("tau alone %.3f, with a useful prior %.3f, with a useless one %.3f; in 90 %% %.2f, %.2f, %.2f", tau[0], tau[1], tau[2], cover[0], cover[1], cover[2])
	if tau[1] < tau[0]+0.2 {
		t.Errorf("tau %.3f with a useful prior, %.3f without; want 0.2 more", tau[1], tau[0])
	}
	if tau[2] < tau[0]-0.02 {
		t.Errorf("tau %.3f with a useless prior, %.3f without; want at most 0.02 less", tau[2], tau[0])
	}
	for k, c := range cover {
		if c < 0.8 || c > 0.97 {
			t.Errorf("model %d: %.2f of the truths in intervals of 90 %%", k, c)
		}
	}
}

// The slope is the posterior mean of a slope that is normal with mean 0 and variance v, at the
// v of the largest marginal likelihood, found here by trying many; the noise is that of the
// free line.
func TestSlopeIsShrunkByEvidence(t *testing.T) {
	r := stream(3, forChains, 5)
	for _, truth := range []float64{2, 0.3, 0, -1} {
		x, y := make([]float64, 24), make([]float64, 24)
		for i := range x {
			x[i] = 5 + r.NormFloat64()
			y[i] = 1 + truth*x[i] + r.NormFloat64()
		}
		got, variance, share := shrunkSlope(x, y)
		free, chance := freeSlope(x, y)
		best, at := math.Inf(-1), 0.0
		for v := 0.0; v < 10; v += 1e-4 {
			if l := -math.Log(v+chance) - free*free/(v+chance); l > best {
				best, at = l, v
			}
		}
		want := at / (at + chance) * free
		if free < 0 {
			want = 0
		}
		if math.Abs(got-want) > 1e-3 || math.Abs(variance-share*chance) > 1e-12 || math.Abs(got-share*free) > 1e-12 {
			t.Errorf("slope %.2f: %.4f, variance %.4g, share %.3f; want a slope of %.4f", truth, got, variance, share, want)
		}
	}
	if s, _, _ := shrunkSlope([]float64{1, 1, 1, 1}, []float64{1, 2, 3, 4}); s != 0 {
		t.Errorf("slope %v on a prior that says the same of all; want 0", s)
	}
}

// freeSlope returns the slope of least squares and its variance, from sums.
func freeSlope(x, y []float64) (slope, variance float64) {
	n := float64(len(x))
	var sx, sy, sxx, sxy, syy float64
	for i := range x {
		sx, sy, sxx, sxy, syy = sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i], syy+y[i]*y[i]
	}
	cxx, cxy, cyy := sxx-sx*sx/n, sxy-sx*sy/n, syy-sy*sy/n
	return cxy / cxx, (cyy - cxy*cxy/cxx) / (n - 2) / cxx
}

// A prior that ranks the wrong way round leaves the model alone, to the bit; a restored model
// predicts the same bits.
func TestTransferKeepsBits(t *testing.T) {
	w := newWorld(1)
	fm := func() Predictor { return mustNew(t, "fm", Inputs{Features: w.features}, Options{Seed: 4}) }
	archs, y := w.scored(60, w.cheap)
	few, z := w.scored(20, w.dear)
	prior, wrong, alone := fm(), fm(), fm()
	worse := slices.Clone(y)
	for i := range worse {
		worse[i] = -worse[i]
	}
	m, back := NewTransfer(prior, fm), NewTransfer(fm(), fm)
	none := NewTransfer(wrong, fm)
	for _, err := range []error{prior.Fit(archs, y), wrong.Fit(archs, worse), alone.Fit(few, z), m.Fit(few, z), none.Fit(few, z)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if m.Slope() <= 0 || none.Slope() != 0 {
		t.Fatalf("slopes %v and %v; want one above 0 and one of 0", m.Slope(), none.Slope())
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, back); err != nil {
		t.Fatal(err)
	}
	held := w.archs(50)
	for _, pair := range [][2]Predictor{{m, back}, {none, alone}} {
		mean, std := pair[0].Predict(held)
		mean2, std2 := pair[1].Predict(held)
		if !slices.Equal(mean, mean2) || !slices.Equal(std, std2) {
			t.Errorf("%T predicts otherwise than %T", pair[0], pair[1])
		}
	}
	if err := json.Unmarshal([]byte(`{"model":"transfer","slope":-1}`), back); err == nil {
		t.Error("a negative slope was restored")
	}
}

// said is a model that learns nothing.
type said struct{ mean, std func(space.Arch) float64 }

func (said) Fit([]space.Arch, []float64) error { return nil }

func (s said) Predict(archs []space.Arch) (mean, std []float64) {
	for _, a := range archs {
		mean, std = append(mean, s.mean(a)), append(std, s.std(a))
	}
	return mean, std
}

// What the rest says counts in full if it is right and not at all if it is chance. The deviation
// of a prediction is that of the rest, of the slope, and of a prior that is less sure than usual.
func TestRestIsWeighed(t *testing.T) {
	w := newWorld(2)
	few, held := w.archs(30), w.archs(5)
	one := func(a space.Arch) float64 { return 1 }
	doubt := func(a space.Arch) float64 { return 1 + float64(a.Gene(0)) }
	noise := func(a space.Arch) float64 {
		return 10 * stream(7, forChains, 64*int(a.Gene(2))+8*int(a.Gene(3))+int(a.Gene(4))).NormFloat64()
	}
	first, second := func(a space.Arch) float64 { return float64(a.Gene(0)) }, func(a space.Arch) float64 { return float64(a.Gene(1)) }
	y := make([]float64, len(few))
	centre, typical, level := 0.0, 0.0, 0.0
	for i, a := range few {
		y[i] = 3*first(a) + second(a)
		centre, typical, level = centre+first(a)/30, typical+doubt(a)*doubt(a)/30, level+y[i]/30
	}
	rest := func(a space.Arch) float64 { return 3*centre + second(a) }
	right, wrong := NewTransfer(said{first, doubt}, func() Predictor { return said{rest, one} }), NewTransfer(said{first, one}, func() Predictor { return said{noise, one} })
	if err := right.Fit(few, y); err != nil {
		t.Fatal(err)
	}
	if err := wrong.Fit(few, y); err != nil {
		t.Fatal(err)
	}
	if right.state.Weight < 0.9 || wrong.state.Weight > 0.1 {
		t.Errorf("weights %.3f of what is right, %.3f of chance; want about 1 and 0", right.state.Weight, wrong.state.Weight)
	}
	slope := right.Slope()
	mean, std := right.Predict(held)
	for i, a := range held {
		off := first(a) - centre
		wantMean := level + slope*off + right.state.Weight*(rest(a)-level)
		wantStd := math.Sqrt(1 + right.state.Doubt*off*off + slope*slope*max(doubt(a)*doubt(a)-typical, 0))
		if math.Abs(mean[i]-wantMean) > 1e-9 || math.Abs(std[i]-wantStd) > 1e-9 {
			t.Errorf("%v: %v and %v; want %v and %v", a, mean[i], std[i], wantMean, wantStd)
		}
	}
}
