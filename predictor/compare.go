package predictor

import (
	"errors"
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// HeldOut are predictions of examples, each by a model that has not seen its
// architecture.
type HeldOut struct {
	Mean  []float64 // predicted
	Std   []float64 // of a new measurement, as the model says
	Truth []float64
}

// Report returns the errors of the predictions; seed is that of the bootstrap.
func (h HeldOut) Report(seed uint64) Report {
	r := Evaluate(h.Mean, h.Truth, seed)
	r.Cover90 = Coverage(h.Mean, h.Std, h.Truth, 0.9)
	return r
}

// CrossPredict predicts every example by a model made by fresh that has not seen
// it: each fold by a model fitted on all others. Examples of one architecture
// share a fold. It needs 2 <= folds <= distinct architectures; an error tells
// which fold could not be fitted.
func CrossPredict(fresh func() Predictor, archs []space.Arch, y []float64, folds int, seed uint64) (HeldOut, error) {
	return crossPredict(fresh, archs, y, folds, seed, 1)
}

// crossPredict is CrossPredict with some folds at a time; 0 workers mean one per processor.
func crossPredict(fresh func() Predictor, archs []space.Arch, y []float64, folds int, seed uint64, workers int) (HeldOut, error) {
	if err := checkTargets("cross-validation", archs, y, 2); err != nil {
		return HeldOut{}, err
	}
	if err := checkFolds(archs, folds); err != nil {
		return HeldOut{}, err
	}
	fold := assignFolds(archs, folds, seed)
	h := HeldOut{Mean: make([]float64, len(y)), Std: make([]float64, len(y)), Truth: slices.Clone(y)}
	errs := make([]error, folds)
	parallel(folds, workers, func(f int) {
		train, test := splitFold(fold, f)
		p := fresh()
		if err := p.Fit(pick(archs, train), pick(y, train)); err != nil {
			errs[f] = fmt.Errorf("cross-validation fold %d of %d: %w", f+1, folds, err)
			return
		}
		m, s := p.Predict(pick(archs, test))
		for k, i := range test {
			h.Mean[i], h.Std[i] = m[k], s[k]
		}
	})
	if err := errors.Join(errs...); err != nil {
		return HeldOut{}, err
	}
	return h, nil
}

// CrossValidate reports the error of models made by fresh on examples that
// they have not seen; see CrossPredict.
func CrossValidate(fresh func() Predictor, archs []space.Arch, y []float64, folds int, seed uint64) (Report, error) {
	h, err := CrossPredict(fresh, archs, y, folds, seed)
	if err != nil {
		return Report{}, err
	}
	return h.Report(seed), nil
}

// Model is a named way to make a predictor.
type Model struct {
	Name  string
	Fresh func() Predictor // unfitted; a new one at each call
}

// Models returns the models of New that these inputs permit, in the order of
// Names: the low-rank one, the plain ones that it must beat, and those asked for by name.
func Models(in Inputs, o Options, also ...string) ([]Model, error) {
	var out []Model
	for _, m := range models {
		name := m.name
		if m.kind == modelAsked && !slices.Contains(also, name) {
			continue
		}
		if name == "flops" && in.FLOPs == nil || name == "params" && in.Params == nil {
			continue
		}
		if _, err := New(name, in, o); err != nil {
			return nil, err
		}
		out = append(out, Model{name, func() Predictor {
			p, err := New(name, in, o)
			if err != nil {
				panic("predictor: inputs changed after Models")
			}
			return p
		}})
	}
	return out, nil
}

// Standing is how one model did in a comparison.
type Standing struct {
	Model   string  `json:"model"`
	Report  Report  `json:"report"`
	HeldOut HeldOut `json:"-"` // in the order of the examples
}

// Compare cross-validates models on the same folds and returns their standings
// in the order given; see CrossPredict. Versus tells whether one is better.
func Compare(models []Model, archs []space.Arch, y []float64, folds int, seed uint64) ([]Standing, error) {
	out := make([]Standing, 0, len(models))
	for _, m := range models {
		h, err := CrossPredict(m.Fresh, archs, y, folds, seed)
		if err != nil {
			return nil, fmt.Errorf("predictor %s: %w", m.Name, err)
		}
		out = append(out, Standing{m.Name, h.Report(seed), h})
	}
	return out, nil
}
