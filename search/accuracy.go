package search

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// The arms of a run, as trials.jsonl names them. Searches have a number each.
const (
	armSample      = "sample"       // architectures that the predictor learns from first
	armSearch      = "search"       // proposals of the strategy
	armFinal       = "final"        // the search's candidates, on the whole validation split
	armRandom      = "random"       // random search with as many evaluations
	armRandomFinal = "random final" // its candidates, on the whole validation split
)

// evaluateBatch architectures are evaluated together: enough for prefixes to be
// shared, few enough to be interrupted soon.
const evaluateBatch = 16

// comparedOn returns the validation images that candidates are compared on. The
// split is shuffled, so that its beginning is a fair sample.
func (r *Run) comparedOn() *data.Set {
	val := r.splits.Val
	n := compared(r.cfg, val.Len())
	if n == val.Len() {
		return val
	}
	idx := make([]int, n)
	for i := range idx {
		idx[i] = i
	}
	return val.Subset(idx)
}

// evaluator returns an evaluator of n on a set.
func (r *Run) evaluator(n *supernet.Net, set *data.Set) (*supernet.Evaluator, error) {
	return r.evaluatorOn(r.exec, n, set)
}

// evaluatorOn is evaluator on processors of the caller's.
func (r *Run) evaluatorOn(x *ops.Exec, n *supernet.Net, set *data.Set) (*supernet.Evaluator, error) {
	e := r.cfg.Evaluate
	return supernet.NewEvaluator(x, n, r.splits.Train, set, r.norm,
		supernet.EvalOptions{Calibration: e.Calibration, Batch: e.Batch, Seed: r.cfg.Seed})
}

// openEvaluators makes the evaluators of the trained weights.
func (r *Run) openEvaluators() (err error) {
	if r.compare, err = r.evaluator(r.net, r.comparedOn()); err != nil {
		return err
	}
	r.final, err = r.evaluator(r.net, r.splits.Val)
	return err
}

// sharedScores is a supernet evaluator as the controller wants it.
type sharedScores struct{ *supernet.Evaluator }

// Evaluate implements controller.Evaluator.
func (j sharedScores) Evaluate(ctx context.Context, archs []space.Arch) ([]controller.Score, error) {
	scores, err := j.Evaluator.Evaluate(ctx, archs)
	if err != nil {
		return nil, err
	}
	out := make([]controller.Score, len(scores))
	for i, s := range scores {
		out[i] = controller.Score{Accuracy: s.Accuracy, Loss: s.Loss}
	}
	return out, nil
}

// rate evaluates a list of architectures as an arm of the run: what an earlier run
// has logged is taken from there, the rest is evaluated and logged.
func (r *Run) rate(ctx context.Context, arm string, archs []space.Arch, by sharedScores, cost func(space.Arch) (controller.Cost, error)) ([]controller.Trial, error) {
	trials, err := r.replay(arm)
	if err != nil {
		return nil, err
	}
	if len(trials) > len(archs) {
		return nil, fmt.Errorf("%s: arm %q has %d trials; want at most %d", r.dir.Path(rundir.Trials), arm, len(trials), len(archs))
	}
	for i, t := range trials {
		if t.Arch != archs[i] {
			return nil, fmt.Errorf("%s: trial %d of arm %q is %s; want %s, which this run evaluates there", r.dir.Path(rundir.Trials), i, arm,
				r.family.Space().Format(t.Arch), r.family.Space().Format(archs[i]))
		}
	}
	for batch := range slices.Chunk(archs[:len(trials)], evaluateBatch) {
		by.Count(batch)
	}
	for done := len(trials); done < len(archs); done = len(trials) {
		batch := archs[done:min(done+evaluateBatch, len(archs))]
		scores, err := by.Evaluate(ctx, batch)
		if err != nil {
			return nil, err
		}
		for i, a := range batch {
			c, err := cost(a)
			if err != nil {
				return nil, err
			}
			t := controller.Trial{Index: done + i, Arch: a, Cost: c, Accuracy: scores[i].Accuracy, Loss: scores[i].Loss, Reward: scores[i].Accuracy}
			if err := r.record(arm, t); err != nil {
				return nil, err
			}
			trials = append(trials, t)
		}
		r.monitor.Events.Update(Status{Done: float64(len(trials)), Total: float64(len(archs)), Unit: "networks"})
	}
	return trials, nil
}

