package ops_test

import (
	"github.com/espalier-nas/espalier/ops"
)

// Tolerances, relative to the largest value of a tensor: a float32 rounding is
// 6e-8, and sums of up to some thousand products grow with the square root of
// their number.
const (
	exactTol = 3e-7 // element-wise
	sumTol   = 2e-6 // sums and products
	winoTol  = 1e-5 // the same by Winograd's algorithm, whose transforms cancel large terms
)

func (g *golden) conv(e *ops.Exec) {
	e.Begin(true)
	p := g.Params
	s := ops.ConvSpec{S: p.Stride, PadH: p.Pad, PadW: p.Pad, Dil: p.Dilation}
	if o, _, k, _ := g.dims("w"); p.Groups > 1 && p.Groups == o && g.shape("x")[1] == o {
		s.W = g.load(ops.NewDepthwise("w", o, k, k), "w").All()
	} else {
		s.W = g.dense("w", p.Groups).All()
	}
	if _, ok := g.Tensors["b"]; ok {
		s.Bias = g.vector("b")
	}
	x := g.input(e, "x")
	tol := sumTol
	if s.W.P.G == 1 && p.Stride == 1 && p.Dilation == 1 && (s.W.KH == 3 || s.W.KH == 5) {
		tol = winoTol
	}
	y := ops.Conv(e, x, s)
	g.check("y", y.Data, tol)
	y.SetGrad(g.image("dy"))
	e.Backward()
	g.check("dx", x.Grad, tol)
	g.grad("dw", s.W.P, tol)
	if s.Bias != nil {
		g.grad("db", s.Bias, sumTol)
	}
}

func (g *golden) pool(e *ops.Exec) {
	e.Begin(true)
	x, p := g.input(e, "x"), g.Params
	s := ops.PoolSpec{KH: p.Kernel, KW: p.Kernel, S: p.Stride, PadH: p.Pad, PadW: p.Pad}
	var y *ops.Tensor
	switch p.Kind {
	case "max":
		y = ops.MaxPool(e, x, s)
	case "avg_exclude_pad", "avg_include_pad":
		y = ops.AvgPool(e, x, s, p.Kind == "avg_include_pad")
	default:
		g.t.Fatalf("unknown kind %q", p.Kind)
	}
	g.check("y", y.Data, exactTol)
	y.SetGrad(g.image("dy"))
	e.Backward()
	g.check("dx", x.Grad, exactTol)
}

func (g *golden) activation(e *ops.Exec) {
	act, err := ops.ParseAct(g.Params.Fn)
	if err != nil {
		g.t.Fatal(err)
	}
	e.Begin(true)
	x := g.input(e, "x")
	y := ops.Activate(e, x, act)
	g.check("y", y.Data, exactTol)
	y.SetGrad(g.image("dy"))
	e.Backward()
	g.check("dx", x.Grad, exactTol)
}

func (g *golden) batchNorm(e *ops.Exec) {
	c := g.shape("x")[1]
	stats := ops.NewStats(c)
	copy(stats.Mean, g.at("running_mean"))
	copy(stats.Var, g.at("running_var"))
	s := ops.NormSpec{Gamma: g.vector("gamma"), Beta: g.vector("beta"), C: c, Eps: float32(g.Params.Eps), Momentum: float32(g.Params.Momentum), Stats: stats}
	e.Begin(false)
	s.Mode = ops.NormRunning
	g.check("y_eval", ops.BatchNorm(e, g.input(e, "x"), s).Data, sumTol)
	e.Begin(true)
	s.Mode = ops.NormBatch
	x := g.input(e, "x")
	y := ops.BatchNorm(e, x, s)
	g.check("y", y.Data, sumTol)
	y.SetGrad(g.image("dy"))
	e.Backward()
	g.check("dx", x.Grad, sumTol)
	g.grad("dgamma", s.Gamma, sumTol)
	g.grad("dbeta", s.Beta, sumTol)
	g.flat("new_running_mean", stats.Mean, exactTol)
	g.flat("new_running_var", stats.Var, exactTol)
}

func (g *golden) globalAvgPool(e *ops.Exec) {
	e.Begin(true)
	x := g.input(e, "x")
	y := ops.GlobalAvgPool(e, x)
	g.check("y", y.Data, sumTol)
	y.SetGrad(g.image("dy"))
	e.Backward()
	g.check("dx", x.Grad, exactTol)
}

