package predictor

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// gpTheta are the logarithms of the parameters of the kernel
//
//	k = matern(T0 choice + T1 paths + T2 moves + T3 numbers + T8 signals) + T4 linear + T5 exp(-T6 choice),
//
// with noise of variance T7 on its diagonal, all times a variance that is set to its most
// likely value.
type gpTheta [9]float64

// maxTheta bounds them.
const maxTheta = 12

// priorTheta is the centre of their prior and where the search begins, priorStd its
// deviation.
var priorTheta = gpTheta{-2, -1.5, -2, -1.5, -1, -3.5, 0, -4, -1.5}

const priorStd = 1.0

// gpPowers are the parameters themselves.
type gpPowers [9]float64

func (t gpTheta) powers() gpPowers {
	var out gpPowers
	for k, v := range t {
		out[k] = math.Exp(v)
	}
	return out
}

func (t *gpPowers) noise() float64 { return t[7] }

// kernel returns the covariance of two rows, over the variance of the process.
func (t *gpPowers) kernel(p gpPair) float64 {
	r2 := 5 * (t[0]*p.choice + t[1]*p.paths + t[2]*p.moves + t[3]*p.numbers + t[8]*p.signals)
	r := math.Sqrt(r2)
	return (1+r+r2/3)*math.Exp(-r) + t[4]*p.linear + t[5]*math.Exp(-t[6]*p.choice)
}

// gpFit is a process conditioned on its examples.
type gpFit struct {
	powers gpPowers
	mean   float64       // of the targets
	scale  float64       // variance of the process
	weight *mat.VecDense // by example
	chol   mat.Cholesky
	loss   float64 // minus the logarithm of the marginal likelihood, up to a constant
}

// gpPairs are all pairs of rows, [i*n+j] for j >= i.
func gpPairs(rows []gpRow) []gpPair {
	n := len(rows)
	out := make([]gpPair, n*n)
	for i := range n {
		for j := i; j < n; j++ {
			out[i*n+j] = gpCompare(&rows[i], &rows[j])
		}
	}
	return out
}

// fit conditions on targets.
func (t gpTheta) fit(rows []gpRow, y []float64) (*gpFit, error) {
	return t.fitPairs(gpPairs(rows), y)
}

func (t gpTheta) fitPairs(pairs []gpPair, y []float64) (*gpFit, error) {
	n := len(y)
	f := &gpFit{powers: t.powers()}
	k := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			k.SetSym(i, j, f.powers.kernel(pairs[i*n+j]))
		}
		k.SetSym(i, i, k.At(i, i)+f.powers.noise())
	}
	if !f.chol.Factorize(k) {
		return nil, fmt.Errorf("kernel of %d examples is not positive", n)
	}
	centred := mat.NewVecDense(n, nil)
	for _, v := range y {
		f.mean += v / float64(n)
	}
	for i, v := range y {
		centred.SetVec(i, v-f.mean)
	}
	f.weight = new(mat.VecDense)
	if err := f.chol.SolveVecTo(f.weight, centred); err != nil {
		return nil, fmt.Errorf("kernel of %d examples: %w", n, err)
	}
	// Two examples' worth of a variance of 1 keep few or equal targets from a variance of 0.
	sq := mat.Dot(f.weight, centred)
	f.scale = (sq + 2) / float64(n+2)
	f.loss = float64(n+2)/2*math.Log(f.scale) + f.chol.LogDet()/2
	return f, nil
}

// predict sets means and deviations of new measurements of rows whose kernel with the
// examples is k, [example][row], and own with themselves.
func (f *gpFit) predict(k *mat.Dense, own, mean, std []float64) {
	var w mat.Dense
	if err := f.chol.SolveTo(&w, k); err != nil {
		panic("predictor: kernel is singular")
	}
	for i := range own {
		m, known := f.mean, 0.0
		for j := range f.weight.Len() {
			m += k.At(j, i) * f.weight.AtVec(j)
			known += k.At(j, i) * w.At(j, i)
		}
		mean[i], std[i] = m, math.Sqrt(f.scale*(f.powers.noise()+max(own[i]-known, 0)))
	}
}

// maxChoose is how many examples parameters are chosen on.
const maxChoose = 250

// chooseTheta climbs the marginal likelihood times the prior, one parameter at a time, in
// steps that are halved.
func chooseTheta(rows []gpRow, y []float64) gpTheta {
	at := spreadOver(len(y), maxChoose)
	pairs, some := gpPairs(pick(rows, at)), pick(y, at)
	loss := func(t gpTheta) float64 {
		f, err := t.fitPairs(pairs, some)
		if err != nil {
			return math.Inf(1)
		}
		out := f.loss
		for k, v := range t {
			d := (v - priorTheta[k]) / priorStd
			out += d * d / 2
		}
		return out
	}
	t := priorTheta
	best := loss(t)
	for step := 1.5; step > 0.3; step /= 2 {
		for moved := true; moved; {
			moved = false
			for k := range t {
				for _, d := range []float64{step, -step} {
					u := t
					u[k] += d
					if math.Abs(u[k]) > maxTheta {
						continue
					}
					if l := loss(u); l < best-1e-3 {
						best, t, moved = l, u, true
						break
					}
				}
			}
		}
	}
	return t
}
