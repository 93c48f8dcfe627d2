package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/search/truth"
)

type tabularCmd struct {
	settingFlags
	aloneFlags
	screenFlags
	Out   string `required:"" placeholder:"FILE" help:"Table to write (CSV); one that an interruption has left unfinished is completed."`
	Seeds int    `placeholder:"N" help:"Trainings of each network with different weights and orders (default: ${default_table_seeds})."`
}

// Run trains every network of a space alone.
func (c tabularCmd) Run(ctx context.Context, s streams) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	c.recipeFlags.apply(&cfg)
	if err := c.ready(&cfg); err != nil {
		return err
	}
	screen, _, err := c.screenFlags.open(s.err, nil)
	if err != nil {
		return err
	}
	screen.Memory = s.memory
	r, err := search.OpenAlone(cfg, screen)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	o := search.TableOptions{Command: commandLine(), Seeds: c.Seeds}
	set(&o.Steps, c.Steps)
	set(&o.Epochs, c.Epochs)
	t, err := r.OpenTable(c.Out, o)
	if err != nil {
		return err
	}
	screen.Events.Begin("tabulate")
	err = r.Tabulate(ctx, t, func(done, total int, a truth.TableRow) {
		screen.Log.Info("trained alone", "done", done, "of", total, "accuracy", a.Val.Accuracy, "test", a.Test.Accuracy, "MFLOPs", float64(a.FLOPs)/1e6, "seed", a.Seed, "arch", a.Arch)
	})
	screen.Events.End()
	if err != nil {
		return goesOn(err, c.Out)
	}
	_, err = fmt.Fprintf(s.out, "%s: %d trainings of %d networks\n", c.Out, len(t.Rows), t.Head.Count)
	return err
}

// check refuses numbers that are none.
func (c tabularCmd) check() error {
	if c.Seeds < 0 {
		return fmt.Errorf("--seeds is %d; want at least 1", c.Seeds)
	}
	return c.aloneFlags.check()
}

// inspectTable shows what a table holds and its best network.
func inspectTable(w io.Writer, path string) error {
	t, err := truth.ReadTable(path)
	if err != nil {
		return err
	}
	h := t.Head
	fmt.Fprintf(w, "%s: %d of %d trainings, each network of a space alone\n", path, len(t.Rows), h.Count*h.Seeds)
	fmt.Fprintf(w, "  made by   %s\n  data      %s\n  space     %s, %d networks, %d trainings of each\n  training  %d steps of %d images\n  recipe    %s\n",
		h.Command, h.Data, h.Space, h.Count, h.Seeds, h.Steps, h.Batch, h.Recipe)
	if len(t.Rows) == 0 {
		return nil
	}
	best := slices.MaxFunc(t.Rows, func(a, b truth.TableRow) int { return cmp.Compare(a.Val.Accuracy, b.Val.Accuracy) })
	_, err = fmt.Fprintf(w, "  best      %s: %.4f on validation, %.2f MFLOPs, training %d\n", best.Arch, best.Val.Accuracy, float64(best.FLOPs)/1e6, best.Seed)
	return err
}
