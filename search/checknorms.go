package search

import (
	"context"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/supernet"
)

// Subnets of the comparison of batch-norm statistics, and those whose statistics stand
// for the ones that are inherited: as many as there is time for.
const leastNorms, mostNorms = 4, 16

// normChecks evaluates some of the first samples again with inherited weights, but with other
// statistics than their own: those of each batch, and means over subnets as the sampler
// draws them, which is what a supernet with running statistics would hand down. Nil
// without samples.
func (r *Run) normChecks(ctx context.Context, out *outcome) (*report.Norms, error) {
	if out.first == 0 {
		return nil, nil
	}
	eighth, images := r.checkPictures()/8, r.comparedOn().Len()
	pool, err := r.lastSamples(min(max(eighth/r.cfg.Evaluate.Calibration, leastNorms), mostNorms))
	if err != nil {
		return nil, err
	}
	pooled, err := r.compare.Pool(ctx, pool)
	if err != nil {
		return nil, err
	}
	n := min(max(3*eighth/(2*images), leastNorms), mostNorms, out.first)
	evaluated := make([]controller.Trial, n)
	for i := range evaluated {
		evaluated[i] = out.samples[i*out.first/n]
	}
	own, inherited, batch, err := r.otherNorms(ctx, evaluated, pooled)
	if err != nil {
		return nil, err
	}
	return &report.Norms{
		Calibration: min(r.cfg.Evaluate.Calibration, r.splits.Train.Len()), Pictures: images, Pooled: len(pool), Own: summary(own), Inherited: summary(inherited), Batch: summary(batch),
		OverPooled: own.less(inherited), OverBatch: own.less(batch),
	}, nil
}

// otherNorms returns the accuracies of evaluated subnets with their own statistics, with pooled
// ones and with those of each batch, several subnets at a time.
func (r *Run) otherNorms(ctx context.Context, evaluated []controller.Trial, pooled *supernet.PooledStats) (own, inherited, batch normScores, err error) {
	l, err := r.openLanes(len(evaluated))
	if err != nil {
		return nil, nil, nil, err
	}
	defer l.close()
	by := make(map[*ops.Exec]*supernet.Evaluator)
	for _, e := range l.execs {
		if by[e], err = r.evaluatorOn(e, r.net, r.comparedOn()); err != nil {
			return nil, nil, nil, err
		}
	}
	own, inherited, batch = make(normScores, len(evaluated)), make(normScores, len(evaluated)), make(normScores, len(evaluated))
	err = l.run(ctx, len(evaluated), nil, func(ctx context.Context, e *ops.Exec, i int) error {
		a := evaluated[i].Arch
		shared, err := by[e].EvaluateNorms(ctx, a, pooled.Of(a))
		if err != nil {
			return err
		}
		each, err := by[e].EvaluateNorms(ctx, a, nil)
		own[i], inherited[i], batch[i] = evaluated[i].Accuracy, shared.Accuracy, each.Accuracy
		return err
	})
	return own, inherited, batch, err
}

// normScores are accuracies, subnet by subnet.
type normScores []float64

// less sums up the differences, subnet by subnet.
func (a normScores) less(b normScores) controller.Summary {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return summary(d)
}
