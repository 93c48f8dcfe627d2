package ops_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// TestResumedOptimizer copies weights and memory into a new optimiser half-way
// and demands the bits of the one that went on.
func TestResumedOptimizer(t *testing.T) {
	makers := map[string]func([]*ops.Param) ops.Optimizer{
		"sgd": func(p []*ops.Param) ops.Optimizer {
			return ops.NewSGD(p, ops.SGDConfig{Momentum: 0.9, WeightDecay: 0.1})
		},
		"adam": func(p []*ops.Param) ops.Optimizer { return ops.NewAdam(p, ops.AdamConfig{Beta1: 0.9}) },
	}
	for name, make := range makers {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 9))
			a, b := []*ops.Param{ops.NewDense("w", 20, 5, 3, 3, 1), ops.NewVector("b", 20)}, []*ops.Param{ops.NewDense("w", 20, 5, 3, 3, 1), ops.NewVector("b", 20)}
			oa, ob := make(a), make(b)
			for i := range 6 {
				if i == 3 {
					for j, p := range a {
						copy(b[j].Data, p.Data)
					}
					state := ob.State()
					for j, s := range oa.State() {
						if s.Name != state[j].Name {
							t.Fatalf("buffer %d is called %q, then %q", j, s.Name, state[j].Name)
						}
						copy(state[j].Data, s.Data)
					}
				}
				for j, p := range a {
					g := draw(r, p.Count())
					p.All().AddGrad(g)
					if i >= 3 {
						b[j].All().AddGrad(g)
					}
				}
				oa.Step(0.1)
				if i >= 3 {
					ob.Step(0.1)
				}
			}
			for j, p := range a {
				if !sameBits(p.Data, b[j].Data) {
					t.Errorf("%s differs after resuming", p.Name)
				}
			}
		})
	}
}

func TestClipGrad(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 9))
	p := []*ops.Param{ops.NewDense("w", 20, 5, 3, 3, 1), ops.NewVector("b", 20)}
	sum := 0.0
	for _, p := range p {
		g := draw(r, p.Count())
		p.All().AddGrad(g)
		for _, v := range g {
			sum += float64(v) * float64(v)
		}
	}
	norm := math.Sqrt(sum)
	for _, c := range []struct{ max, was, is float64 }{{2 * norm, norm, norm}, {norm / 4, norm, norm / 4}, {norm, norm / 4, norm / 4}} {
		if got := ops.ClipGrad(p, c.max); math.Abs(got-c.was) > 1e-5*norm {
			t.Errorf("limit %v: norm %v; want %v", c.max, got, c.was)
		}
		if got := ops.ClipGrad(p, math.Inf(1)); math.Abs(got-c.is) > 1e-5*norm {
			t.Errorf("limit %v: norm is now %v; want %v", c.max, got, c.is)
		}
	}
}

// TestInitialValues demands that values do not depend on how a weight is
// stored, and their spread.
func TestInitialValues(t *testing.T) {
	dense, other := ops.NewDense("a", 20, 7, 3, 3, 1), ops.NewDense("b", 20, 7, 3, 3, 1)
	ops.InitHe(dense, rand.New(rand.NewPCG(1, 1)))
	r, want := rand.New(rand.NewPCG(1, 1)), make([]float32, dense.Count())
	for i := range want {
		want[i] = float32(math.Sqrt(2.0/63) * r.NormFloat64())
	}
	if !sameBits(dense.ExportOIHW(nil), want) {
		t.Error("values are not drawn in the order OutC, InC, K, K with deviation sqrt(2/fan)")
	}
	if err := other.ImportOIHW(want); err != nil || !sameBits(other.Data, dense.Data) {
		t.Errorf("export and import change a weight (%v)", err)
	}
	if err := other.ImportOIHW(want[1:]); err == nil {
		t.Error("a short import is not refused")
	}
}
