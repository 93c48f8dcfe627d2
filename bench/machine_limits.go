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

// MeasureMachine measures this machine with one worker and with as many as c
// says. each, if not nil, is called after every measurement with how many of how
// many are done.
func MeasureMachine(ctx context.Context, c ops.Config, m Effort, each func(done, total int)) (Machine, error) {
	e, err := ops.NewExec(c)
	if err != nil {
		return Machine{}, fmt.Errorf("machine: %w", err)
	}
	defer e.Close()
	found := Machine{Processor: Processor(), Cores: runtime.NumCPU(), Kernels: ops.Kernels(), Kernel: e.Kernel()}
	if found.Levels, err = levels(os.DirFS("/")); err != nil {
		found.Levels, found.Assumed = usualLevels(), err.Error()
	}
	execs := []*ops.Exec{e}
	if e.Workers() > 1 {
		one, err := ops.NewExec(ops.Config{Kernel: e.Kernel(), Workers: 1})
		if err != nil {
			return Machine{}, fmt.Errorf("machine: %w", err)
		}
		defer one.Close()
		execs = []*ops.Exec{one, e}
	}
	count, total := 0, len(execs)*(1+len(found.Levels))
	step := func() {
		if count++; each != nil {
			each(count, total)
		}
	}
	for _, e := range execs {
		l, err := measureLimits(ctx, e, found.Levels, m, step)
		if err != nil {
			return Machine{}, fmt.Errorf("machine, %d workers: %w", e.Workers(), err)
		}
		found.Limits = append(found.Limits, l)
	}
	return found, nil
}

func measureLimits(ctx context.Context, e *ops.Exec, levels []Level, m Effort, step func()) (l Limits, err error) {
	l.Workers = e.Workers()
	if l.Peak, err = m.rate(ctx, ops.NewProbe(e, 0).Burn); err != nil {
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
