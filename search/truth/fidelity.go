// Package truth holds what training networks alone gave, and tells how well scores agree with
// it: which architectures are trained (Draw), the csv files that keep the results (File, Table)
// and the figures, tables and plots of a comparison (Fidelity). It trains nothing; package
// search does.
//
// It may import predictor, rundir, space and internal/stream. Read fidelity.go first.
package truth

import (
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
)

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
	Evaluated []Evaluated `json:"architectures"`
	Ratings   []Rating    `json:"ratings"`
	Gains     []Gain      `json:"gains"`
	Gap       Gap         `json:"gap"`
	Noise     float64     `json:"noise"`  // standard deviation of accuracy between trainings of one architecture; 0 with one training
	Pooled    int         `json:"pooled"` // subnets whose statistics the pooled ones are means of
}

// Evaluated is an architecture evaluated by training it alone and on the supernet.
type Evaluated struct {
	Arch      string     `json:"arch"`
	FLOPs     int64      `json:"flops"`
	Params    int64      `json:"params"`
	Stratum   int        `json:"stratum"`
	Alone     []float64  `json:"alone"`      // accuracy of each training, fraction
	EarlyLoss float64    `json:"early_loss"` // after one epoch of training alone, mean over trainings, nats
	Own       Score      `json:"supernet"`   // inherited weights, recalibrated statistics
	Sized     float64    `json:"sized"`      // what a search ranks by: half of it the loss, half FLOPs
	Batch     Score      `json:"batch"`      // inherited weights, statistics of each batch
	Pooled    Score      `json:"pooled"`     // inherited weights, pooled statistics
	Network   space.Arch `json:"-"`          // that Arch is the text of
}

// Mean returns the mean accuracy of the trainings.
func (j Evaluated) Mean() float64 {
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

// NewFidelity lists the architectures of a file, which must be of this space, to be evaluated
// on a supernet.
func NewFidelity(s *space.Space, t *File) (*Fidelity, error) {
	f := &Fidelity{Data: t.Head.Data, Space: t.Head.Space, Steps: t.Head.Steps, Batch: t.Head.Batch, Trainings: len(t.Rows)}
	if err := f.gather(s, t.Rows); err != nil {
		return nil, err
	}
	if len(f.Evaluated) < leastFidelity {
		return nil, fmt.Errorf("%s holds %d architectures; want at least %d", t.Path, len(f.Evaluated), leastFidelity)
	}
	return f, nil
}

// gather lists the trainings by architecture.
func (f *Fidelity) gather(s *space.Space, rows []Row) error {
	at := map[string]int{}
	for _, row := range rows {
		i, ok := at[row.Arch]
		if !ok {
			a, err := s.Parse(row.Arch)
			if err != nil {
				return err
			}
			i, at[row.Arch] = len(f.Evaluated), len(f.Evaluated)
			f.Evaluated = append(f.Evaluated, Evaluated{Arch: row.Arch, FLOPs: row.FLOPs, Params: row.Params, Stratum: row.Stratum, Network: a})
		}
		j := &f.Evaluated[i]
		n := float64(len(j.Alone))
		j.EarlyLoss = (n*j.EarlyLoss + row.EarlyLoss) / (n + 1)
		j.Alone = append(j.Alone, row.Accuracy)
	}
	return nil
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
	of   func(Evaluated) float64
}

func flopsOf(j Evaluated) float64 { return float64(j.FLOPs) }

// ratedScores lists the scores, the supernet's own first.
func ratedScores() []rated {
	return []rated{
		{scoreAccuracy, func(j Evaluated) float64 { return j.Own.Accuracy }},
		{scoreLoss, func(j Evaluated) float64 { return -j.Own.Loss }},
		{scoreSized, func(j Evaluated) float64 { return j.Sized }},
		{scoreBatchAccuracy, func(j Evaluated) float64 { return j.Batch.Accuracy }},
		{scoreBatchLoss, func(j Evaluated) float64 { return -j.Batch.Loss }},
		{scorePooledAccuracy, func(j Evaluated) float64 { return j.Pooled.Accuracy }},
		{scorePooledLoss, func(j Evaluated) float64 { return -j.Pooled.Loss }},
		{scoreFLOPs, flopsOf},
		{scoreParams, func(j Evaluated) float64 { return float64(j.Params) }},
		{scoreEarly, func(j Evaluated) float64 { return -j.EarlyLoss }},
	}
}

// Compare fills in all figures of the architectures as they were evaluated.
func (f *Fidelity) Compare(seed uint64) {
	scores := ratedScores()
	for _, s := range scores {
		f.rate(s.name, againstMean, f.Evaluated, []predictor.ScoredTruth{against(f.Evaluated, s, Evaluated.Mean)}, seed)
	}
	full, n := f.repeated()
	if n > 1 && len(full) >= leastFidelity {
		f.ceiling(full, n, seed)
	}
	flops := against(f.Evaluated, rated{of: flopsOf}, Evaluated.Mean)
	for _, s := range scores[:3] {
		f.Gains = append(f.Gains, Gain{s.name, scoreFLOPs, predictor.Advantage(against(f.Evaluated, s, Evaluated.Mean), flops, seed)})
	}
	f.Gap = gapOf(f.Evaluated)
	f.Noise = noiseOf(full)
}

// against pairs a kind of score with a truth.
func against(list []Evaluated, s rated, truth func(Evaluated) float64) predictor.ScoredTruth {
	var p predictor.ScoredTruth
	for _, j := range list {
		p.Score, p.Truth = append(p.Score, s.of(j)), append(p.Truth, truth(j))
	}
	return p
}

// rate adds a rating.
func (f *Fidelity) rate(score, truth string, list []Evaluated, evaluated []predictor.ScoredTruth, seed uint64) {
	var s predictor.Subjects
	for _, j := range list {
		s.LogFLOPs, s.Stratum = append(s.LogFLOPs, math.Log(float64(max(j.FLOPs, 1)))), append(s.Stratum, j.Stratum)
	}
	f.Ratings = append(f.Ratings, Rating{score, truth, predictor.Agree(s, evaluated, seed)})
}

// repeated returns the architectures with most trainings and how many those are.
func (f *Fidelity) repeated() (list []Evaluated, n int) {
	for _, j := range f.Evaluated {
		n = max(n, len(j.Alone))
	}
	for _, j := range f.Evaluated {
		if len(j.Alone) == n {
			list = append(list, j)
		}
	}
	return list, n
}

// ceiling rates the supernet against single trainings, and trainings against
// each other: a score that ranks a training as well as another training does is
// as good as training alone. Only one with less noise than that could do better.
func (f *Fidelity) ceiling(list []Evaluated, n int, seed uint64) {
	training := func(k int) func(Evaluated) float64 { return func(j Evaluated) float64 { return j.Alone[k] } }
	for _, s := range ratedScores()[:2] {
		for k := range n {
			f.rate(s.name, fmt.Sprintf("training %d", k+1), list, []predictor.ScoredTruth{against(list, s, training(k))}, seed)
		}
	}
	var pairs []predictor.ScoredTruth
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
func gapOf(list []Evaluated) Gap {
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
func noiseOf(list []Evaluated) float64 {
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
