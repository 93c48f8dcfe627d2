package search

import (
	"context"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/report"
)

// Subnets of the comparison of batch-norm statistics, and those whose statistics stand
// for the ones that are inherited: as many as there is time for.
const leastNorms, mostNorms = 4, 16

// normChecks judges some of the first samples again with inherited weights, but with other
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
	rep := &report.Norms{Calibration: r.cfg.Evaluate.Calibration, Pictures: images, Pooled: len(pool)}
	var own, inherited, batch normScores
	for i := range n {
		t := out.samples[i*out.first/n]
		shared, err := r.compare.EvaluateNorms(ctx, t.Arch, pooled.Of(t.Arch))
		if err != nil {
			return nil, err
		}
		each, err := r.compare.EvaluateNorms(ctx, t.Arch, nil)
		if err != nil {
			return nil, err
		}
		own, inherited, batch = append(own, t.Accuracy), append(inherited, shared.Accuracy), append(batch, each.Accuracy)
	}
	rep.Own, rep.Inherited, rep.Batch = summary(own), summary(inherited), summary(batch)
	rep.OverPooled, rep.OverBatch = own.less(inherited), own.less(batch)
	return rep, nil
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
