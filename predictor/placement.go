package predictor

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Placement predicts what whole networks take on a runtime, seconds or joules, from what their
// layers take on another one, as few networks tell: a multiple of the layers' sum, as much
// for each layer, as runtimes take that call them one by one, and a constant. Kinds of layers
// depart from that, each as much as the measurements make likely: both runtimes have
// kernels of their own, some better than others.
//
// It is linear regression of relative errors. First the three common figures, none negative, are
// fitted by least squares; then all at once, with normal priors around them.
type Placement struct {
	plan  func(space.Arch) space.Plan
	table Table
	kinds []kind        // of the layers of the networks fitted, sorted
	slope float64       // what is fitted over the table's seconds, for all layers
	each  float64       // of what is fitted, that every layer takes beside
	step  float64       // of a layer's own cost: what its coefficients are in
	least float64       // that is ever predicted
	coef  *mat.VecDense // of columns, see row
	inner *mat.Cholesky // of the normal equations
	noise float64       // deviation of a relative error
}

// kind is what layers have in common that a runtime computes by one kernel.
type kind struct {
	op      space.Op
	k       space.Sides
	s       int
	grouped bool
}

func kindOf(l space.Layer) kind { return kind{l.Op, l.K, l.S, l.G > 1} }

func compareKinds(a, b kind) int {
	grouped := func(x kind) int {
		if x.grouped {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(a.op, b.op), cmp.Compare(a.k.H, b.k.H), cmp.Compare(a.k.W, b.k.W), cmp.Compare(a.s, b.s), cmp.Compare(grouped(a), grouped(b)))
}

const (
	// common is how many coefficients all layers share.
	common = 3
	// kindPrior is the expected deviation of a kind's coefficients, as a share of the common ones,
	// over that of a relative error: a kind may cost twice as much or nothing, errors
	// are a tenth.
	kindPrior = 10.0
	// commonPrior leaves the common coefficients free.
	commonPrior = 1000.0
	// leastEach is a layer's own cost, as a share of the mean network over its layers, that kinds
	// may depart from where all layers together show none.
	leastEach = 0.02
)

// NewPlacement returns an unfitted placement of networks with these plans, whose layers take
// what table says; layers that it lacks count by their number alone.
func NewPlacement(plan func(space.Arch) space.Plan, table Table) *Placement {
	return &Placement{plan: plan, table: table}
}

// Fit learns from at least 4 networks and what they take, each above 1e-10.
func (p *Placement) Fit(archs []space.Arch, y []float64) error {
	if err := checkTargets("placement", archs, y, minLatency); err != nil {
		return err
	}
	for i, v := range y {
		if !(v >= minSeconds) {
			return fmt.Errorf("predictor placement: value %d is %v; want at least %g", i, v, minSeconds)
		}
	}
	p.findKinds(archs)
	p.least = minOf(y) / 2
	if err := p.fitCommon(archs, y); err != nil {
		return err
	}
	return p.fitKinds(archs, y)
}

// findKinds notes the kinds of layers of these networks.
func (p *Placement) findKinds(archs []space.Arch) {
	seen := make(map[kind]bool)
	for _, a := range archs {
		for _, s := range p.plan(a) {
			seen[kindOf(s.Layer)] = true
		}
	}
	p.kinds = p.kinds[:0]
	for k := range seen {
		p.kinds = append(p.kinds, k)
	}
	slices.SortFunc(p.kinds, compareKinds)
}

// fitCommon sets slope and each.
func (p *Placement) fitCommon(archs []space.Arch, y []float64) error {
	rows := make([][common]float64, len(archs))
	layers, total := 0.0, 0.0
	for i, a := range archs {
		rows[i][0] = 1 / y[i]
		for _, s := range p.plan(a) {
			t, _ := p.table(s.Layer)
			rows[i][1] += t / y[i]
			rows[i][2] += 1 / y[i]
			layers++
		}
		total += y[i]
	}
	least := math.Inf(1)
	for _, use := range [][]int{{0, 1, 2}, {1, 2}, {0, 1}, {1}} { // the slope is never left out
		x, rest := fitOnes(rows, use)
		if x[0] >= 0 && x[1] > 0 && x[2] >= 0 && rest < least {
			least, p.slope, p.each = rest, x[1], x[2]
		}
	}
	if math.IsInf(least, 1) {
		return fmt.Errorf("predictor placement: the layers of these %d networks take no time; want a table that has them", len(archs))
	}
	p.step = max(p.each, leastEach*total/layers)
	return nil
}

// fitOnes returns the coefficients of some columns, the others 0, whose sum comes nearest to 1
// in every row, and the sum of squares that is left; infinite where columns depend on each other.
func fitOnes(rows [][common]float64, use []int) (x [common]float64, rest float64) {
	a, ones := mat.NewDense(len(rows), len(use), nil), mat.NewVecDense(len(rows), nil)
	for i, r := range rows {
		ones.SetVec(i, 1)
		for k, c := range use {
			a.Set(i, k, r[c])
		}
	}
	var v, left mat.VecDense
	if err := v.SolveVec(a, ones); err != nil {
		return x, math.Inf(1)
	}
	for k, c := range use {
		x[c] = v.AtVec(k)
	}
	left.MulVec(a, &v)
	left.SubVec(&left, ones)
	return x, mat.Dot(&left, &left)
}

// row returns what a network takes by slope and each, and the columns that coefficients change
// it by: a constant, the sum of the layers and their number, then sum and number of each kind.
func (p *Placement) row(a space.Arch) (base float64, columns []float64) {
	columns = make([]float64, common+2*len(p.kinds))
	for _, s := range p.plan(a) {
		t, _ := p.table(s.Layer)
		t *= p.slope
		base += t + p.each
		columns[1] += t
		columns[2] += p.step
		if k, found := slices.BinarySearchFunc(p.kinds, kindOf(s.Layer), compareKinds); found {
			columns[common+2*k] += t
			columns[common+2*k+1] += p.step
		}
	}
	columns[0] = p.step
	return base, columns
}

// fitKinds sets the coefficients: ridge regression of what the common figures leave, over
// what networks take.
func (p *Placement) fitKinds(archs []space.Arch, y []float64) error {
	n := common + 2*len(p.kinds)
	inner, right := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	rests := make([]float64, len(y))
	rows := make([]*mat.VecDense, len(y))
	for i, a := range archs {
		base, columns := p.row(a)
		for k := range columns {
			columns[k] /= y[i]
		}
		rests[i], rows[i] = 1-base/y[i], mat.NewVecDense(n, columns)
		inner.SymRankOne(inner, 1, rows[i])
		right.AddScaledVec(right, rests[i], rows[i])
	}
	for k := range n {
		prior := kindPrior
		if k < common {
			prior = commonPrior
		}
		inner.SetSym(k, k, inner.At(k, k)+1/(prior*prior))
	}
	p.inner = new(mat.Cholesky)
	if !p.inner.Factorize(inner) {
		return fmt.Errorf("predictor placement: the equations of %d networks have no solution", len(y))
	}
	p.coef = new(mat.VecDense)
	if err := p.inner.SolveVecTo(p.coef, right); err != nil {
		return fmt.Errorf("predictor placement: %w", err)
	}
	var inverse mat.SymDense
	if err := p.inner.InverseTo(&inverse); err != nil {
		return fmt.Errorf("predictor placement: %w", err)
	}
	square, weight := 1e-4, 1.0 // an error of 1 % once, so that exact fits stay doubtful
	for i := range rows {
		r := rests[i] - mat.Dot(rows[i], p.coef)
		square += r * r
		weight += 1 - mat.Inner(rows[i], &inverse, rows[i])
	}
	p.noise = math.Sqrt(square / weight)
	return nil
}

// Predict implements Predictor; in the unit that was fitted. It panics before the first Fit.
func (p *Placement) Predict(archs []space.Arch) (mean, std []float64) {
	if p.inner == nil {
		panic(notFitted)
	}
	mean, std = make([]float64, len(archs)), make([]float64, len(archs))
	for i, a := range archs {
		base, columns := p.row(a)
		x := mat.NewVecDense(len(columns), columns)
		mean[i] = max(base+mat.Dot(x, p.coef), p.least)
		var w mat.VecDense
		if err := p.inner.SolveVecTo(&w, x); err != nil {
			panic("predictor: " + err.Error())
		}
		std[i] = p.noise * math.Sqrt(mean[i]*mean[i]+mat.Dot(x, &w))
	}
	return mean, std
}

// Common returns what all layers have in common: how many times what the table says they take,
// and what each takes beside; and of how many kinds they are. It panics before the first Fit.
func (p *Placement) Common() (slope, each float64, kinds int) {
	if p.inner == nil {
		panic(notFitted)
	}
	return p.slope, p.each, len(p.kinds)
}
