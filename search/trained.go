package search

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Machine overrides how a run's configuration says to compute.
type Machine struct {
	Workers *int
	Kernel  *string
}

// OpenTrained opens a run folder to use its weights as they are: those of the supernet
// and those of finished networks. It does not lock the folder, which another process
// may be training in, nor change it, but for the lines that Evaluate and EvaluateNetwork add
// to tests.jsonl.
func OpenTrained(path string, m Machine, monitor Monitor) (*Run, error) {
	return openFolder(path, m, monitor, (*Run).openTrained)
}

// OpenNetworks opens a run folder as OpenTrained does, but for its networks alone: it
// need not have a supernet.
func OpenNetworks(path string, m Machine, monitor Monitor) (*Run, error) {
	return openFolder(path, m, monitor, (*Run).openPictures)
}

func openFolder(path string, m Machine, monitor Monitor, open func(*Run) error) (*Run, error) {
	cfg, err := config.Load(rundir.View(path).Path(rundir.Config))
	if err != nil {
		return nil, fmt.Errorf("%s is no run folder: %w", path, err)
	}
	if m.Workers != nil {
		cfg.Workers = *m.Workers
	}
	if m.Kernel != nil {
		cfg.Kernel = config.Kernel(*m.Kernel)
	}
	if err := cfg.Ready(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r := &Run{cfg: cfg, dir: rundir.View(path), monitor: monitor.complete(), now: time.Now}
	if err := open(r); err != nil {
		if r.exec != nil {
			r.exec.Close()
		}
		return nil, err
	}
	return r, nil
}

// openPictures opens what networks are evaluated with and on.
func (r *Run) openPictures() (err error) {
	if err := r.state.load(r.dir); err != nil {
		return err
	}
	if r.exec, err = ops.NewExec(ops.Config{Kernel: string(r.cfg.Kernel), Workers: r.cfg.Workers}); err != nil {
		return err
	}
	return r.openData()
}

func (r *Run) openTrained() error {
	if err := r.openPictures(); err != nil {
		return err
	}
	if err := r.openSpace(); err != nil {
		return err
	}
	head, err := r.net.Load(r.dir.Path(rundir.Supernet))
	if err != nil {
		return err
	}
	if total := r.cfg.Train.Steps; head.Step < total {
		r.monitor.Log.Warn("the supernet is not trained to the end", "step", head.Step, "of", total)
	}
	return r.openEvaluators()
}

// Arch returns the architecture that text describes: the space's own text form,
// or min, max, or random, which draws the first one of the run's seed.
func (r *Run) Arch(text string) (space.Arch, error) {
	if text == "random" {
		return r.family.Space().Random(stream.New(r.cfg.Seed, "random architecture")), nil
	}
	return NamedArch(r.family, text)
}

// NamedArch returns the architecture that text describes: the space's own text
// form, or min or max.
func NamedArch(f space.Family, text string) (space.Arch, error) {
	switch text {
	case "min":
		return f.Extremes().Smallest, nil
	case "max":
		return f.Extremes().Largest, nil
	}
	return f.Space().Parse(text)
}

// Evaluated is an architecture with its score.
type Evaluated struct {
	Arch     string  `json:"arch"`
	Accuracy float64 `json:"accuracy"` // fraction
	Loss     float64 `json:"loss"`     // nats
	FLOPs    int64   `json:"flops"`
	Params   int64   `json:"params"`
	Majority float64 `json:"majority"` // share of the most frequent class
	report.ByClass
}

// evaluation puts a score together with what the network says of each class.
func evaluation(arch string, s supernet.Score, table supernet.Confusion, flops, params int64) Evaluated {
	return Evaluated{arch, s.Accuracy, s.Loss, flops, params, table.Majority(), *report.Table(table)}
}

// Evaluate scores architectures with freshly calibrated statistics, on the
// validation split or the test split. The latter is noted in the folder's
// tests.jsonl.
func (r *Run) EvaluateByClass(ctx context.Context, archs []space.Arch, onTest bool) ([]Evaluated, error) {
	by := r.final
	if onTest {
		var err error
		if by, err = r.evaluator(r.net, r.splits.Test); err != nil {
			return nil, err
		}
	}
	scores, tables, err := by.EvaluateByClass(ctx, archs)
	if err != nil {
		return nil, err
	}
	out := make([]Evaluated, len(archs))
	for i, a := range archs {
		flops, params := r.sizes(a)
		out[i] = evaluation(r.family.Space().Format(a), scores[i], tables[i], flops, params)
	}
	if onTest {
		if err := r.noteTests(out, rundir.Tested{Supernet: r.net.Hash()}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// EvaluateNetwork scores a finished network of the folder, pareto-1 or alone, with its own
// weights, on the validation split or the test split. The latter is noted in the
// folder's tests.jsonl.
func (r *Run) EvaluateNetwork(ctx context.Context, name string, onTest bool) (Evaluated, error) {
	n, err := supernet.LoadNetwork(r.dir.Path(networkPath(name)))
	if err != nil {
		return Evaluated{}, err
	}
	set := r.splits.Val
	if onTest {
		set = r.splits.Test
	}
	if h, w, c := n.Input(); h != set.H || w != set.W || c != set.C || !slices.Equal(n.Label().Classes, set.Classes) {
		return Evaluated{}, fmt.Errorf("%s reads pictures of %dx%dx%d in %d classes; want %dx%dx%d in %d, the run's own",
			networkPath(name), h, w, c, len(n.Label().Classes), set.H, set.W, set.C, len(set.Classes))
	}
	s, table, err := n.EvaluateByClass(ctx, r.exec, set, r.cfg.Evaluate.Batch)
	if err != nil {
		return Evaluated{}, err
	}
	j := evaluation(n.Label().Arch, s, table, n.Plan().FLOPs(), n.Plan().Params())
	if onTest {
		err = r.noteTests([]Evaluated{j}, rundir.Tested{Network: n.Net().Hash()})
	}
	return j, err
}

// Deploy cuts one architecture out of the supernet, ready to classify.
func (r *Run) Deploy(ctx context.Context, a space.Arch) (*supernet.Network, error) {
	return r.final.Deploy(ctx, a, r.label(a))
}

// OpenFamily returns the space of a configuration for its pictures, without
// weights.
func OpenFamily(cfg config.Config) (space.Family, error) {
	d, err := openDataset(cfg.Data, Monitor{}.complete())
	if err != nil {
		return nil, err
	}
	return familyOf(cfg, d.Train)
}

func familyOf(cfg config.Config, s *data.Set) (space.Family, error) {
	return cfg.Space.Open(inputOf(s))
}

// inputOf returns what networks read that learn from a set.
func inputOf(s *data.Set) space.Input {
	return space.Input{H: s.H, W: s.W, C: s.C, Classes: len(s.Classes)}
}
