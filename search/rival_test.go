package search

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// A rival is the plain network, as wide as the latency that it is set against
// allows, trained with the recipe of the run for the time that the run has taken
// by then, earlier processes included; its figures are those of its file.
func TestRivalIsTrainedForTheWholeTime(t *testing.T) {
	const earlier, before = 600 * time.Millisecond, 100 * time.Millisecond // of earlier processes, of this one
	w := newWorld(t, asPredicted)
	o := w.speltAlone()
	w.cfg.Rivals = []string{rivalAuto}
	r := w.open("run")
	c := &workClock{Context: t.Context(), at: r.started.Add(before)}
	r.earlier, r.now, r.monitor.Events = earlier, c.now, slowEvents{clock: c}
	large := largeFamily(t)
	l := latency.New(large, calculated{}, nil, w.cfg.Device.Batch, "")
	front := []*finished{{candidate: candidate{Trial: controller.Trial{Arch: large.Extremes().Largest}, measured: &bench.Sample{Median: 90e-6}}, net: untrained(t, r, large)}}
	all, err := r.rivals(c, l, &outcome{front: front})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || all[0].Against != "pareto-1" {
		t.Fatalf("rivals %+v; want one against pareto-1", all)
	}
	v := all[0]
	whole := (earlier + before).Seconds()
	if math.Abs(r.state.Alone-whole) > 1e-9 {
		t.Errorf("rivals are trained for %v s; want %v, what the run has taken", r.state.Alone, whole)
	}
	fixed := widestWithin(t, large, v)
	n, err := supernet.LoadNetwork(r.dir.Path(networkPath(v.Name)))
	if err != nil {
		t.Fatal(err)
	}
	fit := r.state.Fits[v.Name]
	if took := stepOfWork.Seconds() * float64(fit.Steps); math.Abs(took-whole) > stepOfWork.Seconds() {
		t.Errorf("%d steps take %v s; want %v", fit.Steps, took, whole)
	}
	evaluated := (r.cfg.Evaluate.Calibration + r.splits.Val.Len()) * int(stepOfWork) // no more than a step for each picture
	if least := float64(v.Steps) * (stepOfWork + toHear).Seconds(); v.Seconds < least-1e-9 || v.Seconds > least+time.Duration(evaluated).Seconds() {
		t.Errorf("%d steps of %v took %v s", v.Steps, stepOfWork+toHear, v.Seconds)
	}
	if o.Steps = fit.Steps; len(fit.Replans) == 0 || v.Steps != fit.Replans[len(fit.Replans)-1].Steps || v.Steps >= fit.Steps {
		t.Errorf("%d steps of %+v; want fewer than planned, by changes that are kept: they take longer than when they were timed", v.Steps, fit)
	}
	if trainAnew(t, r, supernet.New(fixed, 11), supernet.Single{Arch: fixed.Arch()}, o, nil, fit.Replans...).Hash() != n.Net().Hash() {
		t.Errorf("the weights are not those of %+v with the options of train spelt out", fit)
	}
	checkRival(t, r, v, n, front[0].net)
	checkRivalsAgain(c, t, r, l, front, all)
}

// checkRivalsAgain wants the rivals all once more without a training, and one against each network of a longer front.
func checkRivalsAgain(ctx context.Context, t *testing.T, r *Run, l *latency.Model, front []*finished, all []report.Rival) {
	t.Helper()
	if r.dir.Has(rundir.Supernet) {
		t.Error("the supernet was trained")
	}
	if err := r.dir.Write("rival-1-1.training", []byte("left by a process that was killed")); err != nil {
		t.Fatal(err)
	}
	if again, err := r.rivals(ctx, l, &outcome{front: front}); err != nil || cmp.Diff(all, again) != "" || r.dir.Has("rival-1-1.training") {
		t.Errorf("the next time %+v, %v, its checkpoint is left: %v; want the same, and none", again, err, r.dir.Has("rival-1-1.training"))
	}
	r.state.Rivals["rival-1-2"] = report.Rival{Name: "rival-1-2"} // as if it had been trained
	if both, err := r.rivals(t.Context(), l, &outcome{front: append(front, front[0])}); err != nil || len(both) != 2 || both[0].Against != "pareto-1" || both[1].Against != "pareto-2" {
		t.Errorf("rivals %+v, %v; want one against each network", both, err)
	}
}

