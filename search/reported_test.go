package search

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// sources ties what a report only passes on to where it comes from: the sizes of the data, the
// supernet and its training, latencies, counts and the linear classifier.
func (c recomputed) sources() {
	rep, val := c.s.report, netTrain/5
	var weights int64
	for _, p := range c.s.net.Params() {
		weights += int64(p.Count())
	}
	proposed := c.s.of(armSearch)
	for name, pair := range map[string][2]float64{
		"training pictures": {float64(rep.Data.Train), float64(netTrain - val)}, "validation pictures": {float64(rep.Data.Val), float64(val)},
		"test pictures": {float64(rep.Data.Test), netTest}, "pictures that were tested on": {float64(rep.Test.Images), netTest},
		"classes": {float64(rep.Data.Classes), 3}, "height": {float64(rep.Data.H), 8}, "channels": {float64(rep.Data.C), 1},
		"steps": {float64(rep.Supernet.Steps), 30}, "batch": {float64(rep.Supernet.Batch), 16}, "epochs": {rep.Supernet.Epochs, 30 * 16 / float64(netTrain-val)},
		"loss of the last step": {rep.Supernet.Loss, c.s.state.Train.Loss}, "accuracy of the last step": {rep.Supernet.Accuracy, c.s.state.Train.Accuracy},
		"proposals": {float64(rep.Search.Proposals), float64(len(proposed))}, "random proposals": {float64(rep.Random.Proposals), float64(len(c.s.of(armRandom)))},
		"linear classifier": {rep.Floor.Accuracy, *c.s.state.Linear}, "images of a pass": {float64(rep.Latency.Batch), 4},
		"networks measured": {float64(rep.Latency.Networks), float64(len(c.w.measured))}, "calibrated on": {float64(rep.Checks.Norms.Calibration), float64(netTrain - val)},
	} {
		c.near(name, pair[0], pair[1])
	}
	if rep.Supernet.Params != weights {
		c.t.Errorf("%d shared parameters; want %d", rep.Supernet.Params, weights)
	}
	c.exposed(rep.Supernet.Exposure)
	c.bests()
}

// exposed counts, of each decision that is made in every network, as many choices as subnets were
// trained; the choices trained least and most often are among them.
func (c recomputed) exposed(e *report.Exposure) {
	var all []int
	for i, d := range c.w.family.Space().Decisions() {
		sum := 0
		for k, n := range e.Counts[i] {
			sum += n
			if all = append(all, n); d.Name+" "+d.Choices[k] == e.Which && n != e.Least {
				c.t.Errorf("%s was trained by %d subnets; want %d, the least", e.Which, n, e.Least)
			}
		}
		if want := 30; sum > want || i == 0 && sum != want {
			c.t.Errorf("%s was decided %d times in training; want at most %d", d.Name, sum, want)
		}
	}
	slices.Sort(all)
	if e.Least != all[0] || e.Most != all[len(all)-1] || e.Median != all[len(all)/2] {
		c.t.Errorf("choices trained %d to %d times, %d in the median; want them of %v", e.Least, e.Most, e.Median, all)
	}
}

// bests wants the best network of each arm among those that the report lists.
func (c recomputed) bests() {
	all := slices.Concat(c.s.report.Pareto, c.s.report.Others)
	for arm, best := range map[string]report.Network{armSearch: c.s.report.Search.Best, armRandom: c.s.report.Random.Best} {
		at := slices.IndexFunc(all, func(n report.Network) bool { return n.Name == best.Name })
		if at < 0 || all[at].Arch != best.Arch || all[at].Arm != arm && all[at].Arm != armBoth {
			c.t.Errorf("the best of %s is %s; want one of the arm's networks", arm, best.Name)
		}
	}
}

