package search

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// leastSparse is the step that accuracies are rounded to for sparse tau, as published; where
// fewer pictures say less than that, it is the standard error that they leave.
const leastSparse = 0.001

// sparseStep returns the step for accuracies on so many pictures.
func sparseStep(accuracies []float64, pictures int) float64 {
	p := stat.Mean(accuracies, nil)
	return max(leastSparse, math.Sqrt(p*(1-p)/float64(pictures)))
}

// rungFidelity sets inherited scores beside accuracies after the first rung; nil of too
// few.
func (r *Run) rungFidelity(risen []risenOne) *report.Fidelity {
	if len(risen) < report.LeastRanked {
		return nil
	}
	var s predictor.Subjects
	var j predictor.ScoredTruth
	for _, x := range risen {
		s.LogFLOPs = append(s.LogFLOPs, math.Log(float64(max(x.FLOPs, 1))))
		j.Score, j.Truth = append(j.Score, r.targetOf(x.Accuracy, x.Loss)), append(j.Truth, x.rung.Accuracy)
	}
	s.Stratum = halves(s.LogFLOPs)
	pictures := r.comparedOn().Len()
	return &report.Fidelity{
		Steps: risen[0].rung.Steps, Pictures: pictures, Scratch: r.cfg.Finish.Scratch,
		Agreement: predictor.Agree(s, []predictor.ScoredTruth{j}, r.cfg.Seed),
		Ranking:   predictor.Rank(j.Score, j.Truth, sparseStep(j.Truth, pictures), r.cfg.Seed),
	}
}

// halves tells which values are above the median: two strata.
func halves(values []float64) []int {
	out := make([]int, len(values))
	for i, v := range values {
		below := 0
		for _, w := range values {
			if w < v {
				below++
			}
		}
		if 2*below >= len(values) {
			out[i] = 1
		}
	}
	return out
}

// Sizes of the mini-batch by which plain scores are computed: as many pictures as there is
// time for.
const leastBatch, mostBatch = 16, 64

// gradientCost is the time of a gradient as a multiple of that of a forward pass.
const gradientCost = 3

// plainScores sets plain scores beside those of the search, on the first samples and on
// the candidates of the first rung; nil if there are neither.
func (r *Run) plainScores(ctx context.Context, out *outcome, risen []risenOne) (*report.Scores, error) {
	samples := ranked{truth: r.targets(out.samples[:out.first])}
	for _, t := range out.samples[:out.first] {
		samples.archs = append(samples.archs, t.Arch)
	}
	alone, inherited := r.rankedAlone(risen)
	if len(samples.archs)+len(alone.archs) == 0 {
		return nil, nil
	}
	archs := slices.Concat(samples.archs, alone.archs)
	pictures := r.checkPictures() / 2 / (len(archs) * (1 + gradientCost))
	m, err := r.openMinibatch(min(max(pictures, leastBatch), mostBatch, r.splits.Train.Len()))
	if err != nil {
		return nil, err
	}
	one, err := m.pass(ctx, archs)
	if err != nil {
		return nil, err
	}
	s := &report.Scores{Pictures: m.batch.N}
	predicted := func(a space.Arch) float64 { p, _ := out.prediction(a); return p.mean }
	if out.model != nil {
		s.Rows = append(s.Rows, r.scoreRow("predictor "+r.usedModel()+", before it learnt of them", samples.by(predicted), alone.by(predicted), samples, alone))
	}
	s.Rows = append(s.Rows, r.scoreRow("supernet, "+r.cfg.Search.By, nil, inherited, samples, alone))
	for _, p := range []struct {
		name string
		of   func(space.Arch) float64
	}{
		{"FLOPs", func(a space.Arch) float64 { return float64(r.flops(a)) }},
		{"parameters", func(a space.Arch) float64 { return float64(r.family.Plan(a).Params()) }},
		{"depth", func(a space.Arch) float64 { return float64(depth(r.family.Plan(a))) }},
		{"loss of one mini-batch, inherited weights", func(a space.Arch) float64 { return one.loss[a] }},
		{"norm of its gradient, fresh weights", func(a space.Arch) float64 { return one.gradient[a] }},
	} {
		s.Rows = append(s.Rows, r.scoreRow(p.name, samples.by(p.of), alone.by(p.of), samples, alone))
	}
	return s, nil
}

