package devices

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// mixture weighs the similarities of two networks in the kernel of a source.
type mixture struct{ linear, number, local, reach float64 }

func (m mixture) of(p pair) float64 {
	return m.linear*p.linear + m.number*p.number + m.local*p.local
}

// mixtures are what the sources choose from, together.
var mixtures = []mixture{
	{1, 1, 0.3, 0.2},
	{1, 1, 1, 0.2},
	{0.3, 0.3, 1, 0.2},
	{1, 1, 0.3, 0.5},
	{1, 1, 1, 0.5},
	{0.3, 0.3, 1, 0.5},
	{1, 1, 0.3, 1.5},
	{1, 1, 1, 1.5},
	{0.3, 0.3, 1, 1.5},
}

// Most rows that mixtures are compared on, and that a source is smoothed with.
const maxCompare, maxSmooth = 250, 800

// smoother knows the logarithmic latency of every source at every network: a Gaussian
// process per source on what is known of networks, with one kernel for all sources.
type smoother struct {
	mix    mixture
	known  codes        // of the rows that it learnt from
	scale  []float64    // variance of each source's process
	noise  []float64    // and of its measurements, over that
	weight [][]float64  // [source][row]
	keep   []float64    // share of a measurement of a network that it has not learnt from
	has    map[int]bool // rows that it learnt from
}

// spread returns at most most of n indices, evenly.
func spread(n, most int) []int {
	if n <= most {
		most = n
	}
	out := make([]int, most)
	for k := range out {
		out[k] = int((float64(k) + 0.5) * float64(n) / float64(most))
	}
	return out
}

func (c codes) pick(at []int) codes {
	out := codes{make([][]int32, len(at)), make([][]float64, len(at))}
	for k, i := range at {
		out.choice[k], out.number[k] = c.choice[i], c.number[i]
	}
	return out
}

// gram returns the kernel among rows.
func gram(c codes, m mixture) *mat.SymDense {
	n := len(c.choice)
	k := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			k.SetSym(i, j, m.of(similar(c, c, i, j, m.reach)))
		}
	}
	return k
}

// fitSmoother learns from unit targets [source][row].
func fitSmoother(c codes, unit [][]float64) (*smoother, error) {
	s := &smoother{scale: make([]float64, len(unit)), noise: make([]float64, len(unit))}
	small := spread(len(c.choice), maxCompare)
	best := math.Inf(-1)
	for _, m := range mixtures {
		e, err := newSpectrum(gram(c.pick(small), m))
		if err != nil {
			return nil, err
		}
		var total float64
		noise := make([]float64, len(unit))
		for d, y := range unit {
			l, n := e.best(pickRows(y, small))
			total, noise[d] = total+l, n
		}
		if total > best {
			best, s.mix, s.noise = total, m, noise
		}
	}
	rows := spread(len(c.choice), maxSmooth)
	s.known = c.pick(rows)
	k := gram(s.known, s.mix)
	s.has = make(map[int]bool, len(rows))
	for _, i := range rows {
		s.has[i] = true
	}
	solved := make(map[float64]*solver)
	for d, y := range unit {
		v := solved[s.noise[d]]
		if v == nil {
			var err error
			if v, err = newSolver(k, s.noise[d]); err != nil {
				return nil, fmt.Errorf("devices: source %d: %w", d, err)
			}
			solved[s.noise[d]] = v
		}
		t := pickRows(y, rows)
		w := v.solve(t)
		s.weight = append(s.weight, w)
		s.scale[d] = dot(w, t) / float64(len(t))
		// Left-out errors have the variance of the process where it is not known, plus that of a measurement.
		var left float64
		for i, x := range w {
			left += x / v.diagonal[i] * x / v.diagonal[i] / float64(len(w))
		}
		noise := s.scale[d] * s.noise[d]
		s.keep = append(s.keep, max(left-noise, 0)/max(left, 1e-300))
	}
	return s, nil
}

func pickRows(v []float64, at []int) []float64 {
	out := make([]float64, len(at))
	for k, i := range at {
		out[k] = v[i]
	}
	return out
}

// at returns the unit latency of every source at row i of other codes.
func (s *smoother) at(c codes, i int) []float64 {
	out := make([]float64, len(s.weight))
	for j := range s.known.choice {
		k := s.mix.of(similar(c, s.known, i, j, s.mix.reach))
		for d, w := range s.weight {
			out[d] += k * w[j]
		}
	}
	return out
}

// spectrum is a kernel by its eigenvalues.
type spectrum struct {
	value  []float64
	vector *mat.Dense
}

func newSpectrum(k *mat.SymDense) (*spectrum, error) {
	var e mat.EigenSym
	if !e.Factorize(k, true) {
		return nil, fmt.Errorf("devices: eigenvalues of a kernel do not converge")
	}
	s := &spectrum{value: e.Values(nil), vector: new(mat.Dense)}
	e.VectorsTo(s.vector)
	return s, nil
}

// noises are the variances of a measurement, over that of the process, to choose from.
var noises = []float64{1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3}

// best returns the largest logarithmic marginal likelihood of y over noises, the
// variance of the process integrated out at its most likely.
func (s *spectrum) best(y []float64) (evidence, noise float64) {
	if dot(y, y) == 0 { // a source on which all take alike says nothing of kernels
		return 0, noises[len(noises)-1]
	}
	var t mat.VecDense
	t.MulVec(s.vector.T(), mat.NewVecDense(len(y), y))
	evidence = math.Inf(-1)
	n := float64(len(y))
	for _, v := range noises {
		var sq, log float64
		for k, l := range s.value {
			d := max(l, 0) + v
			sq += t.AtVec(k) * t.AtVec(k) / d
			log += math.Log(d)
		}
		if l := -n/2*math.Log(sq/n) - log/2; l > evidence {
			evidence, noise = l, v
		}
	}
	return evidence, noise
}

// solver is a kernel with noise on its diagonal, decomposed.
type solver struct {
	chol     mat.Cholesky
	diagonal []float64 // of the inverse
}

func newSolver(k *mat.SymDense, noise float64) (*solver, error) {
	n := k.SymmetricDim()
	g := mat.NewSymDense(n, nil)
	g.CopySym(k)
	for i := range n {
		g.SetSym(i, i, k.At(i, i)+noise)
	}
	v := new(solver)
	if !v.chol.Factorize(g) {
		return nil, fmt.Errorf("kernel is not positive")
	}
	if err := v.chol.InverseTo(g); err != nil {
		return nil, err
	}
	for i := range n {
		v.diagonal = append(v.diagonal, g.At(i, i))
	}
	return v, nil
}

func (v *solver) solve(y []float64) []float64 {
	var w mat.VecDense
	if err := v.chol.SolveVecTo(&w, mat.NewVecDense(len(y), y)); err != nil {
		panic("devices: kernel is singular")
	}
	return w.RawVector().Data
}
