package search

import (
	"fmt"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// openElsewhere opens the latency files of the other devices that limits are on, and keeps a
// copy of each in the folder, from which a resumed run reads it. It is an error if one does not
// cover the space.
func (r *Run) openElsewhere() error {
	r.elsewhere = nil
	for i, e := range r.cfg.Limits.Elsewhere {
		to := r.dir.Path(rundir.Elsewhere(i))
		from := e.Table
		if r.dir.Has(rundir.Elsewhere(i)) {
			from = to
		}
		l, err := latency.OpenFile(r.family, from, to, r.cfg.Device.Batch, latency.Probing{Seed: r.cfg.Seed, Holdout: r.cfg.Predictor.Holdout})
		if err != nil {
			return fmt.Errorf("limits.elsewhere[%d]: %w", i, err)
		}
		r.elsewhere = append(r.elsewhere, l)
		r.monitor.Log.Info("latency elsewhere", "table", e.Table, "device", l.Device(), "limit", e.Latency.String(), "held-out", l.Report.String())
	}
	return nil
}

// costElsewhere returns all costs of an architecture but the latency on the device of the
// search.
func (r *Run) costElsewhere(a space.Arch) (controller.Cost, error) {
	c := latency.PlanCost(r.family.Plan(a))
	var err error
	if r.cfg.Limits.Size > 0 {
		if c.Size, err = r.fileSize(a); err != nil {
			return c, err
		}
	}
	for i, l := range r.elsewhere {
		seconds, err := l.Predict(a)
		if err != nil {
			return c, err
		}
		c.Elsewhere = append(c.Elsewhere, controller.DeviceLatency{Device: r.cfg.Limits.Elsewhere[i].Device(), Latency: seconds})
	}
	return c, nil
}

// fileSize returns how many bytes the file of a network that is handed over has.
func (r *Run) fileSize(a space.Arch) (int64, error) {
	if n, known := r.fileSizes[a]; known {
		return n, nil
	}
	label := r.label(a)
	label.Mean, label.Std = r.norm.Mean, r.norm.Std
	n, err := supernet.NetworkSize(r.family.Plan(a), label)
	if err != nil {
		return 0, fmt.Errorf("size of %s: %w", label.Arch, err)
	}
	if r.fileSizes == nil {
		r.fileSizes = make(map[space.Arch]int64)
	}
	r.fileSizes[a] = n
	return n, nil
}

// elsewhereReport tells what is known of the other devices.
func (r *Run) elsewhereReport() []report.Elsewhere {
	var all []report.Elsewhere
	for i, l := range r.elsewhere {
		e := r.cfg.Limits.Elsewhere[i]
		all = append(all, report.Elsewhere{
			Name: e.Device(), Device: l.Device(), Table: e.Table, Limit: e.Latency.Seconds(), Layers: l.Layers(), Estimated: l.Estimated(), Networks: l.Networks(),
			Form: l.Form(), HeldOut: l.Report,
		})
	}
	return all
}

// limitsReport tells the limits that the user has set.
func (r *Run) limitsReport() report.Limits {
	l := r.cfg.Limits
	return report.Limits{Latency: l.Latency.Seconds(), FLOPs: int64(l.FLOPs), Params: int64(l.Params), Memory: int64(l.Memory), Size: int64(l.Size), Energy: float64(l.Energy)}
}
