package predictor

import (
	"fmt"

	"github.com/espalier-nas/espalier/supernet/space"
)

// CurvePoint is how good a model is that has learnt from so many examples.
type CurvePoint struct {
	Learnt int    `json:"learnt"` // examples that each model has learnt from
	Report Report `json:"report"` // on all examples, each predicted by a model that has not seen it
}

// LearningCurve tells how the error of models made by fresh falls with the number of
// examples: as CrossPredict, but each fold's model learns from the first so many of the
// others, in random order, the fewer ones part of the more. Sizes that a fold does not
// leave are left out.
func LearningCurve(fresh func() Predictor, archs []space.Arch, y []float64, sizes []int, folds int, seed uint64) ([]CurvePoint, error) {
	if err := checkTargets("learning curve", archs, y, 2); err != nil {
		return nil, err
	}
	if err := checkFolds(archs, folds); err != nil {
		return nil, err
	}
	fold := assignFolds(archs, folds, seed)
	var curve []CurvePoint
	for _, size := range sizes {
		h := HeldOut{Mean: make([]float64, len(y)), Std: make([]float64, len(y)), Truth: y}
		enough := true
		for f := range folds {
			train, test := splitFold(fold, f)
			if enough = enough && size <= len(train); !enough {
				break
			}
			train = pick(train, stream(seed, forCurve, f).Perm(len(train))[:size])
			p := fresh()
			if err := p.Fit(pick(archs, train), pick(y, train)); err != nil {
				return nil, fmt.Errorf("learning curve at %d examples: %w", size, err)
			}
			m, s := p.Predict(pick(archs, test))
			for k, i := range test {
				h.Mean[i], h.Std[i] = m[k], s[k]
			}
		}
		if enough {
			curve = append(curve, CurvePoint{size, h.Report(seed)})
		}
	}
	return curve, nil
}