// widestWithin returns the plain network of a rival that is set against the largest of a family, timed at 90 µs: the widest
// within 2 % of that.
func widestWithin(t *testing.T, large space.Family, v report.Rival) *space.Fixed {
	t.Helper()
	plan, err := space.Plain(space.Input{H: 8, W: 8, C: 1, Classes: 3}, plainWidth)
	if err != nil {
		t.Fatal(err)
	}
	passOf := func(factor float64) float64 { // the machine is slower or faster than when 90 µs were measured
		s, _ := calculated{}.Time(t.Context(), plan.Scale(factor), bench.DefaultEffort)
		known, _ := calculated{}.Time(t.Context(), large.Plan(large.Extremes().Largest), bench.DefaultEffort)
		return 90e-6 * s.Median / known.Median
	}
	if got := passOf(v.Factor); got > 1.02*90e-6 || passOf(1.25*v.Factor) <= 1.02*90e-6 || math.Abs(got-v.Latency) > 1e-12 {
		t.Errorf("a factor of %v on the widths takes %v s, said to be %v; want the widest within 2 %% of 90 µs", v.Factor, got, v.Latency)
	}
	fixed, err := space.NewFixed(plan.Scale(v.Factor))
	if err != nil {
		t.Fatal(err)
	}
	return fixed
}

// workClock is a context and the clock of a machine on which each training step takes stepOfWork: a training asks its context
// once before each step. What else the machine does takes no time.
type workClock struct {
	context.Context
	at time.Time
}

const stepOfWork = time.Millisecond

// Err implements context.Context.
func (c *workClock) Err() error {
	c.at = c.at.Add(stepOfWork)
	return c.Context.Err()
}

func (c *workClock) now() time.Time { return c.at }

// slowEvents take toHear of a clock to hear what a training tells after each step.
type slowEvents struct {
	silent
	clock *workClock
}

const toHear = 30 * time.Millisecond

// Update implements Events.
func (s slowEvents) Update(Status) { s.clock.at = s.clock.at.Add(toHear) }

// largeFamily returns a family of networks that are slower than a narrow plain one.
func largeFamily(t *testing.T) space.Family {
	t.Helper()
	large, err := families.Open("basic", space.Input{H: 8, W: 8, C: 1, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	return large
}

// untrained returns the largest network of a family with its first weights.
func untrained(t *testing.T, r *Run, f space.Family) *supernet.Network {
	t.Helper()
	v, err := supernet.NewEvaluator(exec(t, string(r.cfg.Kernel)), supernet.New(f, 5), r.splits.Train, r.splits.Train, plainNorm(r.splits.Train), supernet.EvalOptions{Calibration: 20, Batch: 20, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	n, err := v.Deploy(t.Context(), f.Extremes().Largest, supernet.Label{Classes: r.splits.Train.Classes})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// checkRival compares what is said of a rival with what its network does, and the one that it is set against.
func checkRival(t *testing.T, r *Run, v report.Rival, n, against *supernet.Network) {
	t.Helper()
	if want := 1.96 * math.Sqrt(v.Test*(1-v.Test)/netTest); math.Abs(v.TestError-want) > 1e-9 {
		t.Errorf("half of the interval is %v; want %v of %d pictures", v.TestError, want, netTest)
	}
	e, norm := exec(t, string(r.cfg.Kernel)), plainNorm(r.splits.Train)
	differ, sum := 0.0, 0.0
	for i := range netTest {
		one := r.splits.Test.Subset([]int{i})
		d := right(t, e, against, norm, one, 1) - right(t, e, n, norm, one, 1)
		differ += d * d / netTest
		sum += d / netTest
	}
	if want := 1.96 * math.Sqrt((differ-sum*sum)/netTest); math.Abs(v.PairedError-want) > 1e-9 || want < 0.01 {
		t.Errorf("half of the interval of the difference is %v; want %v", v.PairedError, want)
	}
	if got := right(t, e, n, norm, r.splits.Val, r.splits.Val.Len()); math.Abs(got-v.Validation) > 1e-9 {
		t.Errorf("validation accuracy %v; want %v", v.Validation, got)
	}
	if got := right(t, e, n, norm, r.splits.Test, netTest); math.Abs(got-v.Test) > 1e-9 {
		t.Errorf("test accuracy %v; want %v", v.Test, got)
	}
}
