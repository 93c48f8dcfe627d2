package bench

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/espalier-nas/espalier/ops"
)

// Machine is what a machine can do at most, measured.
type Machine struct {
	Processor string   `json:"processor"`
	Cores     int      `json:"cores"`   // logical processors
	Kernels   []string `json:"kernels"` // that it can run, best first
	Kernel    string   `json:"kernel"`  // that ran
	Levels    []Level  `json:"levels"`
	Assumed   string   `json:"assumed,omitempty"` // why the sizes of Levels are usual ones, not the machine's
	Limits    []Limits `json:"limits"`            // of one worker and, if there are more, of all
}

// Limits is what a number of workers can do together.
type Limits struct {
	Workers    int         `json:"workers"`
	Peak       float64     `json:"peak"` // GFLOP/s of multiply-adds in registers
	Bandwidths []Bandwidth `json:"bandwidths"`
}

// sweeps is how often all limits are measured: what disturbs a machine for a
// second then spoils none of them.
const sweeps = 4

// MeasureMachine measures this machine with one worker and with as many as c
// says: every limit several times, of which the best counts. each, if not nil, is
// called after every measurement with how many of how many are done.
func MeasureMachine(ctx context.Context, c ops.Config, m Effort, each func(done, total int)) (Machine, error) {
	execs, err := newExecs(c)
	if err != nil {
		return Machine{}, fmt.Errorf("machine: %w", err)
	}
	for _, e := range execs {
		defer e.Close()
	}
	found := Machine{Processor: Processor(), Cores: runtime.NumCPU(), Kernels: ops.Kernels(), Kernel: execs[0].Kernel(), Limits: make([]Limits, len(execs))}
	if found.Levels, err = levels(os.DirFS("/")); err != nil {
		found.Levels, found.Assumed = usualLevels(), err.Error()
	}
	count, total := 0, sweeps*len(execs)*(1+len(found.Levels))
	step := func() {
		if count++; each != nil {
			each(count, total)
		}
	}
	for range sweeps {
		for i, e := range execs {
			l, err := measureLimits(ctx, e, found.Levels, m, step)
			if err != nil {
				return Machine{}, fmt.Errorf("machine, %s: %w", plural(e.Workers(), "worker"), err)
			}
			found.Limits[i].raise(l)
		}
	}
	return found, nil
}

// newExecs returns an Exec of one worker and, if c asks for more, one of all.
func newExecs(c ops.Config) ([]*ops.Exec, error) {
	all, err := ops.NewExec(c)
	if err != nil || all.Workers() == 1 {
		return []*ops.Exec{all}, err
	}
	one, err := ops.NewExec(ops.Config{Kernel: all.Kernel(), Workers: 1})
	if err != nil {
		all.Close()
		return nil, err
	}
	return []*ops.Exec{one, all}, nil
}

func measureLimits(ctx context.Context, e *ops.Exec, levels []Level, m Effort, step func()) (l Limits, err error) {
	l.Workers = e.Workers()
	if l.Peak, err = m.rate(ctx, ops.NewProbe(e, 0).PeakLoop); err != nil {
		return Limits{}, fmt.Errorf("peak: %w", err)
	}
	step()
	for i := range levels {
		b, err := measureBandwidth(ctx, e, levels, i, m)
		if err != nil {
			return Limits{}, err
		}
		l.Bandwidths = append(l.Bandwidths, b)
		step()
	}
	return l, nil
}

// raise takes over what was measured again and came out higher.
func (l *Limits) raise(again Limits) {
	if l.Workers == 0 {
		*l = again
		return
	}
	l.Peak = max(l.Peak, again.Peak)
	for i, b := range again.Bandwidths {
		to := &l.Bandwidths[i]
		to.Read, to.Copy, to.Triad = max(to.Read, b.Read), max(to.Copy, b.Copy), max(to.Triad, b.Triad)
	}
}
