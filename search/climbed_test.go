package search

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Who begins finishing, who goes on from rung to rung and how long each trains is
// computed again from the trials, the journal and the files.
func TestWhoClimbs(t *testing.T) {
	seeds(t, func(seed uint64) bool {
		w := newWorld(t, func(i int) float64 { return 1 + 0.01*float64(i%7) })
		w.cfg.Seed, w.cfg.Search.Random, w.cfg.Predictor.Samples = seed, false, 24
		s := w.search("run")
		c := recomputed{t: t, w: w, s: s, e: exec(t, string(s.cfg.Kernel)), norm: plainNorm(s.splits.Train)}
		c.firstProposals()
		c.candidates()
		for _, g := range s.rungs {
			c.rung(g)
		}
		return c.climb()
	})
}

// entrant is an architecture that may be chosen.
type entrant struct {
	arch           string
	latency, value float64
}

// slotsOf divides entrants into slots of latency of equal ratio.
func slotsOf(all []entrant, slots int) [][]entrant {
	low, high := math.Inf(1), 0.0
	for _, e := range all {
		low, high = min(low, e.latency), max(high, e.latency)
	}
	out := make([][]entrant, slots)
	for _, e := range all {
		k := 0
		for k < slots-1 && e.latency >= low*math.Pow(high/low, float64(k+1)/float64(slots)) {
			k++
		}
		out[k] = append(out[k], e)
	}
	return out
}

// bySlots returns n entrants: in turn, from the slowest slot on, each slot sends the
// best that it still has.
func bySlots(all []entrant, slots, n int) (chosen []entrant) {
	queues := slotsOf(all, slots)
	for len(chosen) < min(n, len(all)) {
		for k := slots - 1; k >= 0 && len(chosen) < n; k-- {
			if len(queues[k]) > 0 {
				best := slices.MaxFunc(queues[k], func(a, b entrant) int { return sign(a.value < b.value) })
				chosen = append(chosen, best)
				queues[k] = slices.DeleteFunc(queues[k], func(e entrant) bool { return e == best })
			}
		}
	}
	return chosen
}

// names returns the sorted architectures of entrants.
func names(all []entrant) []string {
	out := []string{}
	for _, e := range all {
		out = append(out, e.arch)
	}
	slices.Sort(out)
	return out
}

// evaluated returns distinct trials as entrants, by predicted latency and loss.
func evaluated(trials []rundir.Trial) (all []entrant) {
	seen := map[string]bool{}
	for _, x := range trials {
		if !seen[x.Arch] {
			all = append(all, entrant{x.Arch, x.Latency, -x.Loss})
		}
		seen[x.Arch] = true
	}
	return all
}

// sized returns entrants with half of their value from the supernet and half from what
// their FLOPs let expect: the line in their logarithm on which the first samples have the
// same mean and standard deviation as the probabilities that they give the right classes.
func (c recomputed) sized(all []entrant) []entrant {
	logs := func(e entrant) float64 { return math.Log(float64(c.w.family.Plan(c.w.arch(e.arch)).FLOPs())) }
	moments := func(f func(entrant) float64) (mean, deviation float64) {
		first := evaluated(c.s.of(armSample))
		for _, e := range first {
			mean += f(e) / float64(len(first))
		}
		for _, e := range first {
			deviation += math.Pow(f(e)-mean, 2) / float64(len(first)-1)
		}
		return mean, math.Sqrt(deviation)
	}
	centre, width := moments(logs)
	mean, deviation := moments(func(e entrant) float64 { return math.Exp(e.value) })
	out := slices.Clone(all)
	for i, e := range all {
		out[i].value = math.Exp(e.value)/2 + (mean+(logs(e)-centre)/width*deviation)/2
	}
	return out
}

// early returns sized entrants, those of one width before all others, and by worth among
// themselves.
func (c recomputed) early(all []entrant) []entrant {
	out := c.sized(all)
	for i, e := range all {
		if slices.Contains(c.w.family.Extremes().Uniform, c.w.arch(e.arch)) {
			out[i].value += 1000
		}
	}
	return out
}

// timed returns n entrants, the best of slots of measured latency, out of three times as
// many that are the best of slots of predicted latency.
func (c recomputed) timed(all []entrant, n int) []entrant {
	near := bySlots(all, 3*n, 3*n)
	for i, e := range near {
		near[i].latency = c.w.measured[c.w.arch(e.arch)] / 4
	}
	return bySlots(near, n, n)
}

// candidates checks which architectures begin finishing: the best of their slots,
// half of them by what the first rung has shown.
func (c recomputed) candidates() {
	if !c.s.state.ByWorth {
		c.t.Error("the run compares given networks of one slot as earlier versions did")
	}
	first := evaluated(c.s.of(armFinal))
	for arm, want := range map[string][]entrant{
		armFinal:  c.timed(c.early(evaluated(c.s.of(armSample, armRound))), 4),
		armSecond: c.timed(c.hopefuls(first), 4),
	} {
		if d := cmp.Diff(names(want), names(evaluated(c.s.of(arm)))); d != "" {
			c.t.Errorf("candidates %s (-want +got):\n%s", arm, d)
		}
	}
	if n := len(c.s.of(armSearch)); c.s.report.Search.Proposals != n {
		c.t.Errorf("the search has %d proposals; want %d, those of all rounds", c.s.report.Search.Proposals, n)
	}
	var want, got []string
	for _, x := range slices.Concat(c.s.of(armFinal), c.s.of(armSecond)) {
		want = append(want, x.Arch)
	}
	for _, g := range c.s.on(armSearch, 0) {
		got = append(got, g.Arch)
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		c.t.Errorf("the first rung (-want +got):\n%s", d)
	}
}

