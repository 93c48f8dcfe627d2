package controller

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// The choices of a test layer; identity has no width of its own, and two pools
// in a row are forbidden.
const (
	opConv3 = iota
	opConv5
	opPool
	opIdentity
)

var _ space.Stater = layerRules{}

// layerRules are the rules of testSpace.
type layerRules struct{ ds []space.Decision }

// ops returns the op of the layer of decision i and of the layer before, -1
// where there is none.
func (r layerRules) ops(prefix []uint8, i int) (own, before int) {
	own, before = -1, -1
	for j, g := range prefix {
		if d := r.ds[j]; d.Kind == space.KindOp {
			switch d.Layer {
			case r.ds[i].Layer:
				own = int(g)
			case r.ds[i].Layer - 1:
				before = int(g)
			}
		}
	}
	return own, before
}

func (r layerRules) Active(prefix []uint8, i int) bool {
	own, _ := r.ops(prefix, i)
	return r.ds[i].Kind != space.KindWidth || own != opIdentity
}

func (r layerRules) Allowed(prefix []uint8, i, c int) bool {
	_, before := r.ops(prefix, i)
	return r.ds[i].Kind != space.KindOp || c != opPool || before != opPool
}

func (r layerRules) AppendState(dst, prefix []uint8, _ [][]bool) []byte {
	if len(prefix) == len(r.ds) {
		return dst
	}
	own, before := r.ops(prefix, len(prefix))
	return append(dst, byte(own+1), byte(before+1))
}

// testSpace is a chain with op, width, activation and skip decisions.
func testSpace(t testing.TB, layers int) *space.Space {
	t.Helper()
	var ds []space.Decision
	for l := range layers {
		name := func(s string) string { return fmt.Sprintf("layer%d/%s", l+1, s) }
		ds = append(ds,
			space.Decision{Name: name("op"), Kind: space.KindOp, Layer: l, Choices: []string{"conv3x3", "conv5x5", "pool", "identity"}},
			space.Decision{Name: name("width"), Kind: space.KindWidth, Layer: l, Choices: []string{"16", "32", "64"}})
		for from := -1; from < l-1; from++ {
			ds = append(ds, space.Decision{Name: name(fmt.Sprintf("from%d", from+1)), Kind: space.KindSkip, Layer: l, From: from, Choices: []string{"no", "yes"}})
		}
	}
	s, err := space.NewSpace(ds, layerRules{ds})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// landscape scores architectures by how far they agree with a hidden best one:
// each decision has a worth, and each pair of neighbouring decisions gains when
// both agree and loses when only one does. The best scores exactly 0.9, the
// others less, at least 0.5 less the losses.
type landscape struct {
	best  space.Arch
	made  []bool
	worth []float64
	pairs []float64 // of decision i with the next one that the best makes
	total float64
	calls int // architectures evaluated
}

func newLandscape(s *space.Space, seed uint64) *landscape {
	rng := rand.New(rand.NewPCG(seed, 99))
	l := &landscape{best: s.Random(rng)}
	for i := range s.Decisions() {
		made := s.Active(l.best.Genes()[:i], i)
		worth, pair := 0.0, 0.0
		if made {
			worth, pair = 0.2+rng.Float64(), 0.5*rng.Float64()
		}
		l.made, l.worth, l.pairs = append(l.made, made), append(l.worth, worth), append(l.pairs, pair)
		l.total += worth + pair
	}
	return l
}

func (l *landscape) accuracy(a space.Arch) float64 {
	score, before := 0.0, true
	for i, made := range l.made {
		if !made {
			continue
		}
		agrees := a.Gene(i) == l.best.Gene(i)
		if agrees {
			score += l.worth[i]
		}
		switch {
		case agrees && before:
			score += l.pairs[i]
		case agrees != before:
			score -= l.pairs[i] / 2
		}
		before = agrees
	}
	return 0.5 + 0.4*score/l.total
}

func (l *landscape) Evaluate(_ context.Context, archs []space.Arch) ([]Score, error) {
	l.calls += len(archs)
	scores := make([]Score, len(archs))
	for i, a := range archs {
		acc := l.accuracy(a)
		scores[i] = Score{Accuracy: acc, Loss: 1 - acc}
	}
	return scores, nil
}

// testCost grows with op and width.
func testCost(s *space.Space) func(space.Arch) (Cost, error) {
	return func(a space.Arch) (Cost, error) {
		var c Cost
		for i, d := range s.Decisions() {
			switch d.Kind {
			case space.KindOp:
				c.FLOPs += [...]int64{900, 2500, 200, 10}[a.Gene(i)]
			case space.KindWidth:
				c.FLOPs += 400 * int64(a.Gene(i))
				c.Params += 10 << a.Gene(i)
			case space.KindSkip:
				c.FLOPs += 50 * int64(a.Gene(i))
			}
		}
		c.Latency = 1e-6 * float64(c.FLOPs)
		return c, nil
	}
}

// smallest is the architecture of testSpace with the lowest testCost: identities.
func smallest(t testing.TB, s *space.Space) space.Arch {
	t.Helper()
	genes := make([]uint8, len(s.Decisions()))
	for i, d := range s.Decisions() {
		if d.Kind == space.KindOp {
			genes[i] = opIdentity
		}
	}
	a, err := s.Canon(genes)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func testProblem(t testing.TB, s *space.Space, l *landscape) Problem {
	t.Helper()
	return Problem{Space: s, Cost: testCost(s), Evaluator: l, Smallest: smallest(t, s)}
}