// record logs one trial.
func (r *Run) record(arm string, t controller.Trial) error {
	return r.trials.Append(rundir.Trial{
		Arm: arm, Index: t.Index, Arch: r.family.Space().Format(t.Arch), Strategy: t.Strategy,
		Latency: t.Cost.Latency, FLOPs: t.Cost.FLOPs, Params: t.Cost.Params, Memory: t.Cost.Memory, Size: t.Cost.Size, Energy: t.Cost.Energy, Elsewhere: seconds(t.Cost.Elsewhere),
		Accuracy: t.Accuracy, Loss: t.Loss, Reward: t.Reward,
	})
}

// replay returns the trials of an arm that earlier runs have logged.
func (r *Run) replay(arm string) ([]controller.Trial, error) {
	lines := r.logged[arm]
	trials := make([]controller.Trial, len(lines))
	for i, l := range lines {
		a, err := r.family.Space().Parse(l.Arch)
		if err != nil {
			return nil, fmt.Errorf("%s: trial %d of arm %q: %w", r.dir.Path(rundir.Trials), i, arm, err)
		}
		cost, err := r.costElsewhere(a)
		if err != nil {
			return nil, err
		}
		cost.Latency, cost.Energy = l.Latency, l.Energy
		trials[i] = controller.Trial{
			Index: l.Index, Arch: a, Strategy: l.Strategy, Cost: cost,
			Accuracy: l.Accuracy, Loss: l.Loss, Reward: l.Reward,
		}
	}
	return trials, nil
}

// sample evaluates the architectures that the predictor learns from first. They
// are sorted, so that neighbours share long prefixes. It also tells which of them were
// drawn at random.
func (r *Run) sample(ctx context.Context, l *latency.Model) (trials []controller.Trial, random map[space.Arch]bool, err error) {
	archs, random, err := r.drawSamples(l)
	if err != nil {
		return nil, nil, err
	}
	trials, err = r.rate(ctx, armSample, archs, sharedScores{r.compare}, l.Cost)
	return trials, random, err
}

const (
	// feasibleDraws per sample look for one within the limits; where the feasible
	// region is tiny, samples from all over the space must do.
	feasibleDraws = 30
	// betweenEvery is one sample in so many that is a mutated mixture of the
	// largest and the narrowest architecture: where the weights are best trained,
	// uniform ones hardly ever come.
	betweenEvery = 3
)

// given returns the architectures that no search has to find: the largest within
// the limits, the smallest, and those that a person would try first, of one width
// throughout, of which the narrow slice is the first. Both arms have them.
func (r *Run) given() []space.Arch {
	return append([]space.Arch{r.largest(), r.family.Extremes().Smallest}, r.family.Extremes().Uniform...)
}

// drawSamples returns different architectures: those that are given, random ones, and
// mixtures of the largest and the narrowest; and which of them are random ones.
func (r *Run) drawSamples(l *latency.Model) (archs []space.Arch, random map[space.Arch]bool, err error) {
	rng := stream.New(r.seed(), "samples")
	limits, f := r.limits(), r.family
	first := r.given()
	seen := make(map[space.Arch]bool)
	random = make(map[space.Arch]bool)
	for tries := 0; len(archs) < r.cfg.Predictor.Samples && tries < 20*r.cfg.Predictor.Samples; tries++ {
		a, drawn := f.Space().Random(rng), true
		for draws := range feasibleDraws {
			switch {
			case tries < len(first) && draws == 0:
				a, drawn = first[tries], false
			case tries%betweenEvery == 0:
				a, drawn = f.Space().Mutate(rng, f.Space().Cross(rng, r.largest(), f.Extremes().Narrow), 0.5*rng.Float64()), false
			case draws > 0:
				a, drawn = f.Space().Random(rng), true
			}
			c, err := l.Cost(a)
			if err != nil {
				return nil, nil, err
			}
			if limits.Excess(c) == 0 {
				break
			}
		}
		if !seen[a] {
			seen[a], random[a] = true, drawn
			archs = append(archs, a)
		}
	}
	slices.SortFunc(archs, func(a, b space.Arch) int { return sign(a.Less(b)) })
	return archs, random, nil
}

