package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/rundir"
	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// aloneName is the network, aloneCheckpoint the unfinished training of
// train.arch.
const (
	aloneName       = "alone"
	aloneCheckpoint = "alone.msgpack"
)

// TrainOnly trains without what a search does afterwards: the whole budget is
// for training. What is trained is the supernet or, with train.arch, that
// architecture alone, which is returned as a network with its score on the
// validation split.
func (r *Run) TrainOnly(ctx context.Context) (*supernet.Network, supernet.Score, error) {
	r.onlyTrain = true
	if r.cfg.Train.Arch == "" {
		return nil, supernet.Score{}, r.Train(ctx)
	}
	a, err := r.Arch(r.cfg.Train.Arch)
	if err != nil {
		return nil, supernet.Score{}, fmt.Errorf("train.arch: %w", err)
	}
	var s supernet.Score
	n, err := phase(r, "train alone", func() (n *supernet.Network, err error) {
		if err := r.fixSteps(ctx); err != nil {
			return nil, err
		}
		n, s, err = r.alone(ctx, aloneTraining{net: r.fresh(a), label: r.label(a), options: r.trainOptions(r.cfg.Train.Steps), checkpoint: aloneCheckpoint, on: r.splits.Val})
		return n, err
	})
	if err != nil {
		return nil, s, err
	}
	if err := os.MkdirAll(r.dir.Path(rundir.Networks), 0o755); err != nil {
		return nil, s, fmt.Errorf("networks: %w", err)
	}
	return n, s, r.save(aloneName, n)
}

// fresh returns untrained weights of one architecture, initialised for its own
// sizes.
func (r *Run) fresh(a space.Arch) *supernet.Net {
	own := r.net.Extract(a)
	return supernet.New(own.Family(), r.cfg.Seed)
}

// single returns the sampler of a net that has one architecture.
func single(n *supernet.Net) supernet.Single { return supernet.Single{Arch: soleArch(n)} }

// soleArch returns the architecture of a net that has only one.
func soleArch(n *supernet.Net) space.Arch { return n.Family().(*space.Fixed).Arch() }

// aloneTraining is the training of a net of one architecture.
type aloneTraining struct {
	net        *supernet.Net
	label      supernet.Label
	options    supernet.TrainOptions
	targets    *supernet.Targets // of a teacher; nil: labels alone
	checkpoint string            // file of the folder that is gone on from
	on         *data.Set         // that the network is judged on afterwards
}

// alone trains a net of one architecture and returns it as a network with its
// score.
func (r *Run) alone(ctx context.Context, l aloneTraining) (*supernet.Network, supernet.Score, error) {
	net, o := l.net, l.options
	t, err := supernet.NewTrainer(r.exec, net, r.splits.Train, r.norm, single(net), o)
	if err != nil {
		return nil, supernet.Score{}, err
	}
	if l.targets != nil {
		if err := t.Distil(*l.targets); err != nil {
			return nil, supernet.Score{}, err
		}
	}
	loop := trainLoop{
		trainer: t, steps: o.Steps, path: r.dir.Path(l.checkpoint), every: r.cfg.Train.Checkpoint, screen: r.screen,
		resume: r.dir.Has(l.checkpoint), owner: noOwner, restore: ignoreOwner,
	}
	if err := loop.run(ctx); err != nil {
		return nil, supernet.Score{}, err
	}
	net = t.Averaged()
	by, err := r.evaluator(net, l.on)
	if err != nil {
		return nil, supernet.Score{}, err
	}
	scores, err := by.Evaluate(ctx, []space.Arch{soleArch(net)})
	if err != nil {
		return nil, supernet.Score{}, err
	}
	n, err := by.Deploy(ctx, soleArch(net), l.label)
	return n, scores[0], err
}

// Ranked is an architecture judged twice: with the supernet's weights and after
// training it alone from scratch.
type Ranked struct {
	Arch     string  `json:"arch"`
	Steps    int     `json:"steps"`    // of training alone
	Supernet float64 `json:"supernet"` // accuracy on the validation split, inherited weights
	Alone    float64 `json:"alone"`    // accuracy on the validation split, own weights
	FLOPs    int64   `json:"flops"`
}

// rankFile keeps what Rank found, rankCheckpoint the architecture that it is at.
const (
	rankFile       = "rank.jsonl"
	rankCheckpoint = "rank.msgpack"
)

// Rank trains n random architectures alone, each for so many steps, and returns
// them beside their scores on the supernet. What the folder has of an earlier
// call is not trained again.
func (r *Run) Rank(ctx context.Context, n, steps int, each func(Ranked)) (all []Ranked, err error) {
	j, all, _, err := rundir.OpenJournal[Ranked](r.dir.Path(rankFile))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	rng := stream.New(r.cfg.Seed, "ranked architectures")
	for i := range n {
		a := r.family.Space().Random(rng)
		if i < len(all) {
			if err := r.sameRanked(all[i], a, steps); err != nil {
				return nil, err
			}
			each(all[i])
			continue
		}
		found, err := r.rank(ctx, a, steps)
		if err != nil {
			return nil, err
		}
		if err := j.Append(found); err != nil {
			return nil, err
		}
		all = append(all, found)
		each(found)
	}
	return all[:n], nil
}

func (r *Run) sameRanked(have Ranked, a space.Arch, steps int) error {
	if want := r.family.Space().Format(a); have.Arch != want || have.Steps != steps {
		return fmt.Errorf("%s holds %s after %d steps; want %s after %d steps: remove it to rank anew", r.dir.Path(rankFile), have.Arch, have.Steps, want, steps)
	}
	return nil
}

// rank judges one architecture twice.
func (r *Run) rank(ctx context.Context, a space.Arch, steps int) (Ranked, error) {
	judged, err := r.Judge(ctx, []space.Arch{a}, false)
	if err != nil {
		return Ranked{}, err
	}
	_, s, err := r.alone(ctx, aloneTraining{net: r.fresh(a), label: r.label(a), options: r.trainOptions(steps), checkpoint: rankCheckpoint, on: r.splits.Val})
	if err != nil {
		return Ranked{}, err
	}
	if err := os.Remove(r.dir.Path(rankCheckpoint)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Ranked{}, err
	}
	return Ranked{judged[0].Arch, steps, judged[0].Accuracy, s.Accuracy, judged[0].FLOPs}, nil
}

// Fidelity tells how well scores on the supernet rank architectures as training
// them alone does.
type Fidelity struct {
	Report  predictor.Report // tau with its interval
	Partial float64          // tau of what the number of operations leaves unexplained
}

// Agreement compares both scores of ranked architectures.
func Agreement(all []Ranked, seed uint64) Fidelity {
	shared, alone, flops := make([]float64, len(all)), make([]float64, len(all)), make([]float64, len(all))
	for i, x := range all {
		shared[i], alone[i], flops[i] = x.Supernet, x.Alone, float64(x.FLOPs)
	}
	return Fidelity{predictor.Evaluate(shared, alone, seed), predictor.PartialKendall(shared, alone, flops)}
}