// predictions computes again what was said of architectures before they were learnt of, with and
// without calibration on earlier picks, and how far that was off.
func (c recomputed) predictions() {
	samples, truth := c.known(c.s.of(armSample))
	folds := c.w.cfg.Predictor.Folds
	held, err := predictor.CrossPredict(func() predictor.Predictor { return c.w.unfitted() }, samples, truth, folds, c.w.cfg.Seed)
	if err != nil {
		c.t.Fatal(err)
	}
	said := map[space.Arch]prediction{}
	for i, a := range samples {
		said[a] = prediction{held.Mean[i], held.Std[i], held.Mean[i], held.Std[i]}
	}
	m, calibration := c.picks(said)
	rep := c.s.report
	used := standingOf(c.t, rep, c.w.cfg.Predictor.Model).Report
	c.wantErrors("cross-validated", used, held.Mean, truth)
	c.near("the same in 90 %", used.Cover90, covered(held.Mean, held.Std, truth, 1.644853626951473))
	for _, d := range rep.Accuracy.Versus {
		at := slices.IndexFunc(rep.Accuracy.Models, func(s predictor.Standing) bool { return s.Model == d.Against })
		c.near("tau over that of "+d.Against, d.Tau, used.Kendall-rep.Accuracy.Models[at].Report.Kendall)
	}
	of := func(a space.Arch) prediction {
		p, ok := said[a]
		if !ok {
			mean, std := m.Predict([]space.Arch{a})
			p.mean, p.std = mean[0], std[0]
			p.calibrated, p.deviation = calibration.Apply(mean[0], std[0])
		}
		return p
	}
	c.found(of)
	c.coverage(of)
	c.near("examples learnt from", float64(rep.Accuracy.Samples), float64(len(c.s.of(armSample, armRound))))
	c.ranked(of, samples, truth)
	for _, n := range slices.Concat(rep.Pareto, rep.Others) {
		c.near("what is predicted of "+n.Name, *n.Predicted, of(c.w.arch(n.Arch)).mean)
	}
}

// ranked sets what was predicted of the first samples and of the candidates of the first rung beside
// what they scored.
func (c recomputed) ranked(of func(space.Arch) prediction, samples []space.Arch, truth []float64) {
	archs, alone, _ := c.evaluatedAlone()
	means := func(archs []space.Arch) (all []float64) {
		for _, a := range archs {
			all = append(all, of(a).mean)
		}
		return all
	}
	row := c.s.report.Checks.Scores.Rows[0]
	c.near(row.Name+", samples", row.Supernet.Tau.Value, tauOf(means(samples), truth))
	c.near(row.Name+", first rung", row.Alone.Tau.Value, tauOf(means(archs), alone))
}

// picks enters what was said of the picks of each round, and returns the model after the last
// round and the calibration on all picks.
func (c recomputed) picks(said map[space.Arch]prediction) (m predictor.Predictor, calibration predictor.Calibration) {
	all := c.s.of(armSample, armRound)
	var mean, std, truth []float64
	for from := len(c.s.of(armSample)); ; {
		m = c.w.unfitted()
		archs, y := c.known(all[:from])
		if err := m.Fit(archs, y); err != nil {
			c.t.Fatal(err)
		}
		if from == len(all) {
			return m, calibration
		}
		to := from
		for to < len(all) && all[to].Arm == all[from].Arm {
			to++
		}
		picks, scores := c.known(all[from:to])
		a, b := m.Predict(picks)
		for i, p := range picks {
			x, y := calibration.Apply(a[i], b[i])
			said[p] = prediction{a[i], b[i], x, y}
		}
		mean, std, truth = append(mean, a...), append(std, b...), append(truth, scores...)
		calibration, from = predictor.Calibrate(mean, std, truth), to
	}
}

// found sets beside the candidates' scores what was said of them.
func (c recomputed) found(of func(space.Arch) prediction) {
	var mean, calibrated, truth []float64
	for _, x := range c.s.of(armFinal) {
		p := of(c.w.arch(x.Arch))
		mean, calibrated, truth = append(mean, p.mean), append(calibrated, p.calibrated), append(truth, math.Exp(-x.Loss))
	}
	c.wantErrors("candidates", *c.s.report.Accuracy.Found, mean, truth)
	c.wantErrors("candidates, calibrated", *c.s.report.Accuracy.Calibrated, calibrated, truth)
}