// randomCandidates checks that the random arm's candidates are the best of their
// slots among all that it evaluated, as the search's are.
func (c recomputed) randomCandidates() {
	want := c.timed(c.early(evaluated(c.s.of(armRandom))), 8)
	if d := cmp.Diff(names(want), names(evaluated(c.s.of(armRandomFinal)))); d != "" {
		c.t.Errorf("candidates of the random arm (-want +got):\n%s", d)
	}
}

// hopefuls returns all that the search has evaluated or proposed, but for the first
// candidates, with the upper bound of what it could be expected to score after the first rung.
func (c recomputed) hopefuls(first []entrant) (pool []entrant) {
	risen := map[string]float64{}
	var trained []entrant
	for _, g := range c.s.on(armSearch, 0) {
		if slices.ContainsFunc(first, func(e entrant) bool { return e.arch == g.Arch }) {
			trained = append(trained, entrant{g.Arch, 0, -g.Loss})
		}
	}
	for _, e := range c.hoped(trained) {
		risen[e.arch] = math.Exp(e.value)
	}
	var learnt []space.Arch
	var low, high []float64
	for _, e := range evaluated(c.s.of(armSample, armRound)) {
		learnt, low, high = append(learnt, c.w.arch(e.arch)), append(low, math.Exp(e.value)), append(high, math.NaN())
		if v, ok := risen[e.arch]; ok {
			high[len(high)-1] = v
		}
	}
	m := predictor.NewFidelities(c.w.unfitted(), func(a space.Arch) float64 { return float64(c.w.family.Plan(a).FLOPs()) })
	if err := m.Fit(learnt, low, high); err != nil {
		c.t.Fatal(err)
	}
	c.proposals(fmt.Sprintf("%s %d.", armSearch, c.w.cfg.Search.Rounds+1), func(a space.Arch) float64 {
		mean, _ := m.Predict([]space.Arch{a})
		return mean[0]
	})
	for _, e := range evaluated(c.s.of(armSample, armRound, armSearch)) {
		if _, done := risen[e.arch]; done {
			continue
		}
		mean, std := m.Predict([]space.Arch{c.w.arch(e.arch)})
		pool = append(pool, entrant{e.arch, e.latency, mean[0] + std[0]})
	}
	return pool
}

// proposals checks by what the searches of a round scored their proposals.
func (c recomputed) proposals(prefix string, score func(space.Arch) float64) {
	n := 0
	for _, x := range c.s.of(armSearch) {
		if !strings.HasPrefix(x.Arm, prefix) {
			continue
		}
		n++
		if want := score(c.w.arch(x.Arch)); math.Abs(x.Accuracy-want) > 1e-9 {
			c.t.Errorf("%s scores %s as %v; want %v", x.Arm, x.Arch, x.Accuracy, want)
		}
	}
	if n == 0 {
		c.t.Errorf("no proposals of %q", prefix)
	}
}

// firstProposals checks that those of the first round were scored by what a model of the
// first samples says, and by size.
func (c recomputed) firstProposals() {
	first := evaluated(c.s.of(armSample))
	var archs []space.Arch
	var targets []float64
	for _, e := range first {
		archs, targets = append(archs, c.w.arch(e.arch)), append(targets, math.Exp(e.value))
	}
	m := c.w.unfitted()
	if err := m.Fit(archs, targets); err != nil {
		c.t.Fatal(err)
	}
	c.proposals(armSearch+" 1.", func(a space.Arch) float64 {
		mean, _ := m.Predict([]space.Arch{a})
		return c.sized([]entrant{{arch: c.w.family.Space().Format(a), value: math.Log(mean[0])}})[0].value
	})
}

// climb checks who goes on from each rung. It reports whether others than the best
// by inherited scores have come to the second, and others than the two best to the
// last.
func (c recomputed) climb() (seen bool) {
	var all [rungs][]entrant
	for rung := range rungs {
		for _, g := range c.s.on(armSearch, rung) {
			all[rung] = append(all[rung], entrant{g.Arch, c.latency(g), -g.Loss})
		}
	}
	if len(all[0]) != 8 {
		c.t.Errorf("%d candidates on the first rung; want 8", len(all[0]))
	}
	if !c.s.state.BySize {
		c.t.Error("what candidates can be expected to reach does not hang on their size, as in earlier versions")
	}
	for rung, want := range map[int][]entrant{1: byArea(c.hoped(all[0]), 4, 0), 2: c.last(all[0], all[1])} {
		if d := cmp.Diff(names(want), names(all[rung])); d != "" {
			c.t.Errorf("rung %d has (-want +got):\n%s", rung+1, d)
		}
	}
	c.outlook(all)
	var inherited []entrant
	for _, x := range c.s.of(armFinal, armSecond) {
		inherited = append(inherited, entrant{x.Arch, c.w.measured[c.w.arch(x.Arch)] / 4, -x.Loss})
	}
	slices.SortFunc(all[1], func(a, b entrant) int { return sign(a.value > b.value) })
	return !slices.Equal(names(all[1][:2]), names(all[2])) && !slices.Equal(names(byArea(inherited, 4, 0)), names(all[1]))
}