// limits returns what predicted costs must meet: the user's limits, and the budget's reach where
// that is lower.
func (r *Run) limits() controller.Limits {
	all := r.asked()
	if reach := r.cfg.Finish.Reach.Seconds(); reach > 0 && (all.Latency == 0 || reach < all.Latency) {
		all.Latency = reach
	}
	return all
}

// asked returns the user's limits as the controller wants them.
func (r *Run) asked() controller.Limits {
	l := r.cfg.Limits
	all := controller.Limits{Latency: l.Latency.Seconds(), FLOPs: int64(l.FLOPs), Params: int64(l.Params), Memory: int64(l.Memory), Size: int64(l.Size), Energy: float64(l.Energy)}
	for _, e := range l.Elsewhere {
		all.Elsewhere = append(all.Elsewhere, controller.DeviceLatency{Device: e.Device(), Latency: e.Latency.Seconds()})
	}
	return all
}

// seconds returns latencies without the names of their devices.
func seconds(all []controller.DeviceLatency) (s []float64) {
	for _, d := range all {
		s = append(s, d.Latency)
	}
	return s
}

// accuracyModel is a fitted predictor and how good its kind is.
type accuracyModel struct {
	model       predictor.Predictor
	calibration predictor.Calibration // from what it said of the picks of earlier rounds
	standings   []predictor.Standing
	sized       *sized
}

// worth returns what the predicted targets of architectures are worth; see sized.
func (m *accuracyModel) worth(archs []space.Arch) []float64 {
	mean, _ := m.model.Predict(archs)
	for i, a := range archs {
		mean[i] = m.sized.score(a, mean[i])
	}
	return mean
}

// predicted is what a model says architectures are worth.
type predicted func([]space.Arch) []float64

// Evaluate implements controller.Evaluator: the accuracy of a score is the worth, and
// there is no loss.
func (p predicted) Evaluate(ctx context.Context, archs []space.Arch) ([]controller.Score, error) {
	scores := make([]controller.Score, len(archs))
	for i, v := range p(archs) {
		scores[i].Accuracy = v
	}
	return scores, ctx.Err()
}

// fitAccuracy learns to predict what the samples scored, and compares all
// models on architectures that they have not seen.
func (r *Run) fitAccuracy(samples []controller.Trial) (*accuracyModel, error) {
	archs := make([]space.Arch, len(samples))
	for i, t := range samples {
		archs[i] = t.Arch
	}
	r.sized = newSized(archs, r.targets(samples), r.flops)
	m := &accuracyModel{sized: r.sized}
	var err error
	if m.standings, err = r.compareModels(archs, samples); err != nil {
		return nil, err
	}
	if m.model, err = r.newPredictor(); err != nil {
		return nil, err
	}
	for _, s := range m.standings {
		r.monitor.Log.Info("accuracy predictor", "model", s.Model, "cross-validated", s.Report.String())
	}
	return m, r.fit(m, samples)
}

// target is what the predictor learns of an evaluated subnet, between 0 and 1: its
// accuracy or, where subnets are ranked by loss, the geometric mean of the
// probabilities that it gives the right classes.
func (r *Run) target(t controller.Trial) float64 { return r.targetOf(t.Accuracy, t.Loss) }

func (r *Run) targetOf(accuracy, loss float64) float64 {
	if r.cfg.Search.By == config.ByAccuracy {
		return accuracy
	}
	return math.Exp(-loss)
}

func (r *Run) targets(trials []controller.Trial) []float64 {
	y := make([]float64, len(trials))
	for i, t := range trials {
		y[i] = r.target(t)
	}
	return y
}

// guided reports whether the predictor scores proposals.
func (r *Run) guided() bool { return r.cfg.Search.Score == config.ScorePredictor }
