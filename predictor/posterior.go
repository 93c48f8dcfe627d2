package predictor

import (
	"fmt"
	"math"
	"runtime"
	"sync"
)

// posterior is a fitted low-rank model: draws of machines on the unit scale, of
// one rank or several.
type posterior struct {
	Inter    int       `json:"interacting"` // columns that interact
	Cols     int       `json:"columns"`
	Shift    float64   `json:"shift"` // of the target, on its warped scale
	Scale    float64   `json:"scale"`
	Machines []machine `json:"machines"`
}

// chains of a model that is kept; one that only helps to choose has one.
const chains = 4

// Lengths of one chain of either.
func fullPlan() chainPlan  { return chainPlan{burn: 60, keep: 10, thin: 5} }
func trialPlan() chainPlan { return chainPlan{burn: 40, keep: 20, thin: 2} }

// problem is a design with what every model fitted to it shares.
type problem struct {
	design design
	cols   [][]entry // its columns
	linear []*linear // its blocks, covering the columns in order
}

func newProblem(d design) problem {
	p := problem{design: d, cols: d.columns(), linear: []*linear{newLinear(d, 0, d.inter)}}
	if d.cols > d.inter {
		p.linear = append(p.linear, newLinear(d, d.inter, d.cols))
	}
	return p
}

// fit draws from the model given targets on their final scale, by one chain for
// each entry of ranks. Chains start from different factors; the result does not
// depend on workers.
func (p problem) fit(target []float64, ranks []int, plan chainPlan, seed uint64, workers int) *posterior {
	post := &posterior{Inter: p.design.inter, Cols: p.design.cols}
	unit := post.standardise(target)
	draws := make([][]machine, len(ranks))
	parallel(len(ranks), workers, func(c int) {
		draws[c] = sample(p, unit, ranks[c], plan, stream(seed, forChains, c))
	})
	for _, m := range draws {
		post.Machines = append(post.Machines, m...)
	}
	return post
}

// rank returns the rank of most machines, the smaller one of equals.
func (p *posterior) rank() int {
	count := make([]int, maxRank+1)
	for k := range p.Machines {
		count[p.Machines[k].rank(p.Inter)]++
	}
	best := 0
	for r, n := range count {
		if n > count[best] {
			best = r
		}
	}
	return best
}

// standardise sets Shift and Scale and returns the target at mean 0 and
// variance 1; a constant target becomes zeros, and is predicted exactly.
func (p *posterior) standardise(target []float64) []float64 {
	n := float64(len(target))
	for _, v := range target {
		p.Shift += v / n
	}
	unit := make([]float64, len(target))
	var sq float64
	for i, v := range target {
		unit[i] = v - p.Shift
		sq += unit[i] * unit[i] / n
	}
	if sd := math.Sqrt(sq); sd > 1e-12*math.Abs(p.Shift) {
		p.Scale = sd
	}
	for i := range unit {
		if p.Scale == 0 {
			unit[i] = 0
		} else {
			unit[i] /= p.Scale
		}
	}
	return unit
}

// predict returns mean and standard deviation of a new measurement, on the
// warped scale: the spread of the draws and the noise together.
func (p *posterior) predict(d design, workers int) (mean, std []float64) {
	mean, std = make([]float64, len(d.rows)), make([]float64, len(d.rows))
	var noise float64
	for _, m := range p.Machines {
		noise += 1 / m.Alpha
	}
	n := float64(len(p.Machines))
	const batch = 256
	parallel((len(d.rows)+batch-1)/batch, workers, func(b int) {
		sum, sq := make([]float64, maxRank), make([]float64, maxRank)
		for i := b * batch; i < min((b+1)*batch, len(d.rows)); i++ {
			var m, s float64
			for k := range p.Machines {
				v := p.Machines[k].value(d.rows[i], p.Inter, sum, sq)
				delta := v - m
				m += delta / float64(k+1)
				s += delta * (v - m)
			}
			mean[i] = p.Shift + p.Scale*m
			std[i] = p.Scale * math.Sqrt(s/max(n-1, 1)+noise/n)
		}
	})
	return mean, std
}

// check reports what makes a loaded posterior unusable for a model whose inputs
// give this many extra features, when scaled of them came with the posterior.
func (p *posterior) check(extras, scaled int) error {
	if scaled != extras || p.Cols != p.Inter+extras {
		return fmt.Errorf("%d columns, %d of them interacting, and %d scaled extra features; the inputs give %d extra features", p.Cols, p.Inter, scaled, extras)
	}
	if p.Inter < 0 || len(p.Machines) == 0 {
		return fmt.Errorf("%d interacting columns in %d machines; want at least one machine", p.Inter, len(p.Machines))
	}
	for k := range p.Machines {
		m := &p.Machines[k]
		if len(m.W) != p.Cols || m.rank(p.Inter) > maxRank || m.rank(p.Inter)*p.Inter != len(m.V) || !(m.Alpha > 0) {
			return fmt.Errorf("machines[%d] has %d weights, %d factor entries, precision %v; want %d, up to %d for each of %d columns, above 0", k, len(m.W), len(m.V), m.Alpha, p.Cols, maxRank, p.Inter)
		}
	}
	return nil
}

// parallel calls do(0), ..., do(n-1) on up to workers goroutines (0: one per
// processor) and waits. If one panics, parallel does, once all have ended.
func parallel(n, workers int, do func(i int)) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var (
		wg     sync.WaitGroup
		once   sync.Once
		caught any
	)
	guarded := func(i int) {
		defer func() {
			if r := recover(); r != nil {
				once.Do(func() { caught = r })
			}
		}()
		do(i)
	}
	next := make(chan int)
	for range min(workers, n) {
		wg.Go(func() {
			for i := range next {
				guarded(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	if caught != nil {
		panic(caught)
	}
}