// coverage counts truths within intervals of samples and of calibrated picks.
func (c recomputed) coverage(of func(space.Arch) prediction) {
	z := []float64{0.674489750196082, 1.281551565544601, 1.644853626951473, 1.959963984540054}
	for i, v := range c.s.report.Checks.Predicted.Coverage {
		for arm, got := range map[string]float64{armSample: v.Samples, armRound: v.Calibrated} {
			archs, truth := c.known(c.s.of(arm))
			var mean, std []float64
			for _, a := range archs {
				p := of(a)
				mean, std = append(mean, p.calibrated), append(std, p.deviation)
			}
			c.near(fmt.Sprintf("coverage of %s at %v", arm, v.Level), got, covered(mean, std, truth, z[i]))
		}
	}
}

// covered returns the share of truths within z deviations.
func covered(mean, std, truth []float64, z float64) (share float64) {
	for i, v := range truth {
		if math.Abs(mean[i]-v) <= z*std[i] {
			share += 1 / float64(len(truth))
		}
	}
	return share
}

// wantErrors compares with the definitions of tau, mean percentage error and root mean square.
func (c recomputed) wantErrors(name string, got predictor.Report, mean, truth []float64) {
	c.t.Helper()
	share, square, near := 0.0, 0.0, 0.0
	n := float64(len(truth))
	for i, v := range truth {
		d := math.Abs(mean[i] - v)
		share, square = share+d/v/n, square+d*d/n
		if d <= 0.1*v {
			near += 1 / n
		}
	}
	if got.N != len(truth) {
		c.t.Errorf("%s: %d; want %d", name, got.N, len(truth))
	}
	c.near(name+", tau", got.Kendall, tauOf(mean, truth))
	c.near(name+", mean percentage error", got.MAPE, share)
	c.near(name+", root mean square", got.RMSE, math.Sqrt(square))
	c.near(name+", within 10 %", got.Within10, near)
}

// sharing counts the work of evaluating what the journal holds, 16 architectures at a time: each
// step once for all that begin alike up to it.
func (c recomputed) sharing() {
	var computed, whole int64
	calibrated := c.s.splits.Train.Len()
	for _, arm := range []string{armSample, armRound + " 1", armRound + " 2", armFinal, armSecond, armRandom, armRandomFinal} {
		var trials []rundir.Trial
		for _, x := range c.s.trials {
			if x.Arm == arm {
				trials = append(trials, x)
			}
		}
		for batch := range slices.Chunk(trials, 16) {
			images := int64(calibrated + c.evaluatedOn(arm))
			begun := map[string]bool{}
			for _, x := range batch {
				prefix := ""
				for _, step := range c.w.family.Plan(c.w.arch(x.Arch)) {
					prefix += fmt.Sprintf("%+v %s %s %v;", step.Layer, step.Weight, step.Norm, step.In)
					whole += images * step.Layer.FLOPs()
					if !begun[prefix] {
						computed += images * step.Layer.FLOPs()
					}
					begun[prefix] = true
				}
			}
		}
	}
	if got, want := c.s.report.Prefix, (report.Prefix{Computed: computed, Saved: whole - computed}); got != want || want.Saved == 0 {
		c.t.Errorf("work of evaluating is %+v; want %+v", got, want)
	}
}

// The share of the most frequent class is that of the test pictures, the ratio of the largest class
// to the smallest that of the training pictures.
func TestClassesAreCountedInTheirSplits(t *testing.T) {
	set := func(counts ...int) *data.Set {
		s := &data.Set{H: 1, W: 1, C: 1, Classes: []string{"a", "b", "c"}}
		for class, n := range counts {
			for range n {
				s.Labels, s.Pix = append(s.Labels, uint16(class)), append(s.Pix, 0)
			}
		}
		return s
	}
	r := quiet(t)
	r.source, r.splits = &data.Dataset{}, data.Splits{Train: set(10, 40, 20), Val: set(3, 1, 1), Test: set(1, 2, 5)}
	got := r.dataReport()
	if got.Majority != 0.625 || got.Ratio != 4 || got.Train != 70 || got.Val != 5 || got.Test != 8 {
		t.Errorf("%+v; want 5 of 8 and a ratio of 4", got)
	}
}