func (g *golden) squeezeExcite(e *ops.Exec) {
	e.Begin(true)
	x := g.input(e, "x")
	s := ops.SESpec{
		Reduce: g.dense("w1", 1).All(), ReduceBias: g.vector("b1"), Act: ops.ReLU,
		Expand: g.dense("w2", 1).All(), ExpandBias: g.vector("b2"), Gate: ops.HardSigmoid,
	}
	y := ops.SqueezeExcite(e, x, s)
	g.check("y", y.Data, sumTol)
	y.SetGrad(g.image("dy"))
	e.Backward()
	g.check("dx", x.Grad, sumTol)
	g.grad("dw1", s.Reduce.P, sumTol)
	g.grad("db1", s.ReduceBias, sumTol)
	g.grad("dw2", s.Expand.P, sumTol)
	g.grad("db2", s.ExpandBias, sumTol)
}

func (g *golden) linear(e *ops.Exec) {
	e.Begin(true)
	x, w, b := g.input(e, "x"), g.dense("w", 1), g.vector("b")
	y := ops.Linear(e, x, w.All(), b)
	g.check("y", y.Data, sumTol)
	y.SetGrad(g.image("dy"))
	e.Backward()
	g.check("dx", x.Grad, sumTol)
	g.grad("dw", w, sumTol)
	g.grad("db", b, sumTol)
}

func (g *golden) crossEntropy(e *ops.Exec) {
	labels := make([]int32, 0, 8)
	for _, v := range g.at("labels") {
		labels = append(labels, int32(v))
	}
	e.Begin(true)
	x := g.input(e, "logits")
	loss := ops.CrossEntropy(e, x, labels, g.Params.LabelSmoothing)
	g.flat("loss", []float32{float32(loss)}, exactTol)
	g.check("dlogits", x.Grad, exactTol)
}

func (g *golden) softCrossEntropy(e *ops.Exec) {
	e.Begin(true)
	x := g.input(e, "logits")
	loss := ops.SoftCrossEntropy(e, x, g.at("teacher_logits"))
	g.flat("loss", []float32{float32(loss)}, exactTol)
	g.check("dlogits", x.Grad, exactTol)
}

func (g *golden) lstmCell(e *ops.Exec) {
	if g.Params.GateOrder != "ifgo" {
		g.t.Fatalf("unknown gate order %q", g.Params.GateOrder)
	}
	e.Begin(true)
	x, h, c := g.input(e, "x"), g.input(e, "h0"), g.input(e, "c0")
	wi, wh := g.dense("w_ih", 1), g.dense("w_hh", 1)
	s := ops.LSTMSpec{Input: wi.All(), Hidden: wh.All()}
	if _, ok := g.Tensors["b_ih"]; ok {
		s.InputBias, s.HiddenBias = g.vector("b_ih"), g.vector("b_hh")
	}
	h1, c1 := ops.LSTMCell(e, x, h, c, s)
	g.check("h1", h1.Data, sumTol)
	g.check("c1", c1.Data, sumTol)
	h1.SetGrad(g.image("dh"))
	c1.SetGrad(g.image("dc"))
	e.Backward()
	g.check("dx", x.Grad, sumTol)
	g.check("dh0", h.Grad, sumTol)
	g.check("dc0", c.Grad, sumTol)
	g.grad("dw_ih", wi, sumTol)
	g.grad("dw_hh", wh, sumTol)
	if s.InputBias != nil {
		g.grad("db_ih", s.InputBias, sumTol)
		g.grad("db_hh", s.HiddenBias, sumTol)
	}
}

func (g *golden) kernelTransform(e *ops.Exec) {
	c := g.shape("w7")[0]
	w7 := g.load(ops.NewDepthwise("w7", c, 7, 7), "w7")
	m5, m3 := g.dense("m5", 1), g.dense("m3", 1)
	matrices := []*ops.Param{m5, m3}
	e.Begin(true)
	x := g.input(e, "x")
	five := ops.KernelTransform(e, ops.Window{P: w7, OutC: c, KH: 5, KW: 5, InC: c}, matrices)
	g.flat("w5", five.Export(nil), sumTol)
	three := ops.KernelTransform(e, ops.Window{P: w7, OutC: c, KH: 3, KW: 3, InC: c}, matrices)
	g.flat("w3", three.Export(nil), sumTol)
	y := ops.Conv(e, x, ops.ConvSpec{W: three, S: 1, PadH: 1, PadW: 1})
	g.check("y", y.Data, sumTol)
	y.SetGrad(g.image("dy"))
	e.Backward()
	g.check("dx", x.Grad, sumTol)
	g.grad("dw7", w7, sumTol)
	g.grad("dm5", m5, sumTol)
	g.grad("dm3", m3, sumTol)
}
