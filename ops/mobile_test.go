package ops_test

import (
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// mobile is the largest subnet of a small MobileNetV3-like space for 28 x 28
// pictures: 3x3 stem to 16; stages of inverted bottlenecks, 7x7 depthwise,
// expansion 6; 1x1 head to 480; mean; linear.
type mobile struct {
	params []*ops.Param
	convs  []mobileConv
	blocks []mobileBlock
	fc     *ops.Param
	r      *rand.Rand
}

type mobileConv struct {
	w, gamma, beta *ops.Param
	stride         int
	act            ops.Act
}

// mobileBlock is three convolutions from the first on, around which the input
// is added if the shapes allow it.
type mobileBlock struct {
	first    int
	residual bool
}

func newMobile() *mobile {
	n := &mobile{r: rand.New(rand.NewPCG(1, 1))}
	n.conv(ops.NewDense("stem", 16, 1, 3, 3, 1), 1, ops.HardSwish)
	in := 16
	for _, s := range []struct {
		blocks, out, stride int
		act                 ops.Act
	}{{2, 16, 1, ops.ReLU}, {3, 24, 2, ops.ReLU}, {3, 40, 2, ops.HardSwish}, {3, 80, 2, ops.HardSwish}, {3, 112, 1, ops.HardSwish}} {
		for i := range s.blocks {
			stride := 1
			if i == 0 {
				stride = s.stride
			}
			n.blocks = append(n.blocks, mobileBlock{len(n.convs), stride == 1 && in == s.out})
			n.conv(ops.NewDense("expand", 6*in, in, 1, 1, 1), 1, s.act)
			n.conv(ops.NewDepthwise("depthwise", 6*in, 7, 7), stride, s.act)
			n.conv(ops.NewDense("project", s.out, 6*in, 1, 1, 1), 1, ops.NoAct)
			in = s.out
		}
	}
	n.conv(ops.NewDense("head", 480, in, 1, 1, 1), 1, ops.HardSwish)
	n.fc = ops.NewDense("fc", 10, 480, 1, 1, 1)
	ops.InitHe(n.fc, n.r)
	n.params = append(n.params, n.fc)
	return n
}

func (n *mobile) conv(w *ops.Param, stride int, act ops.Act) {
	c := mobileConv{w, ops.NewVector("gamma", w.OutC), ops.NewVector("beta", w.OutC), stride, act}
	ops.InitHe(w, n.r)
	c.gamma.Fill(1)
	n.convs = append(n.convs, c)
	n.params = append(n.params, w, c.gamma, c.beta)
}

func (n *mobile) layer(e *ops.Exec, x *ops.Tensor, i int) *ops.Tensor {
	c := n.convs[i]
	x = ops.Conv(e, x, ops.ConvSpec{W: c.w.All(), S: c.stride, PadH: c.w.KH / 2, PadW: c.w.KW / 2})
	return ops.BatchNorm(e, x, ops.NormSpec{Gamma: c.gamma, Beta: c.beta, C: x.C, Eps: 1e-5, Act: c.act})
}

func (n *mobile) forward(e *ops.Exec, x *ops.Tensor) *ops.Tensor {
	x = n.layer(e, x, 0)
	for _, b := range n.blocks {
		y := x
		for i := range 3 {
			y = n.layer(e, y, b.first+i)
		}
		if b.residual {
			y = ops.Add(e, ops.NoAct, []*ops.Tensor{x, y})
		}
		x = y
	}
	x = n.layer(e, x, len(n.convs)-1)
	return ops.Linear(e, ops.GlobalAvgPool(e, x), n.fc.All(), nil)
}

// BenchmarkMobileStep times a training step of mobile at batch 64.
func BenchmarkMobileStep(b *testing.B) {
	const batch = 64
	n, e := newMobile(), newExec(b, "", 0)
	o := ops.NewSGD(n.params, ops.SGDConfig{Momentum: 0.9})
	x, labels := draw(n.r, batch*28*28), make([]int32, batch)
	step := func() {
		e.Begin(true)
		ops.CrossEntropy(e, n.forward(e, e.Input(batch, 28, 28, 1, x)), labels, 0)
		e.Backward()
		o.Step(0.01)
	}
	step() // the first two grow the memory to its final size
	step()
	for b.Loop() {
		step()
	}
	b.ReportMetric(batch*float64(b.N)/b.Elapsed().Seconds(), "images/s")
}
