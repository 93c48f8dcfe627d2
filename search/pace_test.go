package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
)

// pacedTraining trains the smallest network for so many steps at a pace that p is to keep, and returns
// the clock at the end.
func pacedTraining(t *testing.T, steps int, p *pacing, step func(i int) time.Duration) (*supernet.Trainer, time.Duration) {
	t.Helper()
	return pacedOn(t, 0, steps, p, func(_ *supernet.Trainer, i int) time.Duration { return step(i) })
}

// pacedOn is pacedTraining of a training that begins on small pictures for a share of its steps, and
// that the time of a step may depend on.
func pacedOn(t *testing.T, small float64, steps int, p *pacing, step func(tr *supernet.Trainer, i int) time.Duration) (*supernet.Trainer, time.Duration) {
	t.Helper()
	w := newWorld(t, asPredicted)
	w.cfg.Train.Small = config.Amount(small)
	r := w.open("run")
	net := r.fresh(w.family.Extremes().Smallest, 1)
	tr, err := supernet.NewTrainer(r.exec, net, r.splits.Train, r.norm, single(net), r.aloneOptions(steps))
	if err != nil {
		t.Fatal(err)
	}
	now, done := 7*time.Second, 0
	p.clock = func() time.Duration {
		for ; done < tr.Step(); done++ {
			now += step(tr, done)
		}
		return now
	}
	loop := trainLoop{
		trainer: tr, path: filepath.Join(t.TempDir(), "net.msgpack"), every: time.Hour, monitor: r.monitor, silent: true, pace: p,
		before: new(time.Duration), owner: noOwner, restore: ignoreOwner,
	}
	if err := loop.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return tr, p.clock()
}

// A training that begins on small pictures, whose steps take 0.6 of the time, is no faster for it later: a
// machine that does what it is expected to changes nothing, and one that is faster or slower ends in time.
func TestTrainingsOnSmallPicturesEndInTime(t *testing.T) {
	const small, evaluating, asked = 0.5, 5, 200
	const whole, mean = 100 * time.Millisecond, 80 * time.Millisecond
	const ends = 7*time.Second + (asked+evaluating)*mean
	for name, c := range map[string]struct {
		slower float64
		want   [2]int // steps, at least and at most
	}{"as expected": {1, [2]int{asked, asked}}, "slower": {2, [2]int{94, 99}}, "faster": {0.5, [2]int{400, 413}}} {
		var written []supernet.Replan
		slower := 0.0
		p := &pacing{
			span: ends - 7*time.Second, each: mean.Seconds(), evaluating: evaluating,
			decided: func(r supernet.Replan) error { written = append(written, r); return nil },
			seen:    func(s float64) { slower = s },
		}
		tr, end := pacedOn(t, small, asked, p, func(tr *supernet.Trainer, i int) time.Duration {
			took := time.Duration(c.slower * float64(whole))
			if i < tr.SmallUntil() {
				took = took * 6 / 10
			}
			return took
		})
		if n := tr.Step(); n < c.want[0] || n > c.want[1] {
			t.Errorf("%s: %d steps; want %v", name, n, c.want)
		}
		if (len(written) > 0) != (c.slower != 1) {
			t.Errorf("%s: %v was decided", name, written)
		}
		if off := (end - ends).Seconds() + evaluating*c.slower*mean.Seconds(); math.Abs(off) > 1 {
			t.Errorf("%s: it ends %.2f s late; want it in time", name, off)
		}
		if math.Abs(slower-c.slower) > 0.02 {
			t.Errorf("%s: steps are said to take %v times as long; want %v", name, slower, c.slower)
		}
	}
}

