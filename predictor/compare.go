package predictor

import (
	"fmt"

	"github.com/espalier-nas/espalier/supernet/space"
)

// CrossValidate reports the error of models made by fresh on examples that
// they have not seen: each fold is predicted by a model fitted on all others.
// Examples of one architecture share a fold. It needs 2 <= folds <= distinct
// architectures; an error tells which fold could not be fitted.
func CrossValidate(fresh func() Predictor, archs []space.Arch, y []float64, folds int, seed uint64) (Report, error) {
	if err := checkTargets("cross-validation", archs, y, 2); err != nil {
		return Report{}, err
	}
	if err := checkFolds(archs, folds); err != nil {
		return Report{}, err
	}
	fold := assignFolds(archs, folds, seed)
	pred, std := make([]float64, len(y)), make([]float64, len(y))
	for f := range folds {
		train, test := splitFold(fold, f)
		p := fresh()
		if err := p.Fit(pick(archs, train), pick(y, train)); err != nil {
			return Report{}, fmt.Errorf("cross-validation fold %d of %d: %w", f+1, folds, err)
		}
		m, s := p.Predict(pick(archs, test))
		for k, i := range test {
			pred[i], std[i] = m[k], s[k]
		}
	}
	r := Evaluate(pred, y, seed)
	r.Cover90 = Coverage(pred, std, y, 0.9)
	return r, nil
}

// Model is a named way to make a predictor.
type Model struct {
	Name  string
	Fresh func() Predictor // unfitted; a new one at each call
}

// Models returns the models of New that these inputs permit, in the order of
// Names: the low-rank one and the twins that it must beat.
func Models(in Inputs, o Options) ([]Model, error) {
	var out []Model
	for _, name := range Names() {
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
	Model  string `json:"model"`
	Report Report `json:"report"`
}

// Compare cross-validates models on the same folds and returns their standings
// in the order given; see CrossValidate.
func Compare(models []Model, archs []space.Arch, y []float64, folds int, seed uint64) ([]Standing, error) {
	out := make([]Standing, 0, len(models))
	for _, m := range models {
		r, err := CrossValidate(m.Fresh, archs, y, folds, seed)
		if err != nil {
			return nil, fmt.Errorf("predictor %s: %w", m.Name, err)
		}
		out = append(out, Standing{m.Name, r})
	}
	return out, nil
}
