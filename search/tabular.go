package search

import (
	"context"
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/search/truth"
	"github.com/espalier-nas/espalier/supernet/space"
)

// What a table consists of unless its options say otherwise, and the trainings that
// one may have.
const (
	DefaultTableSeeds = 1
	mostTabulated     = 200_000
)

// TableOptions say for how long the networks of a table are trained and how often.
type TableOptions struct {
	Command string  // that makes it, for the file
	Seeds   int     // trainings of each network; 1 by default
	Steps   int     // optimiser steps of a training
	Epochs  float64 // instead of Steps; 6 by default
}

// OpenTable reads the table at path, or begins a new one if there is no such file.
// It must be of this run's space, pictures, splits and recipe, and as long as the
// options say. A row that an interruption has cut off is dropped.
func (r *Run) OpenTable(path string, o TableOptions) (*truth.Table, error) {
	size := r.family.Space().Size()
	seeds := orDefault(o.Seeds, DefaultTableSeeds)
	if size*float64(seeds) > mostTabulated {
		return nil, fmt.Errorf("the space holds %.4g networks and seeds is %d; want at most %d trainings", size, seeds, mostTabulated)
	}
	head, err := r.truthHead(TruthOptions{Command: o.Command, Count: int(size), Seeds: seeds, Steps: o.Steps, Epochs: o.Epochs})
	if err != nil {
		return nil, err
	}
	return truth.OpenTable(path, head)
}

// Tabulate trains what is missing, appends each training to the file as soon as it
// is done, and calls each with it. The test split is looked at, once for each
// training: what is chosen by a table must not be reported by its test accuracy
// unless it was chosen by the validation split.
func (r *Run) Tabulate(ctx context.Context, t *truth.Table, each func(done, total int, a truth.TableRow)) error {
	archs := slices.Collect(r.family.Space().Enumerate)
	total := len(archs) * t.Head.Seeds
	if err := r.checkMemory(trainsAlone); err != nil {
		return err
	}
	for i := range total {
		a, seed := archs[i%len(archs)], i/len(archs)+1
		if i < len(t.Rows) {
			if row := t.Rows[i]; row.Arch != r.family.Space().Format(a) || row.Seed != seed {
				return fmt.Errorf("%s: row %d is %s with seed %d; want %s with seed %d", t.Path, i+1, row.Arch, row.Seed, r.family.Space().Format(a), seed)
			}
			if err := remove(t.Checkpoint(i)); err != nil { // an interruption may have left it behind
				return err
			}
			continue
		}
		row, err := r.tabulate(ctx, a, t.Head, seed, t.Checkpoint(i))
		if err != nil {
			return err
		}
		if err := t.Add(row); err != nil {
			return err
		}
		if err := remove(t.Checkpoint(i)); err != nil {
			return err
		}
		each(i+1, total, row)
	}
	return nil
}

// tabulate trains one network and evaluates it on both splits.
func (r *Run) tabulate(ctx context.Context, a space.Arch, h truth.Head, seed int, checkpoint string) (truth.TableRow, error) {
	plan := r.family.Plan(a)
	w, err := r.watch(plan, h, seed)
	if err != nil {
		return truth.TableRow{}, err
	}
	if err := r.runAlone(ctx, w, checkpoint, 0); err != nil {
		return truth.TableRow{}, err
	}
	val, err := w.score(ctx)
	if err != nil {
		return truth.TableRow{}, err
	}
	by, err := r.evaluator(w.trainer.Averaged(), r.splits.Test)
	if err != nil {
		return truth.TableRow{}, err
	}
	test, err := by.Evaluate(ctx, []space.Arch{w.arch})
	if err != nil {
		return truth.TableRow{}, err
	}
	s := r.family.Space()
	return truth.TableRow{
		Arch: s.Format(a), Genes: truth.Digits(s, a), FLOPs: plan.FLOPs(), Params: plan.Params(), Seed: seed,
		Val: truth.Score(val), Test: truth.Score(test[0]),
	}, nil
}