// A training ends when it is to, evaluating included, whatever the machine does meanwhile; what
// was decided for that is written down, and done again from what was written.
func TestTrainingsEndInTime(t *testing.T) {
	const expected, evaluating, ends = 100 * time.Millisecond, 5, 7*time.Second + 205*100*time.Millisecond
	for name, c := range map[string]struct {
		step func(i int) time.Duration
		most float64
		want [2]int // steps, at least and at most
	}{
		"as expected":  {func(int) time.Duration { return expected }, 0, [2]int{200, 200}},
		"slower":       {func(int) time.Duration { return 2 * expected }, 0, [2]int{95, 99}},
		"faster":       {func(int) time.Duration { return expected / 2 }, 0, [2]int{400, 412}},
		"never enough": {func(int) time.Duration { return expected / 2 }, 250, [2]int{250, 250}},
		"slower later": {func(i int) time.Duration { return expected * time.Duration(1+min(1, i/100)) }, 0, [2]int{145, 149}},
		"stands still": {func(i int) time.Duration {
			if i == 50 {
				return 100 * expected
			}
			return expected
		}, 0, [2]int{95, 106}},
		"slower a time": {func(i int) time.Duration { return expected * time.Duration(1+i/30%2) }, 0, [2]int{130, 160}},
	} {
		var written []supernet.Replan
		slower := 0.0
		p := &pacing{
			span: ends - 7*time.Second, each: expected.Seconds(), evaluating: evaluating, most: c.most,
			decided: func(r supernet.Replan) error { written = append(written, r); return nil },
			seen:    func(s float64) { slower = s },
		}
		tr, end := pacedTraining(t, 200, p, c.step)
		if n := tr.Step(); n < c.want[0] || n > c.want[1] || p.stepsOf(200) != n {
			t.Errorf("%s: %d steps, said to be %d; want %v", name, n, p.stepsOf(200), c.want)
		}
		own := c.step(tr.Step()).Seconds()
		if off := (end - ends).Seconds() + evaluating*own; c.most == 0 && math.Abs(off) > 1 {
			t.Errorf("%s: it ends %.2f s late; want it in time", name, off)
		}
		if (len(written) > 0) != (name != "as expected") {
			t.Errorf("%s: %v was decided", name, written)
		}
		if last := own / expected.Seconds(); name != "slower a time" && math.Abs(slower-last) > 0.01 {
			t.Errorf("%s: steps are said to take %v times as long; want %v", name, slower, last)
		}
		again, _ := pacedTraining(t, 200, &pacing{kept: slices.Clone(written)}, func(int) time.Duration { return time.Millisecond })
		if again.Averaged().Hash() != tr.Averaged().Hash() {
			t.Errorf("%s: what is done again from %v differs", name, written)
		}
	}
}

// Changes that were decided for a training of another length are refused before it begins, not
// left out with a number of steps that is none.
func TestChangesOfAnotherTrainingAreRefused(t *testing.T) {
	w := newWorld(t, asPredicted)
	r := w.open("run")
	net := r.fresh(w.family.Extremes().Smallest, 1)
	tr, err := supernet.NewTrainer(r.exec, net, r.splits.Train, r.norm, single(net), r.aloneOptions(200))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kept []supernet.Replan
		fits bool
	}{{nil, true}, {[]supernet.Replan{{At: 199, Steps: 300}, {At: 299, Steps: 400}}, true}, {[]supernet.Replan{{At: 200, Steps: 300}}, false}, {[]supernet.Replan{{At: 100, Steps: 150}, {At: 180, Steps: 300}}, false}} {
		p := &pacing{kept: c.kept, clock: r.spent}
		if err := p.begin(tr, 0); (err == nil) != c.fits || err != nil && !strings.Contains(err.Error(), "--table") {
			t.Errorf("%v in 200 steps: %v; want no error: %v", c.kept, err, c.fits)
		}
	}
}

