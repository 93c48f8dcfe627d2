package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/run"
	"github.com/espalier-nas/espalier/cmd/espalier/internal/rundir"
)

type rankCmd struct {
	trainedFlags
	screenFlags
	Count int `default:"12" placeholder:"N" help:"Architectures to train alone."`
	Steps int `required:"" placeholder:"N" help:"Optimiser steps of each."`
}

// Run ranks random architectures by the supernet and by training them alone.
func (c rankCmd) Run(ctx context.Context, s streams) (err error) {
	if c.Count < 2 || c.Steps < 1 {
		return fmt.Errorf("--count is %d and --steps %d; want at least 2 and 1", c.Count, c.Steps)
	}
	dir, err := rundir.Open(c.Folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	screen, closeLog, err := c.screenFlags.open(s.err, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog()) }()
	r, err := run.OpenTrained(c.Folder, run.Machine{Workers: c.Workers, Kernel: c.Kernel}, screen)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	screen.Display.Begin("train alone")
	all, err := r.Rank(ctx, c.Count, c.Steps, func(x run.Ranked) {
		fmt.Fprintf(s.out, "alone %.4f  supernet %.4f  %.2f MFLOPs  %s\n", x.Alone, x.Supernet, float64(x.FLOPs)/1e6, x.Arch)
	})
	screen.Display.End()
	if err != nil {
		return err
	}
	f := run.Agreement(all, r.Config().Seed)
	_, err = fmt.Fprintf(s.out, "supernet against alone: %d architectures, Kendall tau %.3f, 95 %% interval [%.3f, %.3f], Spearman %.3f, tau given FLOPs %.3f\n",
		f.Report.N, f.Report.Kendall, f.Report.KendallLo, f.Report.KendallHi, f.Report.Spearman, f.Partial)
	return err
}
