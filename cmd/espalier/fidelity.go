package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/search/truth"
)

type fidelityCmd struct {
	settingFlags
	aloneFlags
	screenFlags
	Folder     string `name:"run" type:"existingdir" placeholder:"DIR" help:"Run folder with a trained supernet. Without it only --truth is made, from a configuration."`
	Truth      string `placeholder:"FILE" help:"Results of training alone (CSV): read if the file exists, completed if it is unfinished, else made (default: fidelity.csv in the run folder)."`
	Count      int    `placeholder:"N" help:"Architectures to train alone, spread evenly over log FLOPs (default: ${default_truth_count})."`
	Seeds      int    `placeholder:"N" help:"Trainings of each with different weights and orders (default: ${default_truth_seeds})."`
	Partial    bool   `help:"Use the trainings that the truth holds and train none."`
	OtherSplit bool   `help:"Accept a truth from another split of the same pictures, as of a run with another seed."`
	JSON       bool   `name:"json" help:"Print all figures as JSON."`
	SVG        string `name:"svg" placeholder:"FILE" help:"Scatter plot to write (default: fidelity.svg in the run folder)."`
}

// Run compares a supernet's ranking of architectures with training them alone.
func (c fidelityCmd) Run(ctx context.Context, s streams) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	if c.Folder == "" {
		return c.alone(ctx, s)
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
	screen.Memory = s.memory
	r, err := search.OpenTrained(c.Folder, search.Machine{Workers: c.Workers, Kernel: c.Kernel}, screen)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if c.Truth == "" {
		c.Truth = dir.Path(search.TruthName)
	}
	t, err := c.truth(ctx, r, screen)
	if err != nil {
		return err
	}
	if c.SVG == "" {
		c.SVG = dir.Path(search.FidelityPlot)
	}
	return c.evaluate(ctx, s, r, screen, t)
}

// evaluate scores the truth's architectures on the supernet and shows all figures.
func (c fidelityCmd) evaluate(ctx context.Context, s streams, r *search.Run, monitor search.Monitor, t *truth.File) error {
	monitor.Events.Begin("evaluate")
	f, err := r.Fidelity(ctx, t)
	monitor.Events.End()
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		err = e.Encode(f)
	} else {
		_, err = io.WriteString(s.out, f.Text())
	}
	if err != nil {
		return err
	}
	return writeFile(c.SVG, f.SVG())
}

// check refuses flags that would be ignored.
func (c fidelityCmd) check() error {
	if c.Count < 0 || c.Count == 1 || c.Seeds < 0 {
		return fmt.Errorf("--count is %d and --seeds %d; want at least 2 and 1", c.Count, c.Seeds)
	}
	if err := c.aloneFlags.check(); err != nil {
		return err
	}
	if c.Folder == "" {
		switch {
		case c.Truth == "":
			return errors.New("want --run to evaluate a supernet, or --truth to train architectures alone for later")
		case c.JSON || c.SVG != "":
			return errors.New("--json and --svg are of a supernet that is evaluated; want --run beside them")
		}
		return nil
	}
	own := c.settingFlags
	own.Workers, own.Kernel = nil, nil
	if own != (settingFlags{}) || c.recipeFlags != (recipeFlags{}) {
		return errors.New("with --run the folder's own configuration counts; want no flag that changes it")
	}
	return nil
}

// alone makes a truth without a supernet.
func (c fidelityCmd) alone(ctx context.Context, s streams) (err error) {
	cfg, err := c.config()
	if err != nil {
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
	t, err := c.truth(ctx, r, screen)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s: %d of %d trainings\n", c.Truth, len(t.Rows), t.Head.Count*t.Head.Seeds)
	return err
}

// config returns the configuration of trainings without a run.
func (c fidelityCmd) config() (config.Config, error) {
	cfg, err := c.load()
	if err != nil {
		return cfg, err
	}
	c.recipeFlags.apply(&cfg)
	return cfg, c.ready(&cfg)
}

// truth opens the truth and, unless it is taken as it is, completes it.
func (c fidelityCmd) truth(ctx context.Context, r *search.Run, monitor search.Monitor) (*truth.File, error) {
	o := search.TruthOptions{Command: commandLine(), Count: c.Count, Seeds: c.Seeds, OtherSplit: c.OtherSplit}
	set(&o.Steps, c.Steps)
	set(&o.Epochs, c.Epochs)
	t, err := r.OpenTruth(c.Truth, o)
	if err != nil || c.Partial {
		return t, err
	}
	monitor.Events.Begin("train alone")
	defer monitor.Events.End()
	return t, goesOn(r.Complete(ctx, t, func(done, total int, a truth.Row) {
		monitor.Log.Info("trained alone", "done", done, "of", total, "accuracy", a.Accuracy, "loss", a.Loss, "MFLOPs", float64(a.FLOPs)/1e6, "seed", a.Seed, "arch", a.Arch)
	}), c.Truth)
}
