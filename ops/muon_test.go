package ops_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/espalier-nas/espalier/internal/allocs"
	"github.com/espalier-nas/espalier/ops"
)

// asMatrix returns a dense weight, or what else has its layout, as OutC x (K*K*InC).
func asMatrix(p *ops.Param, data []float32) *mat.Dense {
	m := mat.NewDense(p.OutC, p.KH*p.KW*p.InC, nil)
	for o := range p.OutC {
		for t := range p.KH * p.KW {
			for i := range p.InC {
				m.Set(o, t*p.InC+i, float64(data[p.Index(o, i, t/p.KW, t%p.KW)]))
			}
		}
	}
	return m
}

// orthogonal is what Muon makes of a matrix, by singular values in double precision: each
// goes five times through Jordan's polynomial.
func orthogonal(m *mat.Dense) *mat.Dense {
	var svd mat.SVD
	svd.Factorize(m, mat.SVDThin)
	var u, v, us, out mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	values, norm := svd.Values(nil), mat.Norm(m, 2)
	for i, s := range values {
		s /= norm
		for range 5 {
			s = s * (3.4445 + s*s*(-4.7750+s*s*2.0315))
		}
		values[i] = s
	}
	us.Mul(&u, mat.NewDiagDense(len(values), values))
	out.Mul(&us, v.T())
	return &out
}

// TestMuonEqualsItsDefinition takes three steps with matrices of every shape and compares
// them with the definition in double precision.
func TestMuonEqualsItsDefinition(t *testing.T) {
	const momentum, ratio, decay = 0.9, 0.25, 0.01
	for _, nesterov := range []bool{false, true} {
		forEachKernel(t, func(t *testing.T, e *ops.Exec) {
			for _, s := range []struct{ out, in, k int }{{16, 16, 1}, {24, 3, 3}, {7, 5, 3}, {40, 1, 5}, {48, 33, 3}, {1, 4, 1}} {
				r := rand.New(rand.NewPCG(3, 9))
				w, b := ops.NewDense("w", s.out, s.in, s.k, s.k, 1), ops.NewVector("b", s.out)
				plain, ref := ops.NewVector("b", s.out), mat.NewDense(s.out, s.in*s.k*s.k, nil)
				ops.InitHe(w, r)
				want, v := asMatrix(w, w.Data), mat.NewDense(s.out, s.in*s.k*s.k, nil)
				c := ops.SGDConfig{Momentum: momentum, Nesterov: nesterov, WeightDecay: decay}
				muon := ops.NewMuon(e, []*ops.Param{w, b}, func(p *ops.Param) bool { return p == w }, ops.MuonConfig{SGDConfig: c, Ratio: ratio})
				sgd := ops.NewSGD([]*ops.Param{plain}, c)
				for _, lr := range []float64{0.1, 0.3, 0.2} {
					gb := draw(r, s.out)
					w.All().AddGrad(draw(r, w.Count()))
					grad := asMatrix(w, w.Grad)
					b.All().AddGrad(gb)
					plain.All().AddGrad(gb)
					muon.Step(lr)
					sgd.Step(lr)

					v.Scale(momentum, v)
					v.Add(v, grad)
					ref.Copy(v)
					if nesterov {
						ref.Scale(momentum, v)
						ref.Add(ref, grad)
					}
					length := mat.Norm(want, 2)
					var step mat.Dense
					step.Scale(lr*ratio*length/math.Sqrt(float64(s.out)), orthogonal(ref))
					want.Sub(want, &step)
					want.Scale(length/mat.Norm(want, 2), want)
				}
				var diff mat.Dense
				diff.Sub(asMatrix(w, w.Data), want)
				if d := mat.Norm(&diff, 2) / mat.Norm(want, 2); !(d < 2e-4) {
					t.Errorf("%d x %d x %d x %d, nesterov %v: off by %g of its length", s.out, s.in, s.k, s.k, nesterov, d)
				}
				if !sameBits(b.Data, plain.Data) {
					t.Error("a bias is not updated as by SGD")
				}
				for i, g := range w.Grad {
					if g != 0 {
						t.Fatalf("gradient %d is %v after the step; want 0", i, g)
					}
				}
			}
		})
	}
}

// TestMuonTurnsByItsRate demands that updates do not depend on the size of gradients, and
// that an unused matrix keeps its bits.
func TestMuonTurnsByItsRate(t *testing.T) {
	e := newExec(t, "", 0)
	r := rand.New(rand.NewPCG(4, 9))
	a, b, unused := ops.NewDense("a", 24, 8, 3, 3, 1), ops.NewDense("b", 24, 8, 3, 3, 1), ops.NewDense("unused", 8, 8, 1, 1, 1)
	for _, p := range []*ops.Param{a, unused} {
		ops.InitHe(p, r)
	}
	copy(b.Data, a.Data)
	before := append([]float32(nil), unused.Data...)
	g := draw(r, a.Count())
	big := make([]float32, len(g))
	for i := range g {
		big[i] = 1024 * g[i]
	}
	a.All().AddGrad(g)
	b.All().AddGrad(big)
	all := func(*ops.Param) bool { return true }
	ops.NewMuon(e, []*ops.Param{a, b, unused}, all, ops.MuonConfig{Ratio: 1}).Step(0.1)
	near(t, "a matrix after gradients 1024 times as large", b.Data, a.Data, 1e-5)
	if !sameBits(unused.Data, before) {
		t.Error("an unused matrix has changed")
	}
}

func TestMuonAllocatesNothing(t *testing.T) {
	e := newExec(t, "", 0)
	a, b := ops.NewDense("a", 24, 8, 3, 3, 1), ops.NewVector("b", 24)
	ops.InitHe(a, rand.New(rand.NewPCG(5, 9)))
	o := ops.NewMuon(e, []*ops.Param{a, b}, func(p *ops.Param) bool { return p == a }, ops.MuonConfig{Ratio: 1})
	ga, gb := make([]float32, a.Count()), make([]float32, b.Count())
	ga[3], gb[3] = 1, 1
	step := func() {
		a.All().AddGrad(ga)
		b.All().AddGrad(gb)
		o.Step(0.1)
	}
	for range 100 { // the kernels try out how to compute
		step()
	}
	if n := allocs.PerRun(10, step); n != 0 {
		t.Errorf("a step allocates %v times; want none", n)
	}
}

func TestMuonRefusesParts(t *testing.T) {
	e := newExec(t, "", 0)
	p := ops.NewDense("shared", 24, 8, 3, 3, 1)
	w := ops.Window{P: p, OutC: 16, KH: 3, KW: 3, InC: 8}
	w.AddGrad(make([]float32, w.Count()))
	defer func() {
		if recover() == nil {
			t.Error("a part of a matrix was updated; want a panic")
		}
	}()
	ops.NewMuon(e, []*ops.Param{p}, func(*ops.Param) bool { return true }, ops.MuonConfig{Ratio: 1}).Step(0.1)
}
