package predictor

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/supernet/space"
)

func numbered(n int) []space.Arch {
	archs := make([]space.Arch, n)
	for i := range archs {
		archs[i] = space.NewArch([]uint8{uint8(i >> 8), uint8(i)})
	}
	return archs
}

func TestHoldOutSplits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		distinct := numbered(rapid.IntRange(2, 30).Draw(t, "distinct"))
		archs := slices.Clone(distinct)
		for range rapid.IntRange(0, 20).Draw(t, "repeats") {
			archs = append(archs, rapid.SampledFrom(distinct).Draw(t, "again"))
		}
		share := rapid.Float64Range(0.01, 0.99).Draw(t, "share")
		seed := rapid.Uint64().Draw(t, "seed")
		y := make([]float64, len(archs))
		train, test := HoldOut(archs, y, share, seed)
		if len(train) == 0 || len(test) == 0 {
			t.Fatalf("%d to train, %d to test; want both", len(train), len(test))
		}
		all := slices.Concat(train, test)
		slices.Sort(all)
		if !slices.Equal(all, upTo(len(archs))) {
			t.Fatalf("indices %v; want each of %d once", all, len(archs))
		}
		if !slices.IsSorted(train) || !slices.IsSorted(test) {
			t.Fatal("indices do not ascend")
		}
		tested := make(map[space.Arch]bool)
		for _, i := range test {
			tested[archs[i]] = true
		}
		for _, i := range train {
			if tested[archs[i]] {
				t.Fatalf("architecture %d is on both sides", i)
			}
		}
		want := share * float64(len(distinct))
		if got := float64(len(tested)); got < want-1 || got > want+1 {
			t.Fatalf("%v of %d architectures held out; want about %v", got, len(distinct), want)
		}
	})
}

// spy remembers what it was fitted on and predicts -1 where it was.
type spy struct{ seen map[space.Arch]bool }

func (s *spy) Fit(archs []space.Arch, _ []float64) error {
	s.seen = make(map[space.Arch]bool)
	for _, a := range archs {
		s.seen[a] = true
	}
	return nil
}

func (s *spy) Predict(archs []space.Arch) (mean, std []float64) {
	mean, std = make([]float64, len(archs)), make([]float64, len(archs))
	for i, a := range archs {
		if s.seen[a] {
			mean[i] = -1
		} else {
			mean[i] = float64(a.Gene(1))
		}
	}
	return mean, std
}

func TestCrossValidateEvaluatesUnseen(t *testing.T) {
	archs := slices.Concat(numbered(23), numbered(7))
	y := make([]float64, len(archs))
	for i, a := range archs {
		y[i] = float64(a.Gene(1))
	}
	r, err := CrossValidate(func() Predictor { return &spy{} }, archs, y, 5, 3)
	if err != nil {
		t.Fatal(err)
	}
	if r.N != 30 || r.RMSE != 0 || r.Kendall != 1 || r.Cover90 != 1 {
		t.Errorf("report %+v; want 30 rows, no error: each row predicted once by a model that has not seen its architecture", r)
	}
}

var errRefused = errors.New("refused")

type refuser struct{ spy }

func (refuser) Fit([]space.Arch, []float64) error { return errRefused }

func TestCrossValidateErrors(t *testing.T) {
	good := func() Predictor { return &spy{} }
	archs, y := numbered(6), make([]float64, 6)
	for _, c := range []struct {
		name  string
		fresh func() Predictor
		archs []space.Arch
		y     []float64
		folds int
		want  string
	}{
		{"one fold", good, archs, y, 1, "1 folds of 6"},
		{"more folds than architectures", good, archs, y, 7, "7 folds of 6"},
		{"lengths", good, archs, y[:5], 2, "6 architectures with 5 values"},
		{"model", func() Predictor { return &refuser{} }, archs, y, 2, "fold 1 of 2"},
	} {
		_, err := CrossValidate(c.fresh, c.archs, c.y, c.folds, 1)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v; want one with %q", c.name, err, c.want)
		}
	}
	if _, err := CrossValidate(func() Predictor { return &refuser{} }, archs, y, 2, 1); !errors.Is(err, errRefused) {
		t.Errorf("error %v does not wrap the model's", err)
	}
}
