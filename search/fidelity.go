package search

import (
	"context"
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/search/truth"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// FidelityPlot is the scatter plot in a run folder.
const FidelityPlot = "fidelity.svg"

// Fidelity evaluates the architectures of a file on the supernet and compares.
func (r *Run) Fidelity(ctx context.Context, t *truth.File) (*truth.Fidelity, error) {
	f, err := truth.NewFidelity(r.family.Space(), t)
	if err != nil {
		return nil, err
	}
	if err := r.evaluateShared(ctx, f); err != nil {
		return nil, err
	}
	f.Compare(r.cfg.Seed)
	return f, nil
}

// pooledSubnets are calibrated for the pooled statistics.
const pooledSubnets = 64

// evaluateShared scores the architectures with inherited weights in three ways.
func (r *Run) evaluateShared(ctx context.Context, f *truth.Fidelity) error {
	samples, err := r.pool()
	if err != nil {
		return err
	}
	f.Pooled = len(samples)
	pool, err := r.final.Pool(ctx, samples)
	if err != nil {
		return err
	}
	for i := range f.Evaluated {
		j := &f.Evaluated[i]
		own, err := r.final.Evaluate(ctx, []space.Arch{j.Network})
		if err != nil {
			return err
		}
		batch, err := r.final.EvaluateNorms(ctx, j.Network, nil)
		if err != nil {
			return err
		}
		pooled, err := r.final.EvaluateNorms(ctx, j.Network, pool.Of(j.Network))
		if err != nil {
			return err
		}
		j.Own, j.Batch, j.Pooled = truth.Score(own[0]), truth.Score(batch), truth.Score(pooled)
		r.monitor.Events.Update(Status{Done: float64(i + 1), Total: float64(len(f.Evaluated)), Unit: "networks"})
	}
	r.size(f)
	return nil
}

// size fills in what a search that had evaluated these architectures first would rank
// them by.
func (r *Run) size(f *truth.Fidelity) {
	var archs []space.Arch
	var targets []float64
	for _, j := range f.Evaluated {
		archs, targets = append(archs, j.Network), append(targets, math.Exp(-j.Own.Loss))
	}
	s := newSized(archs, targets, r.flops)
	for i, a := range archs {
		f.Evaluated[i].Sized = s.score(a, targets[i])
	}
}

// limited reports whether limits or reach may have bound what was trained.
func (r *Run) limited() bool { return r.cfg.Limits.Any() || r.cfg.Finish.Reach > 0 }

// keepPool notes the subnets for pooled statistics where limits or reach may bound what is trained.
func (r *Run) keepPool() error {
	r.state.Pool = nil
	if !r.limited() {
		return nil
	}
	archs, err := r.lastSamples(pooledSubnets)
	for _, a := range archs {
		r.state.Pool = append(r.state.Pool, r.family.Space().Format(a))
	}
	return err
}

// pool returns the subnets for pooled statistics of a trained run: those that it has noted, or any
// of the space.
func (r *Run) pool() ([]space.Arch, error) {
	if len(r.state.Pool) == 0 {
		if r.limited() {
			r.monitor.Log.Warn("the run is of an earlier version and does not tell what its limits have left of the space: pooled statistics are means over subnets of all of it")
		}
		return r.lastSamples(pooledSubnets)
	}
	archs := make([]space.Arch, len(r.state.Pool))
	for i, text := range r.state.Pool {
		var err error
		if archs[i], err = r.family.Space().Parse(text); err != nil {
			return nil, fmt.Errorf("%s: pool[%d]: %w", r.dir.Path(rundir.State), i, err)
		}
	}
	return archs, nil
}

// lastSamples returns at least n subnets that the supernet's sampler would have
// trained at its end; random ones stand for those of an ENAS controller.
func (r *Run) lastSamples(n int) ([]space.Arch, error) {
	s, err := r.lastSampler()
	if err != nil {
		return nil, err
	}
	rng := stream.New(r.cfg.Seed, "subnets for pooled statistics")
	var archs []space.Arch
	var samples []supernet.Sample
	for len(archs) < n {
		samples = s.Sample(r.cfg.Train.Steps, rng, samples[:0])
		for _, l := range samples {
			archs = append(archs, l.Arch)
		}
	}
	return archs, nil
}

// lastSampler returns the sampler of the last training steps.
func (r *Run) lastSampler() (supernet.Sampler, error) {
	if r.enas() {
		return supernet.NewSampler("uniform", r.family.Space(), supernet.SamplerOptions{})
	}
	return r.samplerAlone(0)
}
