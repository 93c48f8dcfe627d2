package run

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/report"
	"github.com/espalier-nas/espalier/cmd/espalier/internal/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/onnx"
	"github.com/espalier-nas/espalier/supernet/space"
)

// label describes a network that is cut out of the run.
func (r *Run) label(a space.Arch) supernet.Label {
	s := r.family.Space()
	return supernet.Label{Arch: s.Format(a), SpaceID: s.ID(), Classes: r.splits.Train.Classes}
}

// networkPath returns where in the folder a network goes, relative to it.
func networkPath(name string) string { return filepath.Join(rundir.Networks, name+".msgpack") }

// save writes a network to its file and, beside it, as an ONNX model with batch
// norms folded in.
func (r *Run) save(name string, n *supernet.Network) error {
	if err := n.Save(r.dir.Path(networkPath(name))); err != nil {
		return err
	}
	return onnx.Save(r.dir.Path(rundir.Networks, name+".onnx"), n.Fold())
}

// deploy cuts the networks of the front out of the supernet and writes each to
// a file of its own. The front is listed by rising latency; names follow it.
func (r *Run) deploy(ctx context.Context, front []candidate) ([]*supernet.Network, error) {
	if err := os.MkdirAll(r.dir.Path(rundir.Networks), 0o755); err != nil {
		return nil, fmt.Errorf("networks: %w", err)
	}
	nets := make([]*supernet.Network, len(front))
	for i, c := range front {
		n, err := r.final.Deploy(ctx, c.Arch, r.label(c.Arch))
		if err != nil {
			return nil, err
		}
		if err := r.save(networkName(i), n); err != nil {
			return nil, err
		}
		nets[i] = n
	}
	return nets, nil
}

// networkName returns the name of network i of the front, counted from 1.
func networkName(i int) string { return fmt.Sprintf("pareto-%d", i+1) }

// tuned is the best network after training it on alone.
type tuned struct {
	network *supernet.Network
	report  report.Tuned
}

// tunedName is the name of the network that was trained on.
const tunedName = "best-tuned"

// tunedCheckpoint is the file that keeps unfinished fine-tuning.
const tunedCheckpoint = "finetune.msgpack"

// finetune trains the best network of the front on, alone, with weights of its
// own; the supernet stays as it is.
func (r *Run) finetune(ctx context.Context, c candidate) (*tuned, error) {
	net := r.net.Extract(c.Arch)
	only := single(net)
	if err := r.fixTuning(ctx, c.Arch, only); err != nil {
		return nil, err
	}
	steps := r.cfg.Finetune.Steps
	start := time.Now()
	n, s, err := r.alone(ctx, net, c.Arch, r.tuneOptions(steps), tunedCheckpoint)
	if err != nil {
		return nil, err
	}
	rep := report.Tuned{Name: tunedName, Steps: steps, Seconds: time.Since(start).Seconds(), Validation: s.Accuracy, File: networkPath(tunedName)}
	return &tuned{n, rep}, r.save(tunedName, n)
}

func (r *Run) tuneOptions(steps int) supernet.TrainOptions {
	o := r.trainOptions(steps)
	o.LR, o.MinLR = r.cfg.Finetune.LR, 0
	if r.cfg.Finetune.Batch > 0 {
		o.Batch = r.cfg.Finetune.Batch
	}
	return o
}

// fixTuning turns the epochs or the budget of fine-tuning into a number of
// steps, once.
func (r *Run) fixTuning(ctx context.Context, a space.Arch, only supernet.Sampler) error {
	f := &r.cfg.Finetune
	switch {
	case f.Steps > 0:
		return nil
	case f.Epochs > 0:
		f.Steps = max(1, int(f.Epochs*float64(r.splits.Train.Len()/r.tuneOptions(1).Batch)))
	default:
		each, err := r.timeSteps(ctx, r.net.Extract(a), only, r.tuneOptions(1<<20), time.Duration(trialShare*float64(f.Budget)))
		if err != nil {
			return err
		}
		f.Steps = max(1, int(f.Budget/each))
	}
	f.Epochs = 0
	r.screen.Log.Info("fine-tuning", "steps", f.Steps)
	return r.saveConfig()
}

// test judges a network on the test split, once in the life of the folder.
func (r *Run) test(ctx context.Context, name string, n *supernet.Network) (float64, error) {
	if s, done := r.state.Tests[name]; done {
		return s.Accuracy, nil
	}
	s, err := n.Score(ctx, r.exec, r.splits.Test, r.cfg.Evaluate.Batch)
	if err != nil {
		return 0, err
	}
	if r.state.Tests == nil {
		r.state.Tests = make(map[string]score)
	}
	r.state.Tests[name] = score(s)
	r.screen.Log.Info("test split", "network", name, "accuracy", fmt.Sprintf("%.4f", s.Accuracy))
	return s.Accuracy, r.state.save(r.dir)
}
