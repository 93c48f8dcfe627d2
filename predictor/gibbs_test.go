package predictor

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// drawChain draws a chain in some state after a few sweeps.
func drawChain(t *rapid.T) (*chain, design, []float64) {
	d := drawDesign(t, rapid.IntRange(1, 6).Draw(t, "inter"), rapid.IntRange(0, 2).Draw(t, "extras"))
	seed := rapid.Uint64Range(0, 1<<20).Draw(t, "seed")
	r := stream(seed, forChains, 1)
	target := make([]float64, len(d.rows))
	for i := range target {
		target[i] = r.NormFloat64()
	}
	c := newChain(newProblem(d), target, rapid.IntRange(0, 3).Draw(t, "rank"), r)
	for range rapid.IntRange(1, 4).Draw(t, "sweeps") {
		c.sweep()
	}
	return c, d, target
}

// residuals are computed afresh from the chain's unknowns, in full precision;
// directions that no example shows change no residual.
func residuals(c *chain, d design, target []float64) []float64 {
	b, w := c.center, []float64(nil)
	for k := range c.blocks {
		part := make([]float64, len(c.blocks[k].mean))
		b -= c.blocks[k].weights(part)
		w = append(w, part...)
	}
	out := make([]float64, len(target))
	for i, x := range dense(d) {
		out[i] = target[i] - b - linearAndPairs(w, c.v, x, d.inter, c.rank)
	}
	return out
}

// TestChainKeepsResiduals checks the incremental updates of sweeps, and that
// the machine given out is the chain's state.
func TestChainKeepsResiduals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, d, target := drawChain(t)
		m := c.machine()
		for i, want := range residuals(c, d, target) {
			if math.Abs(c.err[i]-want) > 1e-7*(1+math.Abs(want)) {
				t.Fatalf("residual %d is %v; want %v", i, c.err[i], want)
			}
			y := target[i] - want
			if got := pairLoop(m, dense(d)[i], d.inter, c.rank); math.Abs(got-y) > 1e-4*(1+math.Abs(y)) {
				t.Fatalf("machine's value of row %d is %v; want %v", i, got, y)
			}
		}
	})
}

// logDensity is the logarithm of the joint density as a function of the factor
// entries, but for a constant.
func logDensity(c *chain, d design, target []float64) float64 {
	s := -c.alpha / 2 * sumSquares(residuals(c, d, target))
	for k, v := range c.v {
		s -= c.vPrec[k%c.rank] / 2 * v * v
	}
	return s
}

// TestConditionalIsGradient checks that pull - precision v is the derivative of
// the log density, and -precision its second: a normal distribution has no more
// to check. A quadratic's central differences are exact.
func TestConditionalIsGradient(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, d, target := drawChain(t)
		if c.rank == 0 {
			t.Skip("no factors")
		}
		f, j := rapid.IntRange(0, c.rank-1).Draw(t, "f"), rapid.IntRange(0, c.inter-1).Draw(t, "j")
		c.setPart(f)
		pull, precision := c.conditional(f, j)
		v := &c.v[j*c.rank+f]
		at := *v
		const h = 0.5
		here := logDensity(c, d, target)
		*v = at + h
		above := logDensity(c, d, target)
		*v = at - h
		below := logDensity(c, d, target)
		first, second := (above-below)/(2*h), (above-2*here+below)/(h*h)
		tol := 1e-7 * (1 + math.Abs(here) + math.Abs(above) + math.Abs(below))
		if math.Abs(first-(pull-precision*at)) > tol || math.Abs(second+precision) > 4*tol {
			t.Fatalf("derivatives %v, %v; want %v, %v", first, second, pull-precision*at, -precision)
		}
	})
}

// TestRankZeroIsRidge compares the mean of many draws with ridge regression at
// the penalty that the chain itself holds on average.
func TestRankZeroIsRidge(t *testing.T) {
	r := stream(5, forChains, 0)
	d := design{inter: 12, cols: 12}
	var target []float64
	for range 60 {
		var row []entry
		y := 0.3 * r.NormFloat64()
		for g := range 4 {
			j := 3*g + r.IntN(3)
			row = append(row, entry{j, 1})
			y += math.Sin(float64(j))
		}
		d.rows = append(d.rows, row)
		target = append(target, y)
	}
	p := newProblem(d).fit(target, []int{0}, chainPlan{burn: 50, keep: 2000, thin: 1}, 1, 1)
	mean, _ := p.predict(d, 1)
	var alpha, penalty float64
	for _, m := range p.Machines {
		alpha += m.Alpha / 2000
	}
	lin := newLinear(d, 0, d.cols)
	unit := (&posterior{}).standardise(target)
	// At the posterior mean of the noise, find the penalty whose ridge solution
	// is nearest; the two must then agree on every row.
	best := math.Inf(1)
	for step := range 60 {
		try := math.Exp2(float64(step-30) / 3)
		if gap := RMSE(ridgeFit(lin, unit, try, p), mean); gap < best {
			best, penalty = gap, try
		}
	}
	if best > 0.02*p.Scale {
		t.Errorf("nearest ridge solution (penalty %v, noise precision %v) differs by %v; want less than 2 %% of the targets' deviation %v", penalty, alpha, best, p.Scale)
	}
	if penalty < 0.05 || penalty > 20 {
		t.Errorf("penalty %v; want one near the true ratio of variances", penalty)
	}
}

func ridgeFit(l *linear, unit []float64, penalty float64, p *posterior) []float64 {
	out := make([]float64, len(unit))
	for k, s := range l.sv {
		var uy float64
		for i, y := range unit {
			uy += l.u[k][i] * y
		}
		for i := range out {
			out[i] += s * s / (s*s + penalty) * uy * l.u[k][i]
		}
	}
	for i := range out {
		out[i] = p.Shift + p.Scale*out[i]
	}
	return out
}
