// Package predictor estimates what a network would score or cost without
// training or timing it: a low-rank second-order model of accuracy, a Gaussian
// process on choices and graphs, a blend of these and ridge regression, a layer
// table with a low-rank correction for latency, and the plain models (ridge,
// FLOPs, parameters) that they must beat. Every model gives its own
// uncertainty, and CrossValidate measures its error on architectures that it
// has not seen; Versus says whether one model is better than another, and
// Calibrate how far uncertainty holds on what a search picks. Fidelities joins
// cheap scores of many architectures with dear ones of few, and Transfer begins
// with what a model has learnt elsewhere.
//
// Models are functions of (data, options): the same seed gives the same bits,
// whatever the number of workers. A fitted model is saved with json.Marshal and
// restored with json.Unmarshal into a model made by the same constructor call;
// it then predicts the same bits.
//
// It may import space, internal/bootstrap and gonum. Read Predictor and the table of models
// here, then fm.go (accuracy), latency.go, compare.go (standings) and metrics.go (figures);
// docs/predictors.md has the models and their sources.
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

// models are the kinds of predictor, the low-rank one first; a new one is one line. The
// low-rank one and the plain ones are always compared: they cost little.
var models = []struct {
	name string
	kind modelKind
	open func(name string, in Inputs, o Options) (Predictor, error)
}{
	{"fm", modelAlways, func(_ string, in Inputs, o Options) (Predictor, error) { return newFM(in, o) }}, // low-rank second-order model, an *FM
	{"ridge", modelPlain, openRidge},   // linear model on the features, a *Ridge
	{"flops", modelPlain, openFLOPs},   // line on FLOPs or their logarithm, a *Scalar
	{"params", modelPlain, openParams}, // line on parameters or their logarithm, a *Scalar
	{"gp", modelAsked, func(_ string, in Inputs, o Options) (Predictor, error) { return newGP(in, o) }},       // Gaussian process on choices and graphs, a *GP
	{"blend", modelAsked, func(_ string, in Inputs, o Options) (Predictor, error) { return newBlend(in, o) }}, // mean of gp, fm and ridge, a *Blend
}

// modelKind says when Models lists a model.
type modelKind int

const (
	modelAsked  modelKind = iota // where it is asked for
	modelAlways                  // unasked
	modelPlain                   // unasked: others must beat it
)

// Plain reports whether a model is one that others must beat.
func Plain(name string) bool {
	for _, m := range models {
		if m.name == name {
			return m.kind == modelPlain
		}
	}
	return false
}

// Names lists the models that New knows, the low-rank one first.
func Names() []string {
	var names []string
	for _, m := range models {
		names = append(names, m.name)
	}
	return names
}

// New returns the model called name, one of Names, not yet fitted. The error names the
// unknown model, the missing input or the bad option.
func New(name string, in Inputs, o Options) (Predictor, error) {
	for _, m := range models {
		if m.name == name {
			return m.open(name, in, o)
		}
	}
	return nil, fmt.Errorf("predictor %q is unknown; want one of %s", name, strings.Join(Names(), ", "))
}

func openRidge(_ string, in Inputs, _ Options) (Predictor, error) {
	if in.Features == nil {
		return nil, fmt.Errorf("predictor ridge: Inputs.Features is nil; want the features of an architecture")
	}
	return &Ridge{features: in.Features}, nil
}

func openFLOPs(name string, in Inputs, _ Options) (Predictor, error) {
	if in.FLOPs == nil {
		return nil, fmt.Errorf("predictor flops: Inputs.FLOPs is nil; want the operations of an architecture")
	}
	return &Scalar{name: name, size: in.FLOPs}, nil
}

func openParams(name string, in Inputs, _ Options) (Predictor, error) {
	if in.Params == nil {
		return nil, fmt.Errorf("predictor params: Inputs.Params is nil; want the parameters of an architecture")
	}
	return &Scalar{name: name, size: in.Params}, nil
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
