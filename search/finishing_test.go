package search

import (
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// The networks of two arms that finishing is tested with: of each the faster one
// first. The slowest of one is not that of the other.
var climbers = map[string][2]string{
	"search": {"sep3x3:4 identity", "conv3x3:8 conv3x3:8+0"},
	"random": {"conv3x3:4 avgpool3x3:4", "conv3x3:8 sep3x3:8"},
}

// finishOf takes the climbers of a trained run up the ladder.
func finishOf(t *testing.T, w *world, r *Run, span time.Duration) []*arm {
	t.Helper()
	arms := w.climbing()
	if err := r.finish(t.Context(), arms, span); err != nil {
		t.Fatal(err)
	}
	return arms
}

// climbing returns the arms that finishing begins with.
func (w *world) climbing() (arms []*arm) {
	for _, name := range []string{armSearch, armRandom} {
		var all []candidate
		for _, text := range climbers[name] {
			a := w.arch(text)
			s := bench.Sample{Median: w.measured[a] / 4}
			all = append(all, candidate{Trial: controller.Trial{Arch: a}, measured: &s})
		}
		arms = append(arms, newArm(name, all, nil))
	}
	return arms
}

// finishing is how networks are trained on, spelt out.
type finishing struct {
	seed    uint64 // of search and finishing
	begin   func(r *Run, a space.Arch) *supernet.Net
	options supernet.TrainOptions
	distill float64
	steps   [3]int
	replans []supernet.Replan // on the last rung
}

// anew trains a network on as finishing is said to, on all rungs.
func (f finishing) anew(t *testing.T, w *world, r *Run, text string, targets *supernet.Targets) *supernet.Net {
	t.Helper()
	n := f.begin(r, w.arch(text))
	for rung, steps := range f.steps {
		o := f.options
		o.Steps, o.Seed = steps, stream.New(f.seed, "finish", uint64(rung)).Uint64()
		of, replans := targets, []supernet.Replan(nil)
		switch rung { // one schedule of the rate over all rungs; compared before the last are averaged weights
		case 0:
			o.MinLR, o.Warmup, o.Average, o.Plain, of = o.LR, 0.5, 0.1, min(o.Plain, 1), nil
		case 1:
			o.MinLR, o.Warmup, o.Average, o.Plain, of = o.LR, 0, 0.1, min(o.Plain, 1), nil
		case 2:
			o.Warmup, replans = 0, f.replans
		}
		n = trainAnew(t, r, n, supernet.Single{Arch: soleArch(n)}, o, of, replans...)
	}
	return n
}

// The last passes that show pictures as they are belong to the end of the schedule: the
// rungs before the last have one at most.
func TestRungsEndWithAPlainPass(t *testing.T) {
	r := newWorld(t, asPredicted).open("run")
	for _, plain := range []float64{0, 0.5, 8} {
		r.cfg.Train.Plain = config.Amount(plain)
		for rung, want := range []float64{min(plain, 1), min(plain, 1), plain} {
			if got := r.finishOptions(10, rung).Plain; got != want {
				t.Errorf("train.plain %v, rung %d: %v passes; want %v", plain, rung, got, want)
			}
		}
	}
}

// check compares the finished networks of both arms with those trained anew.
func (f finishing) check(t *testing.T, w *world, r *Run, arms []*arm) {
	t.Helper()
	norm := plainNorm(r.splits.Train)
	for _, a := range arms {
		var targets *supernet.Targets
		for i := 1; i >= 0; i-- { // the slower one teaches
			net := a.on[i].net
			name := a.name + ": " + climbers[a.name][i]
			if n := f.anew(t, w, r, climbers[a.name][i], targets); n.Hash() != net.Net().Hash() {
				t.Errorf("%s: weights are not those of the options spelt out", name)
			}
			checkStem(t, r.dir.Path(rungFile(rundir.Rung{Arm: a.name, Candidate: i, Rung: 2})), net, r.splits.Train, norm)
			e := exec(t, string(r.cfg.Kernel))
			if want := right(t, e, net, norm, r.splits.Val, r.splits.Val.Len()); math.Abs(want-a.on[i].last().Accuracy) > 1e-9 {
				t.Errorf("%s: validation accuracy is said to be %v; want %v", name, a.on[i].last().Accuracy, want)
			}
			if f.distill == 0 || i == 0 {
				continue
			}
			logits, err := net.Logits(t.Context(), e, r.splits.Train, 7)
			if err != nil {
				t.Fatal(err)
			}
			targets = &supernet.Targets{Logits: logits, Weight: f.distill}
		}
	}
}

func inherited(r *Run, a space.Arch) *supernet.Net { return r.net.Extract(a, string(r.cfg.Kernel)) }

func finishedWorld(t *testing.T) (*world, finishing) {
	w := newWorld(t, asPredicted)
	o := w.speltAlone()
	o.LR, o.MinLR, o.Batch = 0.06, 0, 9
	w.cfg.Finish = config.Finish{Networks: 2, Share: 0.5, Steps: 48, LR: 0.06, Batch: 9, Power: 0.5, Distill: 0.3}
	return w, finishing{seed: 11, begin: inherited, options: o, distill: 0.3, steps: [3]int{6, 12, 48}}
}

// trained returns a run whose supernet is trained.
func (w *world) trained(name string) *Run {
	w.t.Helper()
	r := w.open(name)
	if err := r.Train(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return r
}

// Every field of finish reaches the trainer, on every rung, and the rest is as in
// train: the same weights come out where the options are spelt out. The slowest
// network of an arm teaches the other on the last rung.
func TestFinishingFollowsTheConfiguration(t *testing.T) {
	w, f := finishedWorld(t)
	r := w.trained("run")
	arms := finishOf(t, w, r, 0)
	if slow := [2]string{arms[0].on[1].arm.name, arms[1].on[1].arm.name}; len(arms[0].on) != 2 || len(arms[1].on) != 2 || slow != [2]string{"search", "random"} {
		t.Fatalf("arms end with %d and %d networks; want 2 each", len(arms[0].on), len(arms[1].on))
	}
	f.check(t, w, r, arms)
}

// Without a teacher, from fresh weights, with the batch of train, in a repetition.
func TestFinishingFromScratch(t *testing.T) {
	w, f := finishedWorld(t)
	w.cfg.Finish.Distill, w.cfg.Finish.Scratch, w.cfg.Finish.Batch, w.cfg.Search.Repeat = 0, true, 0, 1
	f.distill, f.options.Batch, f.seed = 0, 12, stream.New(11, "repeat", 1).Uint64()
	f.begin = func(r *Run, a space.Arch) *supernet.Net {
		fixed, err := space.NewFixed(w.family.Plan(a))
		if err != nil {
			t.Fatal(err)
		}
		return supernet.New(fixed, f.seed)
	}
	r := w.trained("run")
	f.check(t, w, r, finishOf(t, w, r, 0))
}

// stepsOf returns the steps of the journal's lines by arm, candidate and rung.
func stepsOf(t *testing.T, r *Run) map[string]int {
	t.Helper()
	lines, err := rundir.ReadJournal[rundir.Rung](r.dir.Path(rundir.Finish))
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string]int{}
	for _, g := range lines {
		steps[rungKey(g.Arm, g.Rung, g.Candidate)] = g.Steps
	}
	return steps
}

// What the plan in the configuration says is done, whatever time there is.
func TestFinishingFollowsThePlan(t *testing.T) {
	w, f := finishedWorld(t)
	w.cfg.Budget = time.Second
	w.cfg.Finish.Plan = []int{2, 3, 5, 9, 9, 9, 9, 11, 13, 8, 9} // candidates; steps of two rungs; what four could expect; steps of the slowest of search, of random; then the others by falling latency
	w.cfg.Finish.Plan = append(w.cfg.Finish.Plan, 17, 18)        // of other candidates
	w.cfg.Finish.Replans = map[string][]supernet.Replan{"search-01": {{At: 4, Steps: 7}, {At: 6, Steps: 12}}, "random-01": {{At: 2, Steps: 5}}}
	r := w.trained("run")
	arms := finishOf(t, w, r, time.Second)
	if len(r.warnings) != 1 || !strings.Contains(r.warnings[0], "2 numbers more") {
		t.Errorf("warnings %q; want one of the two numbers that were not asked for", r.warnings)
	}
	others := [2]string{"random 2 0", "search 2 0"}
	if arms[0].on[0].latency() > arms[1].on[0].latency() {
		others = [2]string{"search 2 0", "random 2 0"}
	}
	want := map[string]int{"search 2 1": 12, "random 2 1": 5, others[0]: 8, others[1]: 9}
	for _, name := range []string{"search", "random"} {
		for i := range 2 {
			want[rungKey(name, 0, i)], want[rungKey(name, 1, i)] = 3, 5
		}
	}
	if d := cmp.Diff(want, stepsOf(t, r)); d != "" {
		t.Errorf("steps differ from the plan (-want +got):\n%s", d)
	}
	for i, a := range arms {
		f.steps, f.replans = [3]int{3, 5, []int{11, 13}[i]}, w.cfg.Finish.Replans[a.name+"-01"]
		if n := f.anew(t, w, r, climbers[a.name][1], nil); n.Hash() != a.on[1].net.Net().Hash() {
			t.Errorf("%s: weights are not those of the plan", a.name)
		}
	}
}

// What is decided by time is written down: another run with the configuration of
// the first does the same.
func TestDecisionsByTimeAreKept(t *testing.T) {
	w, _ := finishedWorld(t)
	w.cfg.Budget, w.cfg.Finish.Steps = 10*time.Second, 0
	r := w.trained("run")
	finishOf(t, w, r, 2*time.Second)
	first := stepsOf(t, r)
	cfg, err := config.Load(r.dir.Path(rundir.Config))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(cfg.Finish.Plan); n != 11 {
		t.Fatalf("the plan is %v; want candidates, steps of two rungs, what four candidates could expect, and steps of four networks", cfg.Finish.Plan)
	}
	if most := slices.Max(slices.Collect(maps.Values(first))); most < 2 {
		t.Errorf("no rung has more than %d step; want more in the time", most)
	}
	w.cfg = cfg
	again := w.trained("again")
	finishOf(t, w, again, 5*time.Second)
	if d := cmp.Diff(first, stepsOf(t, again)); d != "" {
		t.Errorf("another run decides otherwise (-first +again):\n%s", d)
	}
	for name := range climbers {
		for i := range 2 {
			path := rungFile(rundir.Rung{Arm: name, Candidate: i, Rung: 2})
			if file(t, r.dir, path) != file(t, again.dir, path) {
				t.Errorf("%s differs", path)
			}
		}
	}
}

// Finishing takes what checks and testing leave of the budget, and no more.
func TestFinishingLeavesTimeForTheEnd(t *testing.T) {
	for ending, kept := range map[float64]bool{0: false, 5: true} { // seconds that the pictures of checks and testing take
		w, _ := finishedWorld(t)
		w.cfg.Budget, w.cfg.Finish.Steps = 3*time.Second, 0
		r := w.trained("run")
		r.started, r.state.Image = time.Now(), ending/float64(r.checkPictures()+r.splits.Test.Len()*r.cfg.Finish.Networks)
		var out outcome
		for _, f := range w.climbing()[0].on {
			out.searchOn = append(out.searchOn, f.candidate)
		}
		if err := r.finishAll(t.Context(), nil, &out); err != nil {
			t.Fatal(err)
		}
		steps := slices.Collect(maps.Values(stepsOf(t, r)))
		if most := slices.Max(steps); kept && most > 1 || !kept && most < 10 {
			t.Errorf("networks train up to %d steps on a rung of a run of 3 seconds, of which the end takes %v", most, ending)
		}
	}
}

// A process that ends after a line of the journal was written and before the
// checkpoint of that training is removed leaves it behind: the next rung is not
// to begin with it.
func TestCheckpointOfAnEarlierRungIsNotUsed(t *testing.T) {
	w, _ := finishedWorld(t)
	whole := w.trained("whole")
	finishOf(t, w, whole, 0)
	lines, err := rundir.ReadJournal[rundir.Rung](whole.dir.Path(rundir.Finish))
	if err != nil {
		t.Fatal(err)
	}
	first := slices.IndexFunc(lines, func(g rundir.Rung) bool { return g.Arm == armSearch && g.Rung == 0 && g.Candidate == 0 })
	r := w.trained("run")
	if err := rundir.WriteLines(r.dir.Path(rundir.Finish), lines[first:first+1]); err != nil {
		t.Fatal(err)
	}
	leaveFirstRung(t, w, r)
	finishOf(t, w, r, 0)
	for name := range climbers {
		for i := range 2 {
			path := rungFile(rundir.Rung{Arm: name, Candidate: i, Rung: 2})
			if file(t, whole.dir, path) != file(t, r.dir, path) {
				t.Errorf("%s differs from that of a run that was not interrupted", path)
			}
		}
	}
	if left, err := filepath.Glob(r.dir.Path(rundir.Finishing, "*.training")); err != nil || len(left) > 0 {
		t.Errorf("checkpoints %v are left over, %v", left, err)
	}
}

// leaveFirstRung writes checkpoint and network of the first candidate's first
// rung.
func leaveFirstRung(t *testing.T, w *world, r *Run) {
	t.Helper()
	l, f := &ladder{r: r}, &finished{arm: &arm{name: armSearch}, candidate: candidate{Trial: controller.Trial{Arch: w.arch(climbers[armSearch][0])}}}
	net, o := r.net.Extract(f.Arch, string(r.cfg.Kernel)), r.finishOptions(6, 0)
	tr, err := supernet.NewTrainer(r.exec, net, r.splits.Train, r.norm, single(net), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Run(t.Context(), o.Steps, nil); err != nil {
		t.Fatal(err)
	}
	by, err := r.evaluator(tr.Averaged(), r.splits.Val)
	if err != nil {
		t.Fatal(err)
	}
	n, err := by.Deploy(t.Context(), soleArch(net), r.label(f.Arch))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(r.dir.Path(rundir.Finishing), 0o755), tr.Save(r.dir.Path(l.checkpoint(0, f)), nil), n.Save(l.path(0, f))); err != nil {
		t.Fatal(err)
	}
}
