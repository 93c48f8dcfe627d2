package controller

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// policies returns one policy of each kind on s, with parameters large enough
// that no gradient is lost in rounding.
func policies(t *testing.T, s *space.Space, shape shaping) map[string]policy {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	prior := newSkipPrior(s, 0.4)
	recurrent, err := newLSTM(s, rng, 5, 1.5, shape, prior)
	if err != nil {
		t.Fatal(err)
	}
	ps := map[string]policy{"rl": recurrent, "tunas": newTunas(s, shape, prior)}
	for _, p := range ps {
		for i := range p.params() {
			p.params()[i] = 0.6 * rng.NormFloat64()
		}
	}
	return ps
}

// objective is what gradient differentiates.
func (w weights) objective(t terms) float64 {
	sum := w.logProb*t.logProb + w.skip*t.skipKL
	for _, m := range t.made {
		sum += w.entropy * m.entropy
	}
	return sum
}

// TestPolicyGradient compares every parameter's gradient of log-probability,
// entropy, skip penalty and all of them with central differences, on
// architectures with skips, decisions not made and forbidden choices.
func TestPolicyGradient(t *testing.T) {
	for _, s := range []*space.Space{testSpace(t, 4), cellSpace(t, 3)} {
		rng := rand.New(rand.NewPCG(3, 4))
		archs := []space.Arch{s.Random(rng), s.Random(rng), s.Random(rng)}
		objectives := []weights{{logProb: 1}, {entropy: 1}, {0.7, -0.3, 1.3}}
		if s.Decisions()[0].Kind != space.KindSource {
			archs, objectives = append(archs, smallest(t, s)), append(objectives, weights{skip: 1})
		}
		for _, shape := range []shaping{{1, 0}, {2, 1.5}} {
			for name, p := range policies(t, s, shape) {
				for _, w := range objectives {
					for _, a := range archs {
						checkGradient(t, name, p, a, w)
					}
				}
			}
		}
	}
}

