package run

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/cmd/espalier/internal/report"
	"github.com/espalier-nas/espalier/cmd/espalier/internal/rundir"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Version returns the version of the program's module.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}

// report tests the networks that were handed out, all choices being made, and
// puts everything together.
func (r *Run) report(ctx context.Context, l *Latencies, out *outcome) (report.Report, error) {
	rep := report.Report{
		Schema: report.Schema, Version: Version(), Seed: r.cfg.Seed,
		Machine: report.Machine{
			Processor: bench.Processor(), Cores: runtime.NumCPU(), Kernel: r.exec.Kernel(), Workers: r.exec.Workers(),
			Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		},
		Data:     r.dataReport(),
		Space:    r.spaceReport(),
		Supernet: r.supernetReport(),
		Latency:  r.latencyReport(l, out),
		Accuracy: r.accuracyReport(out),
		Floor:    out.floor,
	}
	if err := r.testAll(ctx, &rep, out); err != nil {
		return rep, err
	}
	if err := r.arms(&rep, out); err != nil {
		return rep, err
	}
	if err := r.testRandom(ctx, &rep, out); err != nil {
		return rep, err
	}
	var err error
	if rep.Test, err = r.testReport(); err != nil {
		return rep, err
	}
	for _, e := range []*supernet.Evaluator{r.compare, r.final} {
		computed, saved := e.Shared()
		rep.Prefix.Computed += computed
		rep.Prefix.Saved += saved
	}
	r.judgeHonesty(&rep)
	rep.Warnings = r.warnings
	return rep, nil
}

func (r *Run) dataReport() report.Data {
	s := r.splits
	return report.Data{
		Name: r.source.Name, Format: r.source.Format, Train: s.Train.Len(), Val: s.Val.Len(), Test: s.Test.Len(),
		H: s.Train.H, W: s.Train.W, C: s.Train.C, Classes: len(s.Train.Classes),
	}
}

func (r *Run) spaceReport() report.Space {
	s := r.family.Space()
	return report.Space{Name: r.cfg.Space.Chain.Name, ID: s.ID(), Size: s.SizeExact().String(), Decisions: len(s.Decisions())}
}

func (r *Run) supernetReport() report.Supernet {
	t := r.cfg.Train
	s := report.Supernet{
		Params: r.net.Size(), Sampler: t.Sampler, Steps: t.Steps, Batch: t.Batch,
		Epochs: float64(t.Steps) * float64(t.Batch) / float64(r.splits.Train.Len()), Hash: r.net.Hash(),
	}
	if r.state.Train != nil {
		s.Loss, s.Accuracy = r.state.Train.Loss, r.state.Train.Accuracy
	}
	return s
}

func (r *Run) latencyReport(l *Latencies, out *outcome) report.Latency {
	rep := report.Latency{Device: l.Device(), Batch: l.batch, Layers: l.Layers(), Networks: l.Networks(), Drift: r.state.Drift, HeldOut: l.Report}
	var pred, truth []float64
	for _, c := range out.finals {
		if c.measured != nil {
			pred, truth = append(pred, c.Cost.Latency), append(truth, c.measured.Median)
		}
	}
	if len(pred) >= 2 {
		found := predictor.Evaluate(pred, truth, r.cfg.Seed)
		rep.Found = &found
	}
	return rep
}

func (r *Run) accuracyReport(out *outcome) report.Accuracy {
	if out.model == nil {
		return report.Accuracy{}
	}
	rep := report.Accuracy{Model: r.cfg.Predictor.Model, Samples: len(out.samples), Models: out.model.standings}
	var mean, std, truth []float64
	for _, c := range out.finals {
		if p, ok := out.prediction(c.Arch); ok {
			mean, std, truth = append(mean, p.mean), append(std, p.std), append(truth, c.Accuracy)
		}
	}
	if len(truth) >= 2 {
		found := predictor.Evaluate(mean, truth, r.cfg.Seed)
		found.Cover90 = predictor.Coverage(mean, std, truth, 0.9)
		rep.Found = &found
	}
	return rep
}

// network describes a candidate.
func (r *Run) network(name string, c candidate, out *outcome) report.Network {
	n := report.Network{
		Name: name, Arch: r.family.Space().Format(c.Arch), FLOPs: c.Cost.FLOPs, Params: c.Cost.Params,
		Validation: c.Accuracy, Latency: c.Cost.Latency, Measured: c.measured,
	}
	if p, ok := out.prediction(c.Arch); ok {
		n.Predicted = &p.mean
	}
	return n
}

