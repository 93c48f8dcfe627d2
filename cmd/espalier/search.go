package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"syscall"

	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
)

// folderFlags say where a run is kept.
type folderFlags struct {
	Out    string `placeholder:"DIR" xor:"folder" help:"New run folder (default: espalier-run-N)."`
	Resume string `placeholder:"DIR" xor:"folder" help:"Go on with the run in this folder, with its own configuration."`
}

type searchCmd struct {
	configFlags
	searchFlags
	probeFlag
	folderFlags
	screenFlags
	Table *string `placeholder:"FILE" help:"Latencies that measure or another run has written, instead of measuring."`
}

// Run searches.
func (c searchCmd) Run(ctx context.Context, s streams) error {
	if c.Resume != "" && (c.configFlags != configFlags{} || !reflect.DeepEqual(c.searchFlags, searchFlags{}) || c.Table != nil || c.Probe != nil) {
		return errResume
	}
	cfg, err := c.configFlags.load()
	if err != nil {
		return err
	}
	c.searchFlags.apply(&cfg)
	set(&cfg.Device.Table, c.Table)
	c.probeFlag.apply(&cfg)
	err = inFolder(ctx, c.folderFlags, c.screenFlags, cfg, s, func(r *search.Run) error {
		rep, err := r.SearchSeeds(ctx)
		if err != nil {
			return err
		}
		_, err = io.WriteString(s.out, report.Text(rep))
		return err
	})
	return config.Located(err, c.Config)
}

// errResume keeps flags from being ignored.
var errResume = errors.New("with --resume the folder's own configuration counts; want no flag that changes it")

// inFolder runs f on a new run folder, or on one that is to be continued, whose
// configuration then counts instead of cfg.
func inFolder(ctx context.Context, ff folderFlags, sf screenFlags, cfg config.Config, s streams, f func(*search.Run) error) (err error) {
	dir, err := ff.open(&cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	screen, closeLog, err := sf.open(s.err, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog()) }()
	screen.Log.Info("run folder", "path", dir.Path())
	screen.Stop, screen.Memory = ctx.Err, s.memory
	screen.Command = commandLine()
	r, err := search.New(dir, cfg, screen)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupted while pictures were read, before anything was done: %w", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	err = f(r)
	if errors.Is(err, context.Canceled) {
		return interrupted{"--resume " + dir.Path()}
	}
	if isStorage(err) && dir.Has(rundir.Config) {
		err = fmt.Errorf("%w\nwhat was saved before is whole: see to the disk and continue with --resume %s", err, dir.Path())
	}
	if err != nil {
		screen.Log.Error(err.Error())
	}
	return err
}

// isStorage reports whether an error is one of the disk: full, over a quota, not to be
// written to, or failing.
func isStorage(err error) bool {
	for _, is := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// interrupted is the end of a run that can be continued.
type interrupted struct{ with string }

// Error tells how to continue.
func (e interrupted) Error() string {
	return fmt.Sprintf("interrupted; everything done is saved: continue with %s", e.with)
}

// Unwrap makes it the error of a cancelled context.
func (e interrupted) Unwrap() error { return context.Canceled }

// goesOn returns err, and where it is an interruption of what is kept in files as it is done, how to continue.
func goesOn(err error, file string) error {
	if !errors.Is(err, context.Canceled) {
		return err
	}
	if _, missing := os.Stat(file); missing != nil {
		return fmt.Errorf("interrupted before anything was done: %w", context.Canceled)
	}
	return interrupted{"the same command, which goes on from " + file}
}

// open returns the folder and puts the configuration that counts into cfg.
func (f folderFlags) open(cfg *config.Config) (*rundir.Dir, error) {
	if f.Resume == "" {
		if cfg.Train.Steps > 0 || cfg.Train.Epochs > 0 {
			cfg.Budget = 0 // steps were given: time does not count
		}
		if err := cfg.Ready(); err != nil {
			return nil, err
		}
		return rundir.Create(f.Out)
	}
	dir, err := rundir.Open(f.Resume)
	if err != nil {
		return nil, err
	}
	if *cfg, err = search.FolderConfig(dir); err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return dir, nil
}
