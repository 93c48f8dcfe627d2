// Package predictor estimates what a network would score or cost without
// training or timing it: a low-rank second-order model of accuracy, a layer
// table with a low-rank correction for latency, and the plain models (ridge,
// FLOPs, parameters) that they must beat. Every model gives its own
// uncertainty, and CrossValidate measures its error on architectures that it
// has not seen; Versus says whether one model is better than another, and
// Calibrate how far uncertainty holds on what a search picks. Fidelities joins
// cheap scores of many architectures with dear ones of few.
//
// Models are functions of (data, options): the same seed gives the same bits,
// whatever the number of workers. A fitted model is saved with json.Marshal and
// restored with json.Unmarshal into a model made by the same constructor call;
// it then predicts the same bits.
package predictor

import (
	"fmt"
	"math"
	"strings"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Predictor learns a number per architecture from examples.
type Predictor interface {
	// Fit learns from architectures and their measured values; what was learnt
	// before is forgotten. It keeps neither slice. After an error the predictor
	// is as it was.
	Fit(archs []space.Arch, y []float64) error
	// Predict returns, for each architecture, the expected value and the
	// standard deviation of a new measurement around it, in the unit of y.
	// It panics before the first Fit. Calls may run at the same time.
	Predict(archs []space.Arch) (mean, std []float64)
}

// Names lists the models that New knows, the low-rank one first.
func Names() []string { return []string{"fm", "ridge", "flops", "params"} }

// New returns the model called name, not yet fitted:
//
//	fm      low-rank second-order model (*FM)
//	ridge   linear model on the features (*Ridge)
//	flops   line on FLOPs or their logarithm (*Scalar)
//	params  line on parameters or their logarithm (*Scalar)
//
// The error names the unknown model, the missing input or the bad option.
func New(name string, in Inputs, o Options) (Predictor, error) {
	switch name {
	case "fm":
		return newFM(in, o)
	case "ridge":
		if in.Features == nil {
			return nil, fmt.Errorf("predictor ridge: Inputs.Features is nil; want the features of an architecture")
		}
		return &Ridge{features: in.Features}, nil
	case "flops":
		if in.FLOPs == nil {
			return nil, fmt.Errorf("predictor flops: Inputs.FLOPs is nil; want the operations of an architecture")
		}
		return &Scalar{name: name, size: in.FLOPs}, nil
	case "params":
		if in.Params == nil {
			return nil, fmt.Errorf("predictor params: Inputs.Params is nil; want the parameters of an architecture")
		}
		return &Scalar{name: name, size: in.Params}, nil
	}
	return nil, fmt.Errorf("predictor %q is unknown; want one of %s", name, strings.Join(Names(), ", "))
}

// notFitted is what Predict panics with.
const notFitted = "predictor: Predict before Fit"

// maxTarget bounds targets, so that sums of squares do not overflow.
const maxTarget = 1e100

// checkTargets reports what makes examples unusable for a model that needs at
// least rows of them.
func checkTargets(model string, archs []space.Arch, y []float64, rows int) error {
	if len(archs) != len(y) {
		return fmt.Errorf("predictor %s: %d architectures with %d values; want one value for each", model, len(archs), len(y))
	}
	if len(y) < rows {
		return fmt.Errorf("predictor %s: %d examples; want at least %d", model, len(y), rows)
	}
	for i, v := range y {
		if !(math.Abs(v) <= maxTarget) {
			return fmt.Errorf("predictor %s: value %d is %v; want a number of at most %g", model, i, v, maxTarget)
		}
	}
	return nil
}