// testAll judges the front and the tuned network on the test split and enters
// them into the report.
func (r *Run) testAll(ctx context.Context, rep *report.Report, out *outcome) error {
	for i, c := range out.front {
		n := r.network(networkName(i), c, out)
		n.File = networkPath(n.Name)
		acc, err := r.test(ctx, n.Name, out.nets[i])
		if err != nil {
			return err
		}
		n.Test = &acc
		rep.Pareto = append(rep.Pareto, n)
	}
	if out.tuned == nil {
		return nil
	}
	t := out.tuned.report
	var err error
	if t.Test, err = r.test(ctx, tunedName, out.tuned.network); err != nil {
		return err
	}
	rep.Tuned = &t
	return nil
}

// testRandom judges the random arm's best on the test split.
func (r *Run) testRandom(ctx context.Context, rep *report.Report, out *outcome) error {
	if rep.Random == nil {
		return nil
	}
	a := best(out.randomFinals).Arch
	n, err := r.final.Deploy(ctx, a, r.label(a))
	if err != nil {
		return err
	}
	acc, err := r.test(ctx, rep.Random.Best.Name, n)
	rep.Random.Best.Test = &acc
	return err
}

// arms enters the search and the random arm, and compares them.
func (r *Run) arms(rep *report.Report, out *outcome) error {
	s := &rep.Search
	*s = r.armReport(r.cfg.Search.Strategy, r.cfg.Search.Score, out.search)
	s.Evaluations = out.evaluations()
	s.Best = rep.Pareto[len(rep.Pareto)-1]
	if len(out.randomFinals) == 0 {
		return nil
	}
	a := r.armReport(armRandom, "supernet", out.random)
	a.Evaluations = a.Proposals
	top := best(out.randomFinals)
	a.Best = r.network("random-best", top, out)
	rep.Random = &a
	stats, err := controller.Compare(r.leading(out), controller.Accuracies(out.random.trials), r.cfg.Seed)
	if err != nil {
		return err
	}
	rep.Compare = &report.Compare{Margin: s.Best.Validation - top.Accuracy, Stats: stats, Dominated: dominated(out.random.trials, out.front)}
	return nil
}

// leading returns the accuracies, on the whole validation split, of the
// finalists that the search had chosen for accuracy before they were judged.
func (r *Run) leading(out *outcome) []float64 {
	lead := make(map[space.Arch]bool)
	for _, t := range leaders(out.pool().trials, r.cfg.Search.Top, r.limits()) {
		lead[t.Arch] = true
	}
	var accuracies []float64
	for _, c := range out.finals {
		if lead[c.Arch] {
			accuracies = append(accuracies, c.Accuracy)
		}
	}
	return accuracies
}

// dominated returns the share of trials that are beaten by a network of the
// front, which is as fast, by prediction, and more accurate.
func dominated(trials []controller.Trial, front []candidate) float64 {
	beaten := 0
	for _, t := range trials {
		if slices.ContainsFunc(front, func(c candidate) bool { return c.Accuracy > t.Accuracy && c.Cost.Latency <= t.Cost.Latency }) {
			beaten++
		}
	}
	return float64(beaten) / float64(max(1, len(trials)))
}

func (r *Run) armReport(strategy, score string, f found) report.Arm {
	return report.Arm{
		Strategy: strategy, Score: score, Proposals: f.result.Evaluated, Duplicates: f.result.Duplicates, Infeasible: f.result.Infeasible,
		Repaired: f.result.Repaired, Exhausted: f.result.Exhausted, Limits: r.limits().String(),
	}
}

// judgeHonesty adds the warnings that the figures call for.
func (r *Run) judgeHonesty(rep *report.Report) {
	taus := make(map[string]float64)
	for _, s := range rep.Accuracy.Models {
		taus[s.Model] = s.Report.Kendall
	}
	for _, plain := range []string{"flops", "params"} {
		own, other := taus[rep.Accuracy.Model], taus[plain]
		if rep.Accuracy.Model != "" && rep.Accuracy.Model != plain && own <= other {
			r.warn("predictor %s ranks no better than %s: Kendall tau %.3f against %.3f", rep.Accuracy.Model, plain, own, other)
		}
	}
	if rep.Compare != nil && rep.Compare.Margin <= 0 {
		r.warn("the search found nothing better than random search with as many evaluations: best accuracy %.4f against %.4f",
			rep.Search.Best.Validation, rep.Random.Best.Validation)
	}
	r.warnOfDrift()
	if rep.Search.Exhausted {
		r.warn("the strategy ran out of new architectures before its budget")
	}
}

// writeReport saves the report for programs and for people.
func (r *Run) writeReport(rep report.Report) error {
	if err := r.dir.WriteJSON(rundir.ReportJSON, rep); err != nil {
		return err
	}
	return r.dir.Write(rundir.ReportText, []byte(report.Text(rep)))
}
