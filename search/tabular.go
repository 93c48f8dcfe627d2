package search

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

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

// Tabulated is one training from scratch of one network of a table.
type Tabulated struct {
	Arch   string // text form
	Genes  string // digits, one for each decision; with - between them where a decision has more than ten choices
	FLOPs  int64
	Params int64
	Seed   int // number of the training, from 1
	Val    score
	Test   score
}

// Table is what training every network of a space alone gave.
type Table struct {
	Head TruthHead
	Rows []Tabulated // all networks in the order of enumeration, with the first seed, then with the second
	path string
	end  int64 // of the last whole line
}

// OpenTable reads the table at path, or begins a new one if there is no such file.
// It must be of this run's space, pictures, splits and recipe, and as long as the
// options say. A row that an interruption has cut off is dropped.
func (r *Run) OpenTable(path string, o TableOptions) (*Table, error) {
	size := r.family.Space().Size()
	seeds := orDefault(o.Seeds, DefaultTableSeeds)
	if size*float64(seeds) > mostTabulated {
		return nil, fmt.Errorf("the space holds %.4g networks and seeds is %d; want at most %d trainings", size, seeds, mostTabulated)
	}
	head, err := r.truthHead(TruthOptions{Command: o.Command, Count: int(size), Seeds: seeds, Steps: o.Steps, Epochs: o.Epochs})
	if err != nil {
		return nil, err
	}
	t, err := readTable(path)
	switch {
	case os.IsNotExist(err):
		t = &Table{Head: head, path: path}
		return t, t.begin()
	case err != nil:
		return nil, err
	}
	if err := t.Head.sameAs(head); err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	return t, nil
}

// Done reports whether every training is done.
func (t *Table) Done() bool { return len(t.Rows) >= t.Head.Count*t.Head.Seeds }

// Tabulate trains what is missing, appends each training to the file as soon as it
// is done, and calls each with it. The test split is looked at, once for each
// training: what is chosen by a table must not be reported by its test accuracy
// unless it was chosen by the validation split.
func (r *Run) Tabulate(ctx context.Context, t *Table, each func(done, total int, a Tabulated)) error {
	archs := slices.Collect(r.family.Space().Enumerate)
	total := len(archs) * t.Head.Seeds
	if err := r.checkMemory(trainsAlone); err != nil {
		return err
	}
	for i := range total {
		a, seed := archs[i%len(archs)], i/len(archs)+1
		if i < len(t.Rows) {
			if row := t.Rows[i]; row.Arch != r.family.Space().Format(a) || row.Seed != seed {
				return fmt.Errorf("%s: row %d is %s with seed %d; want %s with seed %d", t.path, i+1, row.Arch, row.Seed, r.family.Space().Format(a), seed)
			}
			if err := remove(t.checkpoint(i)); err != nil { // an interruption may have left it behind
				return err
			}
			continue
		}
		row, err := r.tabulate(ctx, a, t.Head, seed, t.checkpoint(i))
		if err != nil {
			return err
		}
		if err := t.add(row); err != nil {
			return err
		}
		if err := remove(t.checkpoint(i)); err != nil {
			return err
		}
		each(i+1, total, row)
	}
	return nil
}

// checkpoint returns the file that keeps training i while it is unfinished.
func (t *Table) checkpoint(i int) string {
	return fmt.Sprintf("%s-%d.msgpack", strings.TrimSuffix(t.path, ".csv"), i+1)
}

// tabulate trains one network and judges it on both splits.
func (r *Run) tabulate(ctx context.Context, a space.Arch, h TruthHead, seed int, checkpoint string) (Tabulated, error) {
	plan := r.family.Plan(a)
	w, err := r.watch(plan, h, seed)
	if err != nil {
		return Tabulated{}, err
	}
	if err := r.runAlone(ctx, w, checkpoint, 0); err != nil {
		return Tabulated{}, err
	}
	val, err := w.score(ctx)
	if err != nil {
		return Tabulated{}, err
	}
	by, err := r.evaluator(w.trainer.Averaged(), r.splits.Test)
	if err != nil {
		return Tabulated{}, err
	}
	test, err := by.Evaluate(ctx, []space.Arch{w.arch})
	if err != nil {
		return Tabulated{}, err
	}
	s := r.family.Space()
	return Tabulated{
		Arch: s.Format(a), Genes: digits(s, a), FLOPs: plan.FLOPs(), Params: plan.Params(), Seed: seed,
		Val: score(val), Test: score(test[0]),
	}, nil
}

// digits writes genes as Tabulated.Genes has them.
func digits(s *space.Space, a space.Arch) string {
	sep := ""
	for _, d := range s.Decisions() {
		if len(d.Choices) > 10 {
			sep = "-"
		}
	}
	var b strings.Builder
	for i, g := range a.Genes() {
		if i > 0 {
			b.WriteString(sep)
		}
		fmt.Fprint(&b, g)
	}
	return b.String()
}
