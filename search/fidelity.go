package search

import (
	"context"
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// FidelityPlot is the scatter plot in a run folder.
const FidelityPlot = "fidelity.svg"

// leastFidelity is the number of architectures that figures need.
const leastFidelity = 2

// Fidelity tells how well scores on the supernet rank architectures as training
// them alone does.
type Fidelity struct {
	Data      string      `json:"data"`
	Space     string      `json:"space"` // ID
	Steps     int         `json:"steps"` // of each training alone
	Batch     int         `json:"batch"` // images per step
	Trainings int         `json:"trainings"`
	Judged    []JudgedTwo `json:"architectures"`
	Ratings   []Rating    `json:"ratings"`
	Gains     []Gain      `json:"gains"`
	Gap       Gap         `json:"gap"`
	Noise     float64     `json:"noise"`  // standard deviation of accuracy between trainings of one architecture; 0 with one training
	Pooled    int         `json:"pooled"` // subnets whose statistics the pooled ones are means of
}

// JudgedTwo is an architecture judged by training it alone and on the supernet.
type JudgedTwo struct {
	Arch      string    `json:"arch"`
	FLOPs     int64     `json:"flops"`
	Params    int64     `json:"params"`
	Stratum   int       `json:"stratum"`
	Alone     []float64 `json:"alone"`      // accuracy of each training, fraction
	EarlyLoss float64   `json:"early_loss"` // after one epoch of training alone, mean over trainings, nats
	Own       score     `json:"supernet"`   // inherited weights, recalibrated statistics
	Sized     float64   `json:"sized"`      // what a search ranks by: see sized
	Batch     score     `json:"batch"`      // inherited weights, statistics of each batch
	Pooled    score     `json:"pooled"`     // inherited weights, pooled statistics
	arch      space.Arch
}

// Mean returns the mean accuracy of the trainings.
func (j JudgedTwo) Mean() float64 {
	var sum float64
	for _, a := range j.Alone {
		sum += a
	}
	return sum / float64(len(j.Alone))
}

// Rating is how well one kind of score ranks architectures.
type Rating struct {
	Score   string `json:"score"`
	Against string `json:"against"` // what is taken for the truth
	predictor.Agreement
}

// Gain is by how much the tau of a supernet's score exceeds that of another, on
// the same resamples of architectures.
type Gain struct {
	Score string             `json:"score"`
	Over  string             `json:"over"`
	Tau   predictor.Estimate `json:"tau"`
}

// Gap is what training alone adds to the accuracy with inherited weights, in
// percentage points.
type Gap struct {
	Mean float64 `json:"mean"`
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
}

// Fidelity judges the truth's architectures on the supernet and compares.
func (r *Run) Fidelity(ctx context.Context, t *Truth) (*Fidelity, error) {
	f := &Fidelity{Data: t.Head.Data, Space: t.Head.Space, Steps: t.Head.Steps, Batch: t.Head.Batch, Trainings: len(t.Rows)}
	if err := f.gather(r.family.Space(), t.Rows); err != nil {
		return nil, err
	}
	if len(f.Judged) < leastFidelity {
		return nil, fmt.Errorf("%s holds %d architectures; want at least %d", t.path, len(f.Judged), leastFidelity)
	}
	if err := r.judgeShared(ctx, f); err != nil {
		return nil, err
	}
	f.compare(r.cfg.Seed)
	return f, nil
}

// gather lists the trainings by architecture.
func (f *Fidelity) gather(s *space.Space, rows []Alone) error {
	at := map[string]int{}
	for _, row := range rows {
		i, ok := at[row.Arch]
		if !ok {
			a, err := s.Parse(row.Arch)
			if err != nil {
				return err
			}
			i, at[row.Arch] = len(f.Judged), len(f.Judged)
			f.Judged = append(f.Judged, JudgedTwo{Arch: row.Arch, FLOPs: row.FLOPs, Params: row.Params, Stratum: row.Stratum, arch: a})
		}
		j := &f.Judged[i]
		n := float64(len(j.Alone))
		j.EarlyLoss = (n*j.EarlyLoss + row.EarlyLoss) / (n + 1)
		j.Alone = append(j.Alone, row.Accuracy)
	}
	return nil
}

// pooledSubnets are calibrated for the pooled statistics.
const pooledSubnets = 64

// judgeShared scores the architectures with inherited weights in three ways.
func (r *Run) judgeShared(ctx context.Context, f *Fidelity) error {
	samples, err := r.lastSamples(pooledSubnets)
	if err != nil {
		return err
	}
	f.Pooled = len(samples)
	pool, err := r.final.Pool(ctx, samples)
	if err != nil {
		return err
	}
	for i := range f.Judged {
		j := &f.Judged[i]
		own, err := r.final.Evaluate(ctx, []space.Arch{j.arch})
		if err != nil {
			return err
		}
		batch, err := r.final.EvaluateNorms(ctx, j.arch, nil)
		if err != nil {
			return err
		}
		pooled, err := r.final.EvaluateNorms(ctx, j.arch, pool.Of(j.arch))
		if err != nil {
			return err
		}
		j.Own, j.Batch, j.Pooled = score(own[0]), score(batch), score(pooled)
		r.monitor.Events.Update(Status{Done: float64(i + 1), Total: float64(len(f.Judged)), Unit: "networks"})
	}
	f.size(r.flops)
	return nil
}

// size fills in what a search that had judged these architectures first would rank
// them by.
func (f *Fidelity) size(flops func(space.Arch) int64) {
	var archs []space.Arch
	var targets []float64
	for _, j := range f.Judged {
		archs, targets = append(archs, j.arch), append(targets, math.Exp(-j.Own.Loss))
	}
	s := newSized(archs, targets, flops)
	for i, a := range archs {
		f.Judged[i].Sized = s.score(a, targets[i])
	}
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

// Names of the scores that are rated.
const (
	scoreAccuracy       = "supernet, accuracy"
	scoreLoss           = "supernet, loss"
	scoreSized          = "supernet, loss and FLOPs"
	scoreBatchAccuracy  = "batch statistics, accuracy"
	scoreBatchLoss      = "batch statistics, loss"
	scorePooledAccuracy = "pooled statistics, accuracy"
	scorePooledLoss     = "pooled statistics, loss"
	scoreFLOPs          = "FLOPs"
	scoreParams         = "parameters"
	scoreEarly          = "loss after one epoch alone"
	scoreTraining       = "another training alone"
	againstMean         = "mean"
	againstOne          = "one training"
)

// rated is a kind of score; higher is better.
type rated struct {
	name string
	of   func(JudgedTwo) float64
}

func flopsOf(j JudgedTwo) float64 { return float64(j.FLOPs) }

// ratedScores lists the scores, the supernet's own first.
func ratedScores() []rated {
	return []rated{
		{scoreAccuracy, func(j JudgedTwo) float64 { return j.Own.Accuracy }},
		{scoreLoss, func(j JudgedTwo) float64 { return -j.Own.Loss }},
		{scoreSized, func(j JudgedTwo) float64 { return j.Sized }},
		{scoreBatchAccuracy, func(j JudgedTwo) float64 { return j.Batch.Accuracy }},
		{scoreBatchLoss, func(j JudgedTwo) float64 { return -j.Batch.Loss }},
		{scorePooledAccuracy, func(j JudgedTwo) float64 { return j.Pooled.Accuracy }},
		{scorePooledLoss, func(j JudgedTwo) float64 { return -j.Pooled.Loss }},
		{scoreFLOPs, flopsOf},
		{scoreParams, func(j JudgedTwo) float64 { return float64(j.Params) }},
		{scoreEarly, func(j JudgedTwo) float64 { return -j.EarlyLoss }},
	}
}

// compare fills in all figures.
func (f *Fidelity) compare(seed uint64) {
	scores := ratedScores()
	for _, s := range scores {
		f.rate(s.name, againstMean, f.Judged, []predictor.Judgement{against(f.Judged, s, JudgedTwo.Mean)}, seed)
	}
	full, n := f.repeated()
	if n > 1 && len(full) >= leastFidelity {
		f.ceiling(full, n, seed)
	}
	flops := against(f.Judged, rated{of: flopsOf}, JudgedTwo.Mean)
	for _, s := range scores[:3] {
		f.Gains = append(f.Gains, Gain{s.name, scoreFLOPs, predictor.Advantage(against(f.Judged, s, JudgedTwo.Mean), flops, seed)})
	}
	f.Gap = gapOf(f.Judged)
	f.Noise = noiseOf(full)
}

// against pairs a kind of score with a truth.
func against(list []JudgedTwo, s rated, truth func(JudgedTwo) float64) predictor.Judgement {
	var p predictor.Judgement
	for _, j := range list {
		p.Score, p.Truth = append(p.Score, s.of(j)), append(p.Truth, truth(j))
	}
	return p
}

// rate adds a rating.
func (f *Fidelity) rate(score, truth string, list []JudgedTwo, judged []predictor.Judgement, seed uint64) {
	var s predictor.Subjects
	for _, j := range list {
		s.LogFLOPs, s.Stratum = append(s.LogFLOPs, math.Log(float64(max(j.FLOPs, 1)))), append(s.Stratum, j.Stratum)
	}
	f.Ratings = append(f.Ratings, Rating{score, truth, predictor.Agree(s, judged, seed)})
}

// repeated returns the architectures with most trainings and how many those are.
func (f *Fidelity) repeated() (list []JudgedTwo, n int) {
	for _, j := range f.Judged {
		n = max(n, len(j.Alone))
	}
	for _, j := range f.Judged {
		if len(j.Alone) == n {
			list = append(list, j)
		}
	}
	return list, n
}

// ceiling rates the supernet against single trainings, and trainings against
// each other: a score that ranks a training as well as another training does is
// as good as training alone. Only one with less noise than that could do better.
func (f *Fidelity) ceiling(list []JudgedTwo, n int, seed uint64) {
	training := func(k int) func(JudgedTwo) float64 { return func(j JudgedTwo) float64 { return j.Alone[k] } }
	for _, s := range ratedScores()[:2] {
		for k := range n {
			f.rate(s.name, fmt.Sprintf("training %d", k+1), list, []predictor.Judgement{against(list, s, training(k))}, seed)
		}
	}
	var pairs []predictor.Judgement
	for k := range n {
		for l := range n {
			if k != l {
				pairs = append(pairs, against(list, rated{of: training(k)}, training(l)))
			}
		}
	}
	f.rate(scoreTraining, againstOne, list, pairs, seed)
}

// gapOf compares mean accuracies alone with inherited ones.
func gapOf(list []JudgedTwo) Gap {
	g := Gap{Min: math.Inf(1), Max: math.Inf(-1)}
	for _, j := range list {
		d := 100 * (j.Mean() - j.Own.Accuracy)
		g.Mean += d / float64(len(list))
		g.Min, g.Max = min(g.Min, d), max(g.Max, d)
	}
	return g
}

// noiseOf returns the standard deviation of accuracy between trainings of one
// architecture, pooled over architectures.
func noiseOf(list []JudgedTwo) float64 {
	var sum, free float64
	for _, j := range list {
		m := j.Mean()
		for _, a := range j.Alone {
			sum += (a - m) * (a - m)
		}
		free += float64(len(j.Alone) - 1)
	}
	return math.Sqrt(sum / max(free, 1))
}
