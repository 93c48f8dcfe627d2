package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/truth"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// TruthName is the file of a run folder that keeps what training alone gave.
const TruthName = "fidelity.csv"

// What a truth consists of unless its options say otherwise.
const (
	DefaultTruthCount  = 32 // architectures
	DefaultTruthSeeds  = 2  // trainings of each
	DefaultTruthEpochs = 6  // passes of each
)

// TruthOptions say which architectures are trained alone and for how long; what
// is 0 is taken from the file, where that exists, else from the defaults.
type TruthOptions struct {
	Command    string  // that makes it, for the file
	Count      int     // architectures; 32 by default
	Seeds      int     // trainings of each; 2 by default
	Steps      int     // optimiser steps of a training
	Epochs     float64 // instead of Steps; 6 by default
	OtherSplit bool    // a file from another split of the same pictures will do
}

// OpenAlone opens data and space of a configuration for training architectures
// alone, without folder and supernet. The configuration must be valid.
func OpenAlone(cfg config.Config, monitor Monitor) (*Run, error) {
	r := &Run{cfg: cfg, monitor: monitor.complete(), now: time.Now}
	if err := r.openAlone(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Run) openAlone() (err error) {
	if r.exec, err = ops.NewExec(ops.Config{Kernel: string(r.cfg.Kernel), Workers: r.cfg.Workers}); err != nil {
		return err
	}
	if err := r.openData(); err != nil {
		return err
	}
	r.family, err = familyOf(r.cfg, r.splits.Train)
	return err
}

// OpenTruth reads the truth at path, or begins a new one if there is no such
// file. It must be of this run's space, pictures and splits, and be what the
// options say.
func (r *Run) OpenTruth(path string, o TruthOptions) (*truth.File, error) {
	t, err := truth.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		head, err := r.truthHead(o)
		return &truth.File{Head: head, Path: path}, err
	case err != nil:
		return nil, err
	}
	if err := r.checkTruth(t, o); err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	return t, nil
}

// truthHead describes a truth that this run makes.
func (r *Run) truthHead(o TruthOptions) (truth.Head, error) {
	print, err := pictures(r.source)
	if err != nil {
		return truth.Head{}, err
	}
	steps := o.Steps
	if steps == 0 {
		steps = r.epochSteps(orDefault(o.Epochs, DefaultTruthEpochs))
	}
	return truth.Head{
		Command: o.Command, Data: r.source.Name, Pictures: print, Splits: r.state.Data,
		Space: r.family.Space().ID(), Seed: r.cfg.Seed,
		Count: orDefault(o.Count, DefaultTruthCount), Seeds: orDefault(o.Seeds, DefaultTruthSeeds),
		Steps: steps, Batch: r.cfg.Train.Batch, Recipe: r.recipe(steps), Kernel: r.exec.Kernel(),
	}, nil
}

// epochSteps returns the steps of so many passes over the training split.
func (r *Run) epochSteps(epochs float64) int {
	return max(1, int(math.Round(epochs*float64(r.splits.Train.Len()/r.cfg.Train.Batch))))
}

func orDefault[T comparable](v, otherwise T) T {
	var none T
	if v == none {
		return otherwise
	}
	return v
}

// recipe says all that a training depends on besides architecture, data and seed.
// What is 0 is left out, so that options that come later change no recipe that
// does without them.
func (r *Run) recipe(steps int) string {
	o, e := r.aloneOptions(steps), r.cfg.Evaluate
	o.Seed = 0
	return strings.Join(settings("", reflect.ValueOf(o)), " ") + fmt.Sprintf(", calibration on %d in batches of %d", e.Calibration, e.Batch)
}

// settings lists the fields of a struct that are not 0 as name=value.
func settings(prefix string, v reflect.Value) (out []string) {
	for f, value := range v.Fields() {
		switch {
		case value.IsZero():
		case value.Kind() == reflect.Struct:
			out = append(out, settings(prefix+f.Name+".", value)...)
		default:
			out = append(out, fmt.Sprintf("%s%s=%v", prefix, f.Name, value))
		}
	}
	return out
}