// ranked are architectures with what is believed of them.
type ranked struct {
	archs []space.Arch
	truth []float64
	step  float64 // truths are rounded to, for sparse tau
}

// rankedAlone returns what training alone says of the candidates of the first rung, and what
// inherited weights said.
func (r *Run) rankedAlone(risen []risenOne) (alone ranked, inherited []float64) {
	for _, x := range risen {
		alone.archs, alone.truth = append(alone.archs, x.arch), append(alone.truth, x.rung.Accuracy)
		inherited = append(inherited, r.targetOf(x.Accuracy, x.Loss))
	}
	if len(alone.truth) > 0 {
		alone.step = sparseStep(alone.truth, r.comparedOn().Len())
	}
	return alone, inherited
}

func (l ranked) by(of func(space.Arch) float64) []float64 {
	out := make([]float64, len(l.archs))
	for i, a := range l.archs {
		out[i] = of(a)
	}
	return out
}

// scoreRow rates one score; first is nil where it is the truth of the samples itself.
func (r *Run) scoreRow(name string, first, last []float64, samples, alone ranked) report.Score {
	row := report.Score{Name: name}
	if len(first) >= report.LeastRanked {
		k := predictor.Rank(first, samples.truth, samples.step, r.cfg.Seed)
		row.Supernet = &k
	}
	if len(last) >= report.LeastRanked {
		k := predictor.Rank(last, alone.truth, alone.step, r.cfg.Seed)
		row.Alone = &k
	}
	return row
}

// depth returns the number of layers with weights on the longest way through a plan.
func depth(p space.Plan) int {
	at := make([]int, len(p))
	for i, s := range p {
		for _, j := range s.In {
			if j != space.Image {
				at[i] = max(at[i], at[j])
			}
		}
		if _, weighs := s.Layer.Weight(); weighs {
			at[i]++
		}
	}
	return at[len(at)-1]
}

// minibatch is a batch of training pictures that scores are computed from.
type minibatch struct {
	r     *Run
	batch data.Batch
}

func (r *Run) openMinibatch(pictures int) (*minibatch, error) {
	m := &minibatch{r: r}
	train := r.splits.Train
	picked := stream.New(r.cfg.Seed, "mini-batch of checks").Perm(train.Len())[:pictures]
	data.NewLoader(train.Subset(picked), r.norm, data.Augment{}, pictures, 0).Sequential(&m.batch, 0, pictures)
	return m, m.batch.Err
}

// passed is what one batch says of architectures, higher is better in both.
type passed struct {
	loss     map[space.Arch]float64 // of the batch with inherited weights and its own statistics, negative
	gradient map[space.Arch]float64 // norm with the weights before training: the zero-cost score grad_norm
}

// pass passes the batch through architectures, several at a time, each on processors of
// its own: small batches are not worth dividing.
func (m *minibatch) pass(ctx context.Context, archs []space.Arch) (passed, error) {
	l, err := m.r.openLanes(len(archs))
	if err != nil {
		return passed{}, err
	}
	defer l.close()
	type lane struct {
		pass  supernet.Pass
		fresh *supernet.Net
	}
	of := make(map[*ops.Exec]*lane)
	for _, e := range l.execs {
		of[e] = &lane{fresh: supernet.New(m.r.family, m.r.cfg.Seed)}
	}
	loss, gradient := make([]float64, len(archs)), make([]float64, len(archs))
	err = l.run(ctx, len(archs), nil, func(ctx context.Context, e *ops.Exec, i int) error {
		at := of[e]
		loss[i] = -m.r.net.QuickScore(e, &at.pass, archs[i], &m.batch).Loss
		gradient[i] = at.fresh.GradNorm(e, &at.pass, archs[i], &m.batch)
		return ctx.Err()
	})
	p := passed{make(map[space.Arch]float64), make(map[space.Arch]float64)}
	for i, a := range archs {
		p.loss[a], p.gradient[a] = loss[i], gradient[i]
	}
	return p, err
}

// summary sums up finite figures for a report; of none it is empty.
func summary(figures []float64) controller.Summary {
	if len(figures) == 0 {
		return controller.Summary{}
	}
	s, err := controller.Summarise(figures, interval)
	if err != nil {
		panic("search: " + err.Error())
	}
	return s
}
