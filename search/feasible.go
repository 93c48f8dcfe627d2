package search

import (
	"context"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/supernet/space"
)

// unscored judges nothing: it is for finding out what may be judged.
type unscored struct{}

// Evaluate implements controller.Evaluator.
func (unscored) Evaluate(_ context.Context, archs []space.Arch) ([]controller.Score, error) {
	return make([]controller.Score, len(archs)), nil
}

// feasible returns an error that tells what the smallest network costs if no
// architecture is found that meets the limits, before anything is trained.
func (r *Run) feasible(ctx context.Context, l *Latencies) error {
	p := r.problem(unscored{}, l, r.limits())
	p.Reward = controller.Reward{}
	o := controller.Options{Trials: 1, Batch: 1, Seed: r.cfg.Seed, Strategy: "limits"}
	_, err := controller.Search(ctx, p, controller.NewRandomArm(r.family.Space(), r.cfg.Seed), o, nil)
	return err
}
