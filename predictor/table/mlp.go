package table

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
)

// The network of Once-for-All's accuracy predictor: three hidden layers of 400 with ReLU,
// an output without bias on top of the mean target, squared error, Adam with a step of
// 1e-3 and a penalty of 1e-4. The number of steps is ours.
const (
	mlpHidden, mlpLayers = 400, 3
	mlpRate, mlpDecay    = 1e-3, 1e-4
	mlpSteps, mlpBatch   = 500, 32
)

// mlp is a reference to compare with, not a model for searches.
type mlp struct {
	features predictor.Features
	seed     uint64
	steps    int // of Adam
	layers   []*mlpLayer
	scale    struct{ mean, std float64 }
	std      float64 // of what is left on the examples
}

// mlpLayer is a linear layer: y = x W + b.
type mlpLayer struct {
	w, b    *mat.Dense // [in][out], [1][out]
	moments [2][2]*mat.Dense
	in      *mat.Dense // of the latest pass
}

func newLayer(in, out int, r *rand.Rand) *mlpLayer {
	l := &mlpLayer{w: mat.NewDense(in, out, nil), b: mat.NewDense(1, out, nil)}
	bound := 1 / math.Sqrt(float64(in)) // PyTorch's default
	for _, m := range []*mat.Dense{l.w, l.b} {
		for i, d := 0, m.RawMatrix().Data; i < len(d); i++ {
			d[i] = bound * (2*r.Float64() - 1)
		}
	}
	for k, m := range []*mat.Dense{l.w, l.b} {
		rows, cols := m.Dims()
		l.moments[k] = [2]*mat.Dense{mat.NewDense(rows, cols, nil), mat.NewDense(rows, cols, nil)}
	}
	return l
}

// Fit implements predictor.Predictor; it wants at least 2 examples.
func (p *mlp) Fit(archs []space.Arch, y []float64) error {
	if len(archs) < 2 || len(archs) != len(y) {
		return fmt.Errorf("mlp: %d architectures with %d values; want one value for each, at least 2", len(archs), len(y))
	}
	r := rand.New(rand.NewPCG(p.seed, 0))
	x := p.encode(archs)
	_, in := x.Dims()
	p.layers = nil
	for range mlpLayers {
		p.layers, in = append(p.layers, newLayer(in, mlpHidden, r)), mlpHidden
	}
	last := newLayer(in, 1, r)
	last.b.Zero()
	p.layers = append(p.layers, last)
	p.scale.mean, p.scale.std = meanStd(y)
	var order []int
	for step := range p.steps {
		if len(order) == 0 {
			order = r.Perm(len(y))
		}
		at := order[:min(mlpBatch, len(order))]
		order = order[len(at):]
		batch, target := mat.NewDense(len(at), x.RawMatrix().Cols, nil), make([]float64, len(at))
		for k, i := range at {
			batch.SetRow(k, x.RawRowView(i))
			target[k] = (y[i] - p.scale.mean) / p.scale.std
		}
		p.step(batch, target, step+1)
	}
	mean, _ := p.Predict(archs)
	var sq float64
	for i, v := range mean {
		sq += (v - y[i]) * (v - y[i]) / float64(len(y))
	}
	p.std = math.Sqrt(sq)
	return nil
}

func meanStd(v []float64) (mean, std float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	if std = spreadOf(v); std == 0 {
		std = 1
	}
	return mean, std
}

func (p *mlp) encode(archs []space.Arch) *mat.Dense {
	var out *mat.Dense
	for i, a := range archs {
		f := p.features(a)
		if out == nil {
			out = mat.NewDense(len(archs), len(f), nil)
		}
		out.SetRow(i, f)
	}
	return out
}

// forward returns the outputs and keeps the inputs of each layer.
func (p *mlp) forward(x *mat.Dense) *mat.Dense {
	for k, l := range p.layers {
		l.in = x
		var y mat.Dense
		y.Mul(x, l.w)
		relu := k < len(p.layers)-1
		y.Apply(func(_, j int, v float64) float64 {
			if v += l.b.At(0, j); relu {
				v = max(v, 0)
			}
			return v
		}, &y)
		x = &y
	}
	return x
}

// gradients sets the gradients of the mean squared error and calls do with each parameter.
func (p *mlp) gradients(x *mat.Dense, target []float64, do func(l *mlpLayer, k int, m, grad *mat.Dense)) {
	out := p.forward(x)
	g := mat.NewDense(len(target), 1, nil)
	for i, t := range target {
		g.Set(i, 0, 2*(out.At(i, 0)-t)/float64(len(target)))
	}
	for k := len(p.layers) - 1; k >= 0; k-- {
		l := p.layers[k]
		var gw, gx mat.Dense
		gw.Mul(l.in.T(), g)
		_, cols := g.Dims()
		gb := mat.NewDense(1, cols, nil)
		for j := range cols {
			gb.Set(0, j, mat.Sum(g.ColView(j)))
		}
		if k > 0 {
			gx.Mul(g, l.w.T())
			gx.Apply(func(i, j int, v float64) float64 {
				if l.in.At(i, j) <= 0 {
					return 0
				}
				return v
			}, &gx)
		}
		do(l, 0, l.w, &gw)
		if k < len(p.layers)-1 {
			do(l, 1, l.b, gb)
		}
		g = &gx
	}
}

// step is one step of Adam.
func (p *mlp) step(x *mat.Dense, target []float64, t int) {
	const b1, b2, eps = 0.9, 0.999, 1e-8
	c1, c2 := 1-math.Pow(b1, float64(t)), 1-math.Pow(b2, float64(t))
	p.gradients(x, target, func(l *mlpLayer, k int, m, grad *mat.Dense) {
		w, g := m.RawMatrix().Data, grad.RawMatrix().Data
		first, second := l.moments[k][0].RawMatrix().Data, l.moments[k][1].RawMatrix().Data
		for i := range w {
			d := g[i] + mlpDecay*w[i]
			first[i] = b1*first[i] + (1-b1)*d
			second[i] = b2*second[i] + (1-b2)*d*d
			w[i] -= mlpRate * first[i] / c1 / (math.Sqrt(second[i]/c2) + eps)
		}
	})
}

// Predict implements predictor.Predictor; the deviation is that on the examples.
func (p *mlp) Predict(archs []space.Arch) (mean, std []float64) {
	mean, std = make([]float64, len(archs)), make([]float64, len(archs))
	const batch = 512
	for lo := 0; lo < len(archs); lo += batch {
		hi := min(lo+batch, len(archs))
		out := p.forward(p.encode(archs[lo:hi]))
		for i := range hi - lo {
			mean[lo+i], std[lo+i] = p.scale.mean+p.scale.std*out.At(i, 0), p.std
		}
	}
	return mean, std
}
