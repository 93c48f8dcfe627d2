package search

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
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
func (r *Run) report(ctx context.Context, l *latency.Model, out *outcome) (report.Report, error) {
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
		Limits:   r.limitsReport(),
		Floor:    report.Floor{Accuracy: out.linear, LeftOut: out.leftOut},
		Reach:    r.cfg.Finish.Reach.Seconds(),
		Others:   []report.Network{},
	}
	if r.state.Last != nil {
		rep.Last = *r.state.Last
	}
	if err := r.testAll(ctx, &rep, out); err != nil {
		return rep, err
	}
	if err := r.arms(&rep, out); err != nil {
		return rep, err
	}
	rep.Rivals = out.rivals
	var err error
	if rep.Test, err = r.testReport(); err != nil {
		return rep, err
	}
	for _, e := range []*supernet.Evaluator{r.compare, r.final} {
		computed, saved := e.Shared()
		rep.Prefix.Computed += computed
		rep.Prefix.Saved += saved
	}
	if rep.Trials, err = r.trialsHash(); err != nil {
		return rep, err
	}
	rep.Checks = out.checks
	rep.Checks.Accesses = report.Accesses{Handed: rep.Test.Networks, Rivals: len(rep.Rivals), ByHand: rep.Test.ByHand}
	r.evaluateHonesty(&rep)
	rep.Warnings = append([]string{}, r.warnings...)
	return rep, nil
}

// trialsHash returns a hash over all that was evaluated, in order.
func (r *Run) trialsHash() (string, error) {
	text, err := os.ReadFile(r.dir.Path(rundir.Trials))
	return fmt.Sprintf("%016x", xxh3.Hash(text)), err
}

func (r *Run) dataReport() report.Data {
	s := r.splits
	return report.Data{
		Name: r.source.Name, Format: r.source.Format, Train: s.Train.Len(), Val: s.Val.Len(), Test: s.Test.Len(),
		H: s.Train.H, W: s.Train.W, C: s.Train.C, Classes: len(s.Train.Classes), Balance: r.cfg.Data.Balance,
		Majority: majority(s.Test), Ratio: s.Train.Ratio(), Names: s.Train.Classes,
	}
}

func (r *Run) spaceReport() report.Space {
	s := r.family.Space()
	return report.Space{Name: r.cfg.Space.Declaration.Title(), ID: s.ID(), Size: s.SizeExact().String(), Decisions: len(s.Decisions())}
}

func (r *Run) supernetReport() report.Supernet {
	t := r.cfg.Train
	s := report.Supernet{
		Params: r.net.Size(), Sampler: t.Sampler, Steps: t.Steps, Batch: t.Batch,
		Epochs: float64(t.Steps) * float64(t.Batch) / float64(r.splits.Train.Len()), Hash: r.net.Hash(),
	}
	s.Exposure = r.exposure()
	if r.state.Train != nil {
		s.Loss, s.Accuracy = r.state.Train.Loss, r.state.Train.Accuracy
	}
	return s
}

