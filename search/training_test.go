package search

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// spelt gives the training of a world a value of its own for every field, and
// returns the options that those stand for.
func (w *world) spelt() supernet.TrainOptions {
	t := &w.cfg.Train
	w.cfg.Seed = 11
	t.Steps, t.Batch, t.LR, t.MinLR, t.Warmup, t.Schedule, t.Momentum, t.Nesterov = 20, 12, 0.08, 0.03, 0.2, supernet.ScheduleLinear, 0.7, true
	t.WeightDecay, t.Smoothing, t.Clip, t.Average = 0.01, 0.3, 0.4, 0.2
	t.Crop, t.Reflect, t.Flip, t.Alternate, t.Cutout, t.Erase, t.EraseMost, t.Plain = 1, config.On, config.On, true, 2, 0.5, 0.3, 0.25
	t.Sampler, t.Random, t.Between, t.Stratify = "sandwich", 3, 0.4, true
	return supernet.TrainOptions{
		Batch: 12, Steps: 20, LR: 0.08, MinLR: 0.03, Warmup: 0.2, Schedule: supernet.ScheduleLinear, Momentum: 0.7, Nesterov: true,
		WeightDecay: 0.01, Smoothing: 0.3, Clip: 0.4, Average: 0.2, Seed: 11,
		Augment: data.Augment{Crop: 1, Reflect: true, Flip: true, Alternate: true, Cutout: 2, Erase: 0.5, EraseMost: 0.3}, Plain: 0.25,
	}
}

// speltAlone gives the training of networks alone values of its own too, and returns o with
// them.
func (w *world) speltAlone() supernet.TrainOptions {
	o, t := w.spelt(), &w.cfg.Train
	t.Optimizer, t.MuonRatio, t.DropPath = supernet.OptimizerMuon, 0.3, 0.2
	o.Optimizer, o.MuonRatio, o.DropPath = supernet.OptimizerMuon, 0.3, 0.2
	return o
}

// Drop path and auxiliary heads are for networks that are trained alone: what they share
// keeps all paths and has no head.
func TestDropPathIsForNetworksAlone(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.speltAlone()
	r := w.open("run")
	r.cfg.Train.Auxiliary = 0.4
	if o := r.trainOptions(5); o.DropPath != 0 || o.Auxiliary != 0 {
		t.Errorf("the supernet loses %v of its paths and has a head of weight %v; want neither", o.DropPath, o.Auxiliary)
	}
	for _, o := range []supernet.TrainOptions{r.aloneOptions(5), r.finishOptions(5, 0), r.finishOptions(5, rungs-1)} {
		if o.DropPath != 0.2 || o.Auxiliary != 0.4 {
			t.Errorf("a network alone loses %v of its paths and has a head of weight %v; want 0.2 and 0.4", o.DropPath, o.Auxiliary)
		}
	}
}

// A space whose networks do not say where a head reads is refused when it is opened.
func TestAuxiliaryNeedsASpaceWithAPlace(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Train.Auxiliary = 0.4
	dir, err := rundir.Create(filepath.Join(w.dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = New(dir, w.cfg, Monitor{}); err == nil || !strings.Contains(err.Error(), "train.auxiliary is 0.4; want 0") {
		t.Errorf("error is %v; want one about train.auxiliary", err)
	}
}

// trainAnew trains a net on the training split of a run, with a teacher's targets
// unless they are nil and with these changes of length, and returns the averaged weights.
func trainAnew(t *testing.T, r *Run, n *supernet.Net, s supernet.Sampler, o supernet.TrainOptions, targets *supernet.Targets, replans ...supernet.Replan) *supernet.Net {
	t.Helper()
	tr, err := supernet.NewTrainer(exec(t, string(r.cfg.Kernel)), n, r.splits.Train, plainNorm(r.splits.Train), s, o)
	if err != nil {
		t.Fatal(err)
	}
	if targets != nil {
		if err := tr.Distil(*targets); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range replans {
		if err := errors.Join(tr.Run(context.Background(), c.At, nil), tr.Replan(c.Steps)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tr.Run(context.Background(), tr.Steps(), nil); err != nil {
		t.Fatal(err)
	}
	return tr.Averaged()
}

// Every field of train reaches the trainer: the same weights come out where the
// options are spelt out.
func TestTrainingFollowsTheConfiguration(t *testing.T) {
	w := newWorld(t, asPredicted)
	o := w.spelt()
	r := w.open("run")
	if err := r.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := w.family
	flops := func(a space.Arch) int64 { return f.Plan(a).FLOPs() }
	s, err := supernet.NewSampler("sandwich", f.Space(), supernet.SamplerOptions{Narrow: f.Extremes().Narrow, Max: f.Extremes().Largest, Random: 3, Between: 0.4, Alone: 4, Stratify: true, FLOPs: flops})
	if err != nil {
		t.Fatal(err)
	}
	n := trainAnew(t, r, supernet.New(f, 11), s, o, nil)
	if n.Hash() != r.net.Hash() {
		t.Error("the run's weights are not those of the options spelt out")
	}
}

// The same holds for an architecture alone.
func TestTrainingAloneFollowsTheConfiguration(t *testing.T) {
	w := newWorld(t, asPredicted)
	o := w.speltAlone()
	a := w.family.Extremes().Largest
	w.cfg.Train.Arch = w.family.Space().Format(a)
	r := w.open("run")
	got, score, err := r.TrainOnly(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fixed, err := space.NewFixed(w.family.Plan(a))
	if err != nil {
		t.Fatal(err)
	}
	n := trainAnew(t, r, supernet.New(fixed, 11), supernet.Single{Arch: fixed.Arch()}, o, nil)
	if n.Hash() != got.Net().Hash() {
		t.Error("the network's weights are not those of the options spelt out")
	}
	norm := plainNorm(r.splits.Train)
	checkStem(t, r.dir.Path(networkPath(rundir.Alone)), got, r.splits.Train, norm)
	if want := right(t, exec(t, string(r.cfg.Kernel)), got, norm, r.splits.Val, r.splits.Val.Len()); math.Abs(want-score.Accuracy) > 1e-9 {
		t.Errorf("validation accuracy is said to be %v; want %v", score.Accuracy, want)
	}
}
