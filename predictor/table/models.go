package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/espalier-nas/espalier/predictor"
)

// references are models to compare with, beside those of package predictor.
var references = []struct {
	name string
	open func(in predictor.Inputs, o predictor.Options) (predictor.Predictor, error)
}{
	{"additive", func(in predictor.Inputs, o predictor.Options) (predictor.Predictor, error) {
		o.Ranks = []int{0}
		return predictor.New("fm", predictor.Inputs{Features: in.Features}, o)
	}},
	{"mlp", func(in predictor.Inputs, o predictor.Options) (predictor.Predictor, error) {
		return &mlp{features: in.Features, seed: o.Seed, steps: mlpSteps}, nil
	}},
}

// Models lists the models that Accuracy knows.
func Models() []string {
	names := predictor.Names()
	for _, r := range references {
		names = append(names, r.name)
	}
	return names
}

// open returns the model of a name.
func open(name string, in predictor.Inputs, o predictor.Options) (predictor.Predictor, error) {
	for _, r := range references {
		if r.name == name {
			return r.open(in, o)
		}
	}
	if !slices.Contains(predictor.Names(), name) {
		return nil, fmt.Errorf("model %q is unknown; want one of %s", name, strings.Join(Models(), ", "))
	}
	return predictor.New(name, in, o)
}