func (r *Run) latencyReport(l *latency.Model, out *outcome) report.Latency {
	rep := report.Latency{Device: l.Device(), Batch: l.Batch(), Layers: l.Layers(), Estimated: l.Estimated(), Networks: l.Networks(), Form: l.Form(), Drift: r.state.Drift, HeldOut: l.Report, Elsewhere: r.elsewhereReport(), Reliance: l.Reliance, Contenders: r.contendersReport()}
	if p := l.Probes(); p != nil {
		rep.Reliance = p.Reliance()
		rep.Probe = &report.Probe{Runtime: p.Name(), Networks: p.Networks(), Form: p.Form(), LeftOut: p.Report, Energy: p.Energy}
	}
	var pred, truth []float64
	for _, c := range out.searchOn {
		if c.measured != nil && !l.Learnt(c.Arch) {
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
	rep := report.Accuracy{Model: r.usedModel(), Prior: r.priorReport(out.model.standings), Target: r.cfg.Search.By, Samples: len(out.samples), Models: out.model.standings, Calibration: out.model.calibration.String()}
	rep.Versus = slices.DeleteFunc(predictor.VersusAll(rep.Model, rep.Models, r.cfg.Seed), func(d predictor.Difference) bool {
		return r.prior != nil && (d.Against == r.cfg.Predictor.Model || d.Against == r.withPrior().Name) // Prior tells
	})
	if d, ok := out.model.model.(predictor.Described); ok {
		rep.Form = d.Describe()
	}
	var mean, std, calibrated, deviation, truth []float64
	for _, c := range out.searchOn {
		if p, ok := out.prediction(c.Arch); ok {
			mean, std, truth = append(mean, p.mean), append(std, p.std), append(truth, r.target(c.Trial))
			calibrated, deviation = append(calibrated, p.calibrated), append(deviation, p.deviation)
		}
	}
	if len(truth) >= 2 {
		rep.Found, rep.Calibrated = r.evaluatePredictions(mean, std, truth), r.evaluatePredictions(calibrated, deviation, truth)
	}
	return rep
}

// evaluatePredictions returns the errors of predictions and the coverage of their
// intervals.
func (r *Run) evaluatePredictions(mean, std, truth []float64) *predictor.Report {
	rep := predictor.Evaluate(mean, truth, r.cfg.Seed)
	rep.Cover90 = predictor.Coverage(mean, std, truth, 0.9)
	return &rep
}

// network describes a finished network.
func (r *Run) network(name string, f *finished, out *outcome) report.Network {
	arm := out.armOf(f)
	n := report.Network{
		Name: name, Arch: r.family.Space().Format(f.Arch), Arm: arm, Origin: r.origin(f.Arch, arm, out), FLOPs: f.Cost.FLOPs, Params: f.Cost.Params,
		Memory: f.Cost.Memory, FileBytes: f.Cost.Size, Elsewhere: seconds(f.Cost.Elsewhere),
		Inherited: f.Accuracy, Validation: f.last().Accuracy, ValidationLoss: f.last().Loss, Steps: f.steps(), Seconds: f.seconds(), Latency: f.Cost.Latency, Measured: f.measured,
		Energy: f.cost().Energy, EnergyMeasured: f.energy > 0,
	}
	if p, ok := out.prediction(f.Arch); ok {
		n.Predicted = &p.mean
	}
	return n
}

// armBoth is the arm of a network that both arms have.
const armBoth = "both"

// armOf returns the arm that finished a network.
func (o *outcome) armOf(f *finished) string {
	switch search, random := slices.Contains(o.searchTop, f), slices.Contains(o.randomTop, f); {
	case search && random:
		return armBoth
	case random:
		return armRandom
	default:
		return armSearch
	}
}

// testAll evaluates the front on the test split and enters it, and what is not on
// it, into the report.
func (r *Run) testAll(ctx context.Context, rep *report.Report, out *outcome) error {
	handed := make(map[*finished]bool)
	for i, f := range out.front {
		handed[f] = true
		n := r.network(networkName(i), f, out)
		n.File = networkPath(n.Name)
		info, err := os.Stat(r.dir.Path(n.File))
		if err != nil {
			return err
		}
		n.FileBytes = info.Size()
		t, err := r.test(ctx, n.Name, f.net)
		if err != nil {
			return err
		}
		n.Test, n.TestError, n.ByClass = &t.Accuracy, report.BinomialError(t.Accuracy, r.splits.Test.Len()), t.ByClass
		rep.Pareto = append(rep.Pareto, n)
	}
	for _, f := range union(out.searchTop, out.randomTop) {
		if !handed[f] {
			rep.Others = append(rep.Others, r.network(f.training(), f, out))
		}
	}
	return nil
}

// evaluateHonesty adds the warnings that the figures call for; how the search compares with random
// search is left to the repetitions together, where there are some.
func (r *Run) evaluateHonesty(rep *report.Report) {
	for _, d := range rep.Accuracy.Versus {
		if w := d.Warning(); w != "" && predictor.Plain(d.Against) {
			r.warn("%s", w)
		}
	}
	if !slices.ContainsFunc(rep.Pareto, func(n report.Network) bool { return n.Origin == originSearch }) {
		r.warn("nothing that a round of the search found is handed over: all networks were given or drawn at random")
	}
	if c := rep.Compare; c != nil && r.cfg.Search.Seeds == 1 && (c.Stats.Difference <= 0 || c.Front <= 0) {
		r.warn("the search is no better than random search with as many evaluations and as much finishing: mean accuracy of the best %d networks %.4f against %.4f, at equal latency %+.4f on average",
			c.Best, c.Stats.SearchMean, c.Stats.RandomMean, c.Front)
	}
	r.warnOfChecks(rep.Checks)
	r.warnOfLimits()
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
	var picture bytes.Buffer
	if err := report.SVG(&picture, "Accuracy on validation against latency", report.Points(rep)); err != nil {
		return err
	}
	return errors.Join(r.dir.Write(rundir.Picture, picture.Bytes()), r.dir.Write(rundir.ReportText, []byte(report.Text(rep))), r.dir.Write(rundir.Checks, []byte(report.ChecksText(rep))))
}
