package search

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/onnx"
	"github.com/espalier-nas/espalier/supernet/space"
)

// label describes a network that is cut out of the run.
func (r *Run) label(a space.Arch) supernet.Label {
	s := r.family.Space()
	return supernet.Label{Arch: s.Format(a), SpaceID: s.ID(), Classes: r.splits.Train.Classes, View: r.view()}
}

// networkPath returns where in the folder a network goes, relative to it.
func networkPath(name string) string { return filepath.Join(rundir.Networks, name+".msgpack") }

// save writes a network to its file and, beside it, as an ONNX model with batch
// norms folded in.
func (r *Run) save(name string, n *supernet.Network) error {
	if err := n.Save(r.dir.Path(networkPath(name))); err != nil {
		return err
	}
	return onnx.Save(r.dir.Path(rundir.Networks, name+".onnx"), n.Fold())
}

// deploy writes each network of the front to a file of its own. The front is
// listed by rising latency; names follow it.
func (r *Run) deploy(front []*finished) error {
	if err := os.MkdirAll(r.dir.Path(rundir.Networks), 0o755); err != nil {
		return fmt.Errorf("networks: %w", err)
	}
	for i, f := range front {
		if err := r.save(networkName(i), f.net); err != nil {
			return err
		}
	}
	return nil
}

// networkName returns the name of network i of the front, counted from 1.
func networkName(i int) string { return fmt.Sprintf("pareto-%d", i+1) }

// test evaluates a network on the test split, once in the life of the folder.
func (r *Run) test(ctx context.Context, name string, n *supernet.Network) (tested, error) {
	if s, done := r.state.Tests[name]; done {
		return s, nil
	}
	s, table, err := n.EvaluateByClass(ctx, r.exec, r.splits.Test, r.cfg.Evaluate.Batch)
	if err != nil {
		return tested{}, err
	}
	if r.state.Tests == nil {
		r.state.Tests = make(map[string]tested)
	}
	t := tested{score(s), report.Table(table)}
	r.state.Tests[name] = t
	r.monitor.Log.Info("test split", "network", name, "accuracy", fmt.Sprintf("%.4f", s.Accuracy), "balanced", fmt.Sprintf("%.4f", t.ByClass.Balanced))
	return t, r.state.save(r.dir)
}

// view returns how pictures become the pixels that networks learn from.
func (r *Run) view() *data.View {
	v := r.cfg.Data.View().Resolved()
	return &v
}