// cellSpace is a space of two cells of so many nodes as ENAS has them: each node reads two
// of the cell's inputs and earlier nodes, by an operation each.
func cellSpace(t testing.TB, nodes int) *space.Space {
	t.Helper()
	var ds []space.Decision
	for cell := range 2 {
		for n := range nodes {
			layer := cell*nodes + n
			names, sources := []string{"0", "1"}, []int{-1, -2}
			for k := range n {
				names, sources = append(names, fmt.Sprint(2+k)), append(sources, cell*nodes+k)
			}
			for _, half := range []string{"left", "right"} {
				name := fmt.Sprintf("cell%d/node%d/%s", cell, n, half)
				ds = append(ds,
					space.Decision{Name: name, Kind: space.KindSource, Layer: layer, Choices: names, Sources: sources},
					space.Decision{Name: name + "/op", Kind: space.KindOp, Layer: layer, Choices: []string{"conv", "pool"}})
			}
		}
	}
	s, err := space.NewSpace(ds, space.Definition("cells"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A controller of cells attends to what may be read: no head is for sources, each node but
// the last of all ends with a closing step, and of two nodes alike only in what they may
// read each weighs every anchor anew. Moving an input's anchor moves the choice between the
// inputs, in both cells.
func TestLSTMAttendsToSources(t *testing.T) {
	s := cellSpace(t, 3)
	p, err := newLSTM(s, rand.New(rand.NewPCG(1, 1)), 4, 0, shaping{1, 0}, newSkipPrior(s, 0.4))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.heads) != 1 || p.inputs != 2 {
		t.Errorf("%d heads and %d learned anchors; want one head, for operations, and two inputs", len(p.heads), p.inputs)
	}
	var closes []int
	for _, st := range p.steps {
		if st.decision < 0 {
			closes = append(closes, st.layer)
		}
	}
	if !slices.Equal(closes, []int{0, 1, 2, 3, 4}) {
		t.Errorf("closing steps of the layers %v; want all but the last", closes)
	}
	first := func(decision int) []float64 {
		var dist []float64
		p.walk(func(i int, d categorical) int {
			if i == decision {
				dist = slices.Clone(d.p)
			}
			return 0
		})
		return dist
	}
	after := make([][]float64, 2) // the operation's distribution after each input was chosen
	for choice := range after {
		p.walk(func(i int, d categorical) int {
			switch i {
			case 0:
				return choice
			case 1:
				after[choice] = slices.Clone(d.p)
			}
			return 0
		})
	}
	if slices.Equal(after[0], after[1]) {
		t.Errorf("operations have the probabilities %v, whatever is read", after[0])
	}
	for _, decision := range []int{0, 12} { // the first of each cell
		before := first(decision)
		tensors, _ := p.view(p.flat)
		for k := range tensors.stem {
			tensors.stem[k] += 0.5 * float64(k%3)
		}
		if after := first(decision); slices.Equal(before, after) {
			t.Errorf("decision %d: %v whatever the inputs' anchors are", decision, before)
		}
	}
}

func checkGradient(t *testing.T, name string, p policy, a space.Arch, w weights) {
	t.Helper()
	const step = 1e-5
	params := p.params()
	g, scratch := make([]float64, len(params)), make([]float64, len(params))
	p.gradient(a, w, g)
	nonzero := 0
	for i, old := range params {
		params[i] = old + step
		up := w.objective(p.gradient(a, w, scratch))
		params[i] = old - step
		down := w.objective(p.gradient(a, w, scratch))
		params[i] = old
		want := (up - down) / (2 * step)
		if math.Abs(g[i]-want) > 1e-8+1e-6*math.Abs(want) {
			t.Fatalf("%s %+v: parameter %d: gradient %.12g, central difference %.12g", name, w, i, g[i], want)
		}
		if g[i] != 0 {
			nonzero++
		}
	}
	if nonzero == 0 {
		t.Fatalf("%s %+v: the gradient is zero", name, w)
	}
}

// TestPolicyNormalised sums the probabilities of all architectures of a small
// space: 1, if masks and inactive decisions are right.
func TestPolicyNormalised(t *testing.T) {
	for _, s := range []*space.Space{testSpace(t, 3), cellSpace(t, 1)} {
		for name, p := range policies(t, s, shaping{1, 2.5}) {
			sum, count := 0.0, 0
			scratch := make([]float64, len(p.params()))
			for a := range s.Enumerate {
				sum += math.Exp(p.gradient(a, weights{}, scratch).logProb)
				count++
			}
			if count < 100 || math.Abs(sum-1) > 1e-9 {
				t.Errorf("%s: %d architectures have probability %.12g in all, want 1", name, count, sum)
			}
		}
	}
}

// TestPolicySamples draws many architectures: all valid, and as frequent as
// their log-probability says.
func TestPolicySamples(t *testing.T) {
	s := testSpace(t, 2)
	const n = 6000
	for name, p := range policies(t, s, shaping{1, 0}) {
		rng := rand.New(rand.NewPCG(5, 6))
		seen := make(map[space.Arch]int)
		for range n {
			a := p.sample(rng)
			if err := s.Valid(a); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			seen[a]++
		}
		scratch := make([]float64, len(p.params()))
		for a := range s.Enumerate {
			prob := math.Exp(p.gradient(a, weights{}, scratch).logProb)
			if got, sd := float64(seen[a])/n, math.Sqrt(prob*(1-prob)/n); math.Abs(got-prob) > 5*sd+1e-3 {
				t.Errorf("%s: %s drawn with frequency %.4f, probability is %.4f", name, s.Format(a), got, prob)
			}
		}
	}
}

// TestPresets: on the spaces that users get, and on one with choices removed,
// every strategy proposes architectures of the space and learns from them.
func TestPresets(t *testing.T) {
	s := presetSpace(t)
	narrow, err := s.Restrict("layer3/op", "conv3x3", "identity")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*space.Space{s, narrow} {
		for _, name := range Strategies() {
			strategy := newStrategy(t, name, s, 1)
			l := newLandscape(s, 1)
			for range 3 {
				learn(strategy, l, 8)
			}
			for _, a := range strategy.Propose(20) {
				if err := s.Valid(a); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
	}
}

// TestLSTMSharesHeads: one head per kind and list of choices, however many
// layers there are.
func TestLSTMSharesHeads(t *testing.T) {
	s := testSpace(t, 5)
	p, err := newLSTM(s, rand.New(rand.NewPCG(1, 1)), 4, 0, shaping{1, 0}, newSkipPrior(s, 0.4))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.heads) != 2 {
		t.Errorf("%d heads, want one for ops and one for widths", len(p.heads))
	}
	closing := 0
	for _, st := range p.steps {
		if st.decision < 0 {
			closing++
		}
	}
	if closing != 5 {
		t.Errorf("%d closing steps, want one per layer", closing)
	}
}

// TestLSTMRefusesLateSkip: a skip from a layer that is not finished has no
// anchor to attend to.
func TestLSTMRefusesLateSkip(t *testing.T) {
	s, err := space.NewSpace([]space.Decision{
		{Name: "a/op", Kind: space.KindOp, Layer: 0, Choices: []string{"x", "y"}},
		{Name: "a/from2", Kind: space.KindSkip, Layer: 0, From: 2, Choices: []string{"no", "yes"}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewReinforce("rl", s, 1, DefaultLSTMOptions()); err == nil {
		t.Error("a skip from a later layer was accepted")
	}
}

func TestAdamStep(t *testing.T) {
	a := adam{rate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, m: make([]float64, 2), v: make([]float64, 2)}
	x := []float64{1, 1}
	a.climb(x, []float64{4, -0.5})
	a.climb(x, []float64{4, -0.5})
	if math.Abs(x[0]-1.2) > 1e-6 || math.Abs(x[1]-0.8) > 1e-6 {
		t.Errorf("after two steps along a constant gradient: %v, want [1.2 0.8]", x)
	}
}

// TestRateGrows: the rate of an update follows from the evaluations before it, whatever
// else was observed, and stays when all are spent; a policy whose rate is set by hand to
// these values learns the same.
func TestRateGrows(t *testing.T) {
	s := testSpace(t, 3)
	o := DefaultTunasOptions()
	o.Rate, o.Growth, o.Trials = 0.02, 10, 8
	grows, err := NewReinforce("tunas", s, 1, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Growth = 1
	set, err := NewReinforce("tunas", s, 1, o)
	if err != nil {
		t.Fatal(err)
	}
	archs := sample(s, 20)
	for update, want := range []struct {
		rate     float64
		outcomes []Outcome
	}{
		{0.02, []Outcome{Evaluated, Repeat, Evaluated}},
		{0.02 * math.Pow(10, 2./8), []Outcome{Repeat, Infeasible}},
		{0.02 * math.Pow(10, 2./8), []Outcome{Evaluated, Evaluated, Evaluated}},
		{0.02 * math.Pow(10, 5./8), []Outcome{Evaluated, Evaluated, Evaluated}},
		{0.2, []Outcome{Evaluated, Evaluated}},
		{0.2, []Outcome{Evaluated}},
	} {
		var trials []Trial
		for i, outcome := range want.outcomes {
			trials = append(trials, Trial{Arch: archs[3*update+i], Outcome: outcome, Reward: float64(i % 2)})
		}
		set.o.Rate = want.rate
		set.Observe(trials)
		grows.Observe(trials)
		if h := grows.Health()[update]; math.Abs(h.Rate-want.rate) > 1e-15 {
			t.Errorf("update %d: rate %v, want %v", update+1, h.Rate, want.rate)
		}
		for i, v := range set.policy.params() {
			if got := grows.policy.params()[i]; math.Abs(got-v) > 1e-12 {
				t.Fatalf("update %d: logit %d is %v, want %v at a rate of %v", update+1, i, got, v, want.rate)
			}
		}
	}
	so := DefaultStrategyOptions(1)
	so.Tunas.Growth = 10
	if _, err := New("tunas", s, so); err == nil || !strings.Contains(err.Error(), "policy.growth is 10") {
		t.Errorf("a rate that grows over nobody knows how many evaluations: error %v", err)
	}
	so.Trials = 50
	strategy, err := New("tunas", s, so)
	if err != nil {
		t.Fatal(err)
	}
	if got := strategy.(*Reinforce).o.Trials; got != 50 {
		t.Errorf("the policy knows of %d evaluations, want 50", got)
	}
}