// Complete trains what is missing, saving the file after each training, and
// calls each with what was found. All architectures are trained with the first
// seed before the second one begins, and strata take turns: any beginning of it
// is of use. A new file is written before the first training: where it cannot be, nothing
// is trained in vain.
func (r *Run) Complete(ctx context.Context, t *truth.File, each func(done, total int, a truth.Row)) error {
	if t.Done() {
		return removeLeft(t.Checkpoint(len(t.Rows) - 1))
	}
	if err := r.checkRecipe(t); err != nil {
		return fmt.Errorf("%s:\n%w", t.Path, err)
	}
	archs, err := truth.Draw(r.family, t.Head.Count, t.Head.Seed)
	if err != nil {
		return err
	}
	if err := r.checkMemory(trainsAlone); err != nil {
		return err
	}
	if len(t.Rows) == 0 {
		if err := t.Save(); err != nil {
			return err
		}
	}
	for i := range t.Head.Count * t.Head.Seeds {
		a, seed := archs[i%t.Head.Count], i/t.Head.Count+1
		if i < len(t.Rows) {
			if err := t.Expect(i, r.family.Space().Format(a.Arch), seed); err != nil {
				return err
			}
			if err := remove(t.Checkpoint(i)); err != nil { // an interruption may have left it behind
				return err
			}
			continue
		}
		found, err := r.trainAlone(ctx, a, t.Head, seed, t.Checkpoint(i))
		if err != nil {
			return err
		}
		t.Rows = append(t.Rows, found)
		if err := t.Save(); err != nil {
			return err
		}
		if err := remove(t.Checkpoint(i)); err != nil {
			return err
		}
		each(i+1, t.Head.Count*t.Head.Seeds, found)
	}
	return nil
}

// removeLeft removes a checkpoint that an interruption has left behind after its result was saved. Where
// there is none the folder need not be one that can be written to.
func removeLeft(checkpoint string) error {
	if _, err := os.Stat(checkpoint); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return remove(checkpoint)
}

// trainAlone trains an architecture from scratch, going on from a checkpoint if
// there is one.
func (r *Run) trainAlone(ctx context.Context, a truth.Drawn, h truth.Head, seed int, checkpoint string) (truth.Row, error) {
	plan := r.family.Plan(a.Arch)
	w, err := r.watch(plan, h, seed)
	if err != nil {
		return truth.Row{}, err
	}
	if err := r.runAlone(ctx, w, checkpoint, w.trainer.StepsPerEpoch()); err != nil {
		return truth.Row{}, err
	}
	s, err := w.score(ctx)
	if err != nil {
		return truth.Row{}, err
	}
	return truth.Row{
		Arch: r.family.Space().Format(a.Arch), FLOPs: plan.FLOPs(), Params: plan.Params(), Stratum: a.Stratum, Seed: seed,
		Accuracy: s.Accuracy, Loss: s.Loss, EarlyLoss: orDefault(w.early, s.Loss), Steps: h.Steps,
	}, nil
}

// watch begins a training from scratch.
func (r *Run) watch(plan space.Plan, h truth.Head, seed int) (*watched, error) {
	own, err := space.NewFixed(plan)
	if err != nil {
		return nil, err
	}
	o := r.aloneOptions(h.Steps)
	o.Seed = stream.New(h.Seed, "training alone", uint64(seed)).Uint64()
	net := supernet.New(own, o.Seed)
	w := &watched{arch: own.Arch()}
	if w.trainer, err = supernet.NewTrainer(r.exec, net, r.splits.Train, r.norm, single(net), o); err != nil {
		return nil, err
	}
	w.by, err = r.evaluator(w.trainer.Averaged(), r.splits.Val)
	return w, err
}

// runAlone trains to the last step, going on from the checkpoint if it is there.
// chunk is the steps between two calls of between, 0 for none.
func (r *Run) runAlone(ctx context.Context, w *watched, checkpoint string, chunk int) error {
	_, statErr := os.Stat(checkpoint)
	loop := trainLoop{
		trainer: w.trainer, path: checkpoint, every: r.cfg.Train.Checkpoint, monitor: r.monitor, resume: statErr == nil,
		owner: w.owner, restore: w.restore, chunk: chunk, between: w.between,
	}
	return loop.run(ctx)
}

// watched is a training that is evaluated after its first epoch.
type watched struct {
	trainer *supernet.Trainer
	by      *supernet.Evaluator
	arch    space.Arch
	early   float64 // loss after one epoch; 0: not there yet, or the training is no longer than that
}

// watchedState is what a checkpoint keeps of it.
type watchedState struct {
	Early float64 `json:"early"`
}

func (w *watched) owner() (json.RawMessage, error) { return json.Marshal(watchedState{w.early}) }

func (w *watched) restore(text json.RawMessage) error {
	var s watchedState
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	w.early = s.Early
	return nil
}

// between evaluates after the first epoch.
func (w *watched) between(ctx context.Context) error {
	if w.trainer.Step() != w.trainer.StepsPerEpoch() || w.early != 0 {
		return nil
	}
	s, err := w.score(ctx)
	w.early = s.Loss
	return err
}

// score evaluates the weights as they are on the whole validation split.
func (w *watched) score(ctx context.Context) (supernet.Score, error) {
	s, err := w.by.Evaluate(ctx, []space.Arch{w.arch})
	if err != nil {
		return supernet.Score{}, err
	}
	return s[0], nil
}
