package search

import (
	"errors"
	"fmt"

	"github.com/espalier-nas/espalier/search/truth"
)

// checkTruth reports why a truth is not one for this run or not what the options
// say.
func (r *Run) checkTruth(t *truth.File, o TruthOptions) error {
	var errs []error
	check := func(field string, have, want any, hint string) {
		if have != want {
			errs = append(errs, fmt.Errorf("%s is %v; want %v%s", field, have, want, hint))
		}
	}
	h := t.Head
	check("space", h.Space, r.family.Space().ID(), ", the run's")
	check("data", h.Data, r.source.Name, ", the run's")
	p, err := pictures(r.source)
	if err != nil {
		return err
	}
	if h.Pictures != p {
		check("pictures", h.Pictures, p, ", the fingerprint of the run's")
	} else if !o.OtherSplit {
		check("splits", h.Splits, r.state.Data, ", the run's: train with the same seed and shares, or say --other-split")
	}
	if o.Count != 0 {
		check("count", h.Count, o.Count, "")
	}
	if o.Seeds != 0 {
		check("seeds", h.Seeds, o.Seeds, "")
	}
	switch {
	case o.Steps != 0:
		check("steps", h.Steps, o.Steps, "")
	case o.Epochs != 0:
		check("steps", h.Steps, r.epochSteps(o.Epochs), "")
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	return r.checkRows(t)
}

// checkRows checks the rows against the space.
func (r *Run) checkRows(t *truth.File) error {
	for i, row := range t.Rows {
		a, err := r.family.Space().Parse(row.Arch)
		if err != nil {
			return fmt.Errorf("row %d: %w", i+1, err)
		}
		plan := r.family.Plan(a)
		if row.FLOPs != plan.FLOPs() || row.Params != plan.Params() {
			return fmt.Errorf("row %d has %d FLOPs and %d parameters; want %d and %d, those of %s", i+1, row.FLOPs, row.Params, plan.FLOPs(), plan.Params(), row.Arch)
		}
	}
	return nil
}

// checkRecipe reports why this run's trainings would not be like those of t.
func (r *Run) checkRecipe(t *truth.File) error {
	var errs []error
	check := func(field, have, want string) {
		if have != want {
			errs = append(errs, fmt.Errorf("%s is %s; want %s to go on with its trainings, or --partial to use those done", field, have, want))
		}
	}
	check("recipe", t.Head.Recipe, r.recipe(t.Head.Steps))
	check("kernel", t.Head.Kernel, r.exec.Kernel())
	check("splits", t.Head.Splits, r.state.Data)
	return errors.Join(errs...)
}