// Reports warn where the model that was used is not shown to rank better than a plain one; that it
// ranks no better than a model it is made of is no fault.
func TestWarningsSetPredictorsAgainstPlainOnes(t *testing.T) {
	r := newWorld(t, asPredicted).open("run")
	against := func(name string, lo float64) predictor.Difference {
		return predictor.Difference{Model: "blend", Against: name, TauLo: lo, TauHi: lo + 0.2}
	}
	rep := &report.Report{Checks: new(report.Checks), Accuracy: report.Accuracy{Versus: []predictor.Difference{against("fm", -0.1), against("ridge", -0.1), against("flops", 0.05), against("params", -0.3)}}}
	r.evaluateHonesty(rep)
	var warned []string
	for _, w := range r.warnings {
		for _, name := range []string{"fm", "ridge", "flops", "params"} {
			if strings.Contains(w, "better than "+name) || strings.Contains(w, "worse than "+name) {
				warned = append(warned, name)
			}
		}
	}
	if !slices.Equal(warned, []string{"ridge", "params"}) {
		t.Errorf("warned of %v; want ridge and params (%q)", warned, r.warnings)
	}
}

// What is told of predictions is of the right ones: of first samples and of picks, before and after
// calibration, and of candidates by their scores on the whole validation split.
func TestPredictionsAreTold(t *testing.T) {
	w := newWorld(t, asPredicted)
	r := w.open("run")
	out := &outcome{model: &accuracyModel{}, first: 8, predicted: map[space.Arch]prediction{}}
	for a := range w.family.Space().Enumerate {
		i := len(out.samples)
		y := 0.3 + 0.03*float64(i)
		out.samples = append(out.samples, controller.Trial{Arch: a, Loss: -math.Log(y)})
		if i < out.first {
			out.predicted[a] = prediction{y + 0.05, 0.06, y + 0.05, 0.06}
			continue
		}
		out.predicted[a] = prediction{y + 0.1, 0.07, y - 0.01, 0.02}
		out.searchOn = append(out.searchOn, candidate{Trial: controller.Trial{Arch: a, Loss: -math.Log(y + 0.02)}})
		if i == 15 {
			break
		}
	}
	accuracy := r.accuracyReport(out)
	checks, err := r.predictorChecks(out)
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]float64{
		"candidates": {accuracy.Found.RMSE, 0.08}, "calibrated": {accuracy.Calibrated.RMSE, 0.03}, "picks": {checks.Picks.RMSE, 0.1}, "picks, calibrated": {checks.Calibrated.RMSE, 0.01},
		"candidates in 90 %": {accuracy.Found.Cover90, 1}, "calibrated in 90 %": {accuracy.Calibrated.Cover90, 1}, "number of picks": {float64(checks.Picks.N), 8},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-9 {
			t.Errorf("%s: %v; want %v", name, pair[0], pair[1])
		}
	}
	want := []report.Coverage{{Level: 0.5, Calibrated: 1}, {Level: 0.8, Samples: 1, Calibrated: 1}, {Level: 0.9, Samples: 1, Picks: 1, Calibrated: 1}, {Level: 0.95, Samples: 1, Picks: 1, Calibrated: 1}}
	if d := cmp.Diff(want, checks.Coverage); d != "" {
		t.Errorf("coverage differs (-want +got):\n%s", d)
	}
}

func TestCountsOfAnArmAreTold(t *testing.T) {
	r := quiet(t)
	r.cfg.Limits.FLOPs = 7000
	got := r.armReport("local", "predictor", found{result: controller.Result{Evaluated: 1, Duplicates: 2, Infeasible: 3, Repaired: 4, Exhausted: true}})
	want := report.Arm{Strategy: "local", Score: "predictor", Proposals: 1, Duplicates: 2, Infeasible: 3, Repaired: 4, Exhausted: true, Limits: r.limits().String()}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
}