// A training that is interrupted ends in the time that it was given all the same: what earlier
// processes took counts, on whatever clock. What another run has decided on is not changed.
func TestTrainingsEndInTimeAfterInterruptions(t *testing.T) {
	w := newWorld(t, asPredicted)
	r := w.open("run")
	path, given := filepath.Join(t.TempDir(), "net.msgpack"), paced{Seconds: 20, Each: 0.1}
	process := func(given paced, kept []supernet.Replan, before, step time.Duration, until int) (steps int, took time.Duration, written []supernet.Replan) {
		net := r.fresh(w.family.Extremes().Smallest, 1)
		tr, err := supernet.NewTrainer(r.exec, net, r.splits.Train, r.norm, single(net), r.aloneOptions(200))
		if err != nil {
			t.Fatal(err)
		}
		first := 0
		clock := func() time.Duration { return time.Hour + step*time.Duration(tr.Step()-first) }
		p := &pacing{kept: kept, decided: func(c supernet.Replan) error { written = append(written, c); return nil }}
		p.clock = clock
		p.keepTo(given)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		loop := trainLoop{
			trainer: tr, path: path, every: time.Hour, monitor: r.monitor, silent: true, pace: p, before: &before, owner: noOwner, resume: before > 0,
			restore: func(json.RawMessage) error { first = tr.Step(); return nil },
			last: func(at supernet.Progress) {
				if at.Step == until {
					stop()
				}
			},
		}
		if err := loop.run(ctx); (err != nil) != (until > 0) || err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		return tr.Step(), clock() - time.Hour, append(slices.Clone(kept), written...)
	}
	const slow, slower = 200 * time.Millisecond, 400 * time.Millisecond
	at, before, kept := process(given, nil, 0, slow, 30)
	if at != 30 || before != 30*slow || len(kept) == 0 {
		t.Fatalf("%d steps in %v with the changes %v; want the interruption after 30 and fewer steps planned", at, before, kept)
	}
	steps, took, all := process(given, kept, before, slower, 0)
	if whole := (before + took).Seconds(); math.Abs(whole-given.Seconds) > 1 || len(all) == len(kept) {
		t.Errorf("%d steps in %v s by the changes %v; want %v s", steps, whole, all, given.Seconds)
	}
	if again, _, done := process(paced{}, all, 0, slower, 0); again != steps || len(done) != len(all) {
		t.Errorf("another run makes %d steps by the changes %v; want %d by %v", again, done, steps, all)
	}
}

// However late it is, the rate falls over a tenth of what was left.
func TestLateTrainingsStillEnd(t *testing.T) {
	p := &pacing{span: 10 * time.Second, each: 0.1, decided: func(supernet.Replan) error { return nil }}
	if tr, _ := pacedTraining(t, 80, p, func(int) time.Duration { return 10 * time.Second }); tr.Step() != 1+8 {
		t.Errorf("%d steps; want one until the first look and a tenth of the other 79", tr.Step())
	}
}

// Networks on the last rung whose steps take many times what they took before end in time
// nevertheless, and those that follow are planned by what was seen.
func TestLastRungEndsInTime(t *testing.T) {
	w, _ := finishedWorld(t)
	w.cfg.Budget, w.cfg.Finish.Steps, w.cfg.Finish.Distill, w.cfg.Finish.Power = 10*time.Second, 0, 0, 0
	r := w.trained("run")
	l, err := r.openLadder(w.climbing(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer l.lanes.close()
	defer l.log.Close()
	for rung := range rungs - 1 {
		l.ends = r.spent() + 500*time.Millisecond
		if err := l.rung(t.Context(), rung); err != nil {
			t.Fatal(err)
		}
	}
	const off = 8
	for _, f := range l.all() {
		f.rungs[rungs-2].Seconds /= off
	}
	l.ends = r.spent() + 2*time.Second
	if err := l.lastRung(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(r.dir.Path(rundir.Config))
	if err != nil {
		t.Fatal(err)
	}
	planned, most := cfg.Finish.Plan[len(cfg.Finish.Plan)-len(l.all()):], 0
	on := l.byLatency()
	for i, f := range on {
		all := cfg.Finish.Replans[fmt.Sprintf("%s-%02d", f.arm.name, f.index)]
		if i == 0 && (len(all) == 0 || f.last().Steps > planned[0]/3) {
			t.Errorf("the first network trains %d steps of %d, after the changes %v; want a small part, steps take %d times as long", f.last().Steps, planned[0], all, off)
		}
		most = max(most, f.last().Steps)
		if last := planned[i]; i == len(on)-1 && f.last().Steps < last/2 {
			t.Errorf("the last network trains %d steps of %d; want it planned by what steps have taken", f.last().Steps, last)
		}
	}
	if most < 2 {
		t.Error("no network trains more than a step; want more in the time")
	}
}
