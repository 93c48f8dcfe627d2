package supernet

import (
	"context"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// EvaluateNorms evaluates one architecture as Evaluate does, but with other
// batch-norm statistics than its own: stats, an entry per step of its plan (see
// Calibrate), or, where stats is nil, those of each batch that it is evaluated on.
func (v *Evaluator) EvaluateNorms(ctx context.Context, a space.Arch, stats []*ops.Stats) (Score, error) {
	mode := ops.NormRunning
	if stats == nil {
		mode = ops.NormBatch
	}
	view := v.net.Subnet(a)
	var s Score
	err := v.each(ctx, v.val, func(x *ops.Tensor) {
		logits := view.forward(v.exec, &v.passes[0], x, stats, mode)
		s.Accuracy += float64(ops.Correct(logits, v.batch.Labels))
		s.Loss = ops.AddLosses(v.exec, s.Loss, logits, v.batch.Labels)
	})
	n := float64(v.val.Set().Len())
	return Score{s.Accuracy / n, s.Loss / n}, err
}

// PooledStats are batch-norm statistics that subnets share: what a supernet with
// running statistics would have kept while such subnets were trained.
type PooledStats struct {
	net  *Net
	sums map[string]*pooledNorm
}

// pooledNorm sums the statistics of the first channels of one norm; narrow
// subnets lack the others.
type pooledNorm struct {
	mean, vars, count []float64
}

// Pool returns the mean over architectures of their own statistics, for each
// norm and channel over those that have it. An architecture that is listed twice
// counts twice.
func (v *Evaluator) Pool(ctx context.Context, archs []space.Arch) (*PooledStats, error) {
	p := &PooledStats{net: v.net, sums: map[string]*pooledNorm{}}
	for _, a := range archs {
		stats, err := v.Calibrate(ctx, a)
		if err != nil {
			return nil, err
		}
		for i, s := range v.net.Subnet(a).plan {
			if stats[i] != nil {
				p.add(s.Norm, stats[i])
			}
		}
	}
	return p, nil
}

func (p *PooledStats) add(norm string, s *ops.Stats) {
	have := p.sums[norm]
	if have == nil {
		n := p.net.byName[scaleName(norm)].Count()
		have = &pooledNorm{make([]float64, n), make([]float64, n), make([]float64, n)}
		p.sums[norm] = have
	}
	for c := range s.Mean {
		have.mean[c] += float64(s.Mean[c])
		have.vars[c] += float64(s.Var[c])
		have.count[c]++
	}
}

// Of returns the statistics for an architecture, an entry per step of its plan.
// Channels that no pooled architecture had keep mean 0 and variance 1.
func (p *PooledStats) Of(a space.Arch) []*ops.Stats {
	plan := p.net.family.Plan(a)
	stats := make([]*ops.Stats, len(plan))
	for i, s := range plan {
		if s.Norm == "" {
			continue
		}
		stats[i] = ops.NewStats(s.Layer.OutC)
		have := p.sums[s.Norm]
		for c := range stats[i].Mean {
			if have != nil && have.count[c] > 0 {
				stats[i].Mean[c] = float32(have.mean[c] / have.count[c])
				stats[i].Var[c] = float32(have.vars[c] / have.count[c])
			}
		}
	}
	return stats
}