// errata are what is added to the values of entrants.
type errata map[string]float64

// possible returns what values may be off by.
func possible(all []entrant, doubt float64) []errata {
	if doubt == 0 {
		return []errata{{}}
	}
	rng, out := stream.New(0, "covering"), make([]errata, coverDraws)
	for k := range out {
		out[k] = errata{}
		for _, e := range all {
			out[k][e.arch] = doubt * rng.NormFloat64()
		}
	}
	return out
}

// stairs returns the best value of entrants of at most a latency, or the floor.
func (x errata) stairs(of []entrant, latency, floor float64) float64 {
	for _, e := range of {
		if e.latency <= latency {
			floor = max(floor, e.value+x[e.arch])
		}
	}
	return floor
}

// area returns the area under the stairs of some of the entrants, above the lowest of all,
// up to the slowest of all.
func (x errata) area(all, of []entrant) (sum float64) {
	floor, ats := math.Inf(1), []float64{0}
	for _, e := range all {
		floor, ats[0] = min(floor, e.value+x[e.arch]), max(ats[0], e.latency)
	}
	for _, e := range of {
		ats = append(ats, e.latency)
	}
	slices.Sort(ats)
	for k, at := range ats[:len(ats)-1] {
		sum += (x.stairs(of, at, floor) - floor) * math.Log(ats[k+1]/at)
	}
	return sum
}

// byArea returns n entrants: the most valuable one, then each of which adds the most to the
// area under the staircase of accuracy over the logarithm of latency, on average over what
// the values may be if they are off by doubt, or, if none adds any, is least behind it; none
// is beside another while others are left.
func byArea(all []entrant, n int, doubt float64) (chosen []entrant) {
	low := slices.MinFunc(all, func(a, b entrant) int { return sign(a.latency < b.latency) }).latency
	high := slices.MaxFunc(all, func(a, b entrant) int { return sign(a.latency < b.latency) }).latency
	lowest := slices.MinFunc(all, func(a, b entrant) int { return sign(a.value < b.value) }).value
	near := func(e entrant) bool {
		return slices.ContainsFunc(chosen, func(k entrant) bool {
			return math.Abs(math.Log(e.latency/k.latency)) < math.Log(high/low)/float64(4*n)
		})
	}
	may := possible(all, doubt)
	chosen = append(chosen, slices.MaxFunc(all, func(a, b entrant) int { return sign(a.value < b.value) }))
	for len(chosen) < n {
		var next entrant
		most, lonely := math.Inf(-1), slices.ContainsFunc(all, func(e entrant) bool { return !near(e) })
		for _, e := range all {
			if slices.Contains(chosen, e) || lonely && near(e) {
				continue
			}
			adds := 0.0
			for _, x := range may {
				adds += x.area(all, append(slices.Clone(chosen), e)) - x.area(all, chosen)
			}
			if behind := (errata{}).stairs(chosen, e.latency, lowest) - e.value; adds < 1e-12 {
				adds = -behind / (1 + behind)
			}
			if adds > most {
				next, most = e, adds
			}
		}
		chosen = append(chosen, next)
	}
	return chosen
}

// rung checks one line of the journal against the network file, which is there
// unless the network has climbed on.
func (c recomputed) rung(g rundir.Rung) {
	t, n := c.t, [rungs]int{netCompared, netCompared, c.s.splits.Val.Len()}[g.Rung]
	if want := [rungs]int{2, 4, 16}[g.Rung]; g.Steps != want || g.Seconds <= 0 {
		t.Errorf("%+v: want %d steps, in some time", g, want)
	}
	higher := slices.ContainsFunc(c.s.on(g.Arm, g.Rung+1), func(h rundir.Rung) bool { return h.Candidate == g.Candidate })
	_, err := os.Stat(c.s.dir.Path(rungFile(g)))
	if higher != errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s, which has climbed on: %v: %v", rungFile(g), higher, err)
	}
	if err != nil {
		return
	}
	net := c.load(rungFile(g), c.w.arch(g.Arch))
	if accuracy, loss := plainScore(c.e, net, c.norm, c.s.splits.Val, n); math.Abs(accuracy-g.Accuracy) > 1e-9 || math.Abs(loss-g.Loss) > 1e-4 {
		t.Errorf("%s: accuracy %v, loss %v; want %v and %v on %d validation pictures", rungFile(g), g.Accuracy, g.Loss, accuracy, loss, n)
	}
}
