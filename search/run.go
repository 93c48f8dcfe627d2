// Package search carries out the phases of a search over a run folder. Each phase
// leaves in the folder what it found, and takes it from there when it is asked
// again: resuming a run is running it again. Do is a whole search.
//
// It may import everything below it but the tables of strategies and predictors; its
// inner packages are config (the document), latency (measured and predicted), truth (what
// networks trained alone gave), report and rundir (the folder). Read search.go (the phases in
// order), then what each phase calls: latency.go, train.go, accuracy.go and rounds.go,
// ladder.go and lastrung.go (finishing), report.go, checks.go.
// docs/method.md says why.
package search

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Run is one run folder at work: the configuration and what all phases share.
type Run struct {
	cfg     config.Config
	dir     *rundir.Dir
	monitor Monitor
	state   state
	now     func() time.Time // the clock
	started time.Time
	earlier time.Duration // time that earlier processes spent in the folder

	phase      string     // at hand
	counted    time.Time  // until when its time is in the state
	accounting sync.Mutex // of the state, while lanes work

	onlyTrain bool // the budget is for training alone
	bounded   bool // it is known what limits and reach leave of the space

	exec   *ops.Exec
	single bool  // networks are finished one after the other, for want of memory
	needed int64 // bytes of memory, as computed last
	source *data.Dataset
	splits data.Splits
	norm   data.Normalization
	family space.Family
	net    *supernet.Net
	bounds *bounds // of a search; nil: the whole space
	sized  *sized  // of a search by prediction, from the first samples on
	prior  *prior  // nil: no earlier run is learnt from

	elsewhere []*latency.Model     // on the other devices that limits are on
	fileSizes map[space.Arch]int64 // of networks whose file's size was asked for
	anchor    space.Arch           // within the limits and reach; see Run.feasible

	trials  *rundir.Journal[rundir.Trial]
	logged  map[string][]rundir.Trial // lines of earlier runs, by arm
	patient bool                      // the log is of an earlier version's evolution; see sweepStep
	compare *supernet.Evaluator       // evaluates candidates on evaluate.images
	final   *supernet.Evaluator       // evaluates the last ones on the whole validation split
	policy  []float64                 // state of the ENAS controller after training

	warnings []string              // for the report
	looked   map[space.Arch]looked // of contenders whose latency was not known before
	timed    map[space.Arch]bool   // contenders that were timed; true: beyond the limits as measured
}

// New makes the folder's run: it opens the data, builds the family and the
// shared weights, and saves the effective configuration. The configuration must
// be valid. A folder that was made for the run is gone again after an error.
func New(dir *rundir.Dir, cfg config.Config, monitor Monitor) (*Run, error) {
	r := &Run{cfg: cfg, dir: dir, monitor: monitor.complete(), now: time.Now, started: time.Now()}
	r.enter(phaseOpen)
	if err := r.open(); err != nil {
		return nil, errors.Join(err, r.Close(), dir.Discard())
	}
	return r, nil
}

func (r *Run) open() error {
	begins := !r.dir.Has(rundir.Config)
	if begins { // what a start has left that was killed before does not count
		r.state.Command = r.monitor.Command
	} else if err := r.state.load(r.dir); err != nil {
		return err
	}
	r.earlier = r.state.total()
	var err error
	if r.exec, err = ops.NewExec(ops.Config{Kernel: string(r.cfg.Kernel), Workers: r.cfg.Workers}); err != nil {
		return err
	}
	r.cfg.Kernel = config.Kernel(r.exec.Kernel()) // bits depend on it: a resumed run must not take another
	if d := &r.cfg.Data.Dir; *d != "" {
		if *d, err = filepath.Abs(*d); err != nil { // a run goes on from anywhere
			return fmt.Errorf("data: %w", err)
		}
	}
	if t := &r.cfg.Device.Table; *t != "" {
		if *t, err = filepath.Abs(*t); err != nil {
			return fmt.Errorf("device.table: %w", err)
		}
	}
	if p := &r.cfg.Predictor.Prior; *p != "" {
		if *p, err = filepath.Abs(*p); err != nil {
			return fmt.Errorf("predictor.prior: %w", err)
		}
	}
	r.cfg.Limits.Elsewhere = slices.Clone(r.cfg.Limits.Elsewhere)
	for i := range r.cfg.Limits.Elsewhere {
		t := &r.cfg.Limits.Elsewhere[i].Table
		if *t, err = filepath.Abs(*t); err != nil {
			return fmt.Errorf("limits.elsewhere[%d].table: %w", i, err)
		}
	}
	if err := r.openData(); err != nil {
		return err
	}
	if err := r.openSpace(); err != nil {
		return err
	}
	if err := r.openTrials(); err != nil {
		return err
	}
	if err := r.openPrior(begins); err != nil {
		return err
	}
	if err := r.account(); err != nil {
		return err
	}
	return r.saveConfig()
}

func (r *Run) openSpace() error {
	family, err := familyOf(r.cfg, r.splits.Train)
	if err != nil {
		return err
	}
	r.family, r.anchor = family, family.Extremes().Smallest
	if w := r.cfg.Train.Auxiliary; w > 0 && !family.Plan(family.Extremes().Narrow).HasAuxiliary() {
		return fmt.Errorf("train.auxiliary is %v; want 0: the networks of this space do not say where an auxiliary head reads", w)
	}
	if err := r.checkMemory(trainsShared); err != nil {
		return err
	}
	r.net = supernet.New(family, r.cfg.Seed)
	return nil
}

// openTrials reads the lines of earlier runs.
func (r *Run) openTrials() error {
	j, lines, torn, err := rundir.OpenJournal[rundir.Trial](r.dir.Path(rundir.Trials))
	if err != nil {
		return err
	}
	if torn {
		r.monitor.Log.Warn("the end of the trials was cut off by an interruption and is evaluated again")
	}
	r.trials = j
	r.logged = make(map[string][]rundir.Trial)
	for _, t := range lines {
		if n := len(r.logged[t.Arm]); t.Index != n {
			return fmt.Errorf("%s: trial of arm %q has index %d; want %d, one after the other", r.dir.Path(rundir.Trials), t.Arm, t.Index, n)
		}
		r.logged[t.Arm] = append(r.logged[t.Arm], t)
	}
	return nil
}

// saveConfig writes the effective configuration.
func (r *Run) saveConfig() error {
	return r.cfg.Save(func(text []byte) error { return r.dir.Write(rundir.Config, text) })
}

// Classes returns the names of the classes.
func (r *Run) Classes() []string { return r.splits.Train.Classes }

// Config returns the effective configuration.
func (r *Run) Config() config.Config { return r.cfg }

// Close ends the workers and closes the files.
func (r *Run) Close() error {
	if r.exec != nil {
		r.exec.Close()
	}
	if r.trials != nil {
		return r.trials.Close()
	}
	return nil
}

// phase runs f under a name, with its events and in the folder's account of time.
func phase[T any](r *Run, name string, f func() (T, error)) (T, error) {
	r.monitor.Events.Begin(name)
	start := r.now()
	r.enter(name)
	v, err := f()
	took := r.since(start)
	r.monitor.Events.End()
	if serr := r.settle(); err == nil {
		err = serr
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return v, fmt.Errorf("%s: %w", name, err)
	}
	if err == nil {
		r.monitor.Log.Info(name+" done", "took", took.Round(100*time.Millisecond).String())
	}
	return v, err
}

// settle brings the trials and the account of time to the disk, in this order.
func (r *Run) settle() error {
	if r.trials != nil {
		if err := r.trials.Sync(); err != nil {
			return err
		}
	}
	return r.account()
}
