package ops_test

import (
	"strings"

	"github.com/espalier-nas/espalier/ops"
)

func (g *golden) optimizer(*ops.Exec) {
	rows, cols := g.shape("w0")[0], g.shape("w0")[1]
	w := g.load(ops.NewDense("w", rows, cols, 1, 1, 1), "w0")
	var o ops.Optimizer
	switch p := g.Params; p.Kind {
	case "sgd":
		o = ops.NewSGD([]*ops.Param{w}, ops.SGDConfig{Momentum: p.Momentum, WeightDecay: p.WeightDecay, Nesterov: p.Nesterov})
	case "adam", "adamw":
		o = ops.NewAdam([]*ops.Param{w}, ops.AdamConfig{Beta1: p.Beta1, Beta2: p.Beta2, Eps: p.Eps, WeightDecay: p.WeightDecay, Decoupled: p.Kind == "adamw"})
	default:
		g.t.Fatalf("unknown kind %q", p.Kind)
	}
	grads, want := g.at("grads"), g.at("weights")
	for size := rows * cols; len(grads) > 0; grads, want = grads[size:], want[size:] {
		w.All().AddGrad(grads[:size])
		o.Step(g.Params.LR)
		near(g.t, "weights", w.ExportOIHW(nil), want[:size], exactTol)
	}
}

// trajectory trains a small residual network for some steps.
func (g *golden) trajectory(e *ops.Exec) {
	n := g.residualNet()
	o := ops.NewSGD(n.params, ops.SGDConfig{Momentum: g.Params.Momentum, WeightDecay: g.Params.WeightDecay, Nesterov: g.Params.Nesterov})
	s := g.shape("x")
	steps, batch, size := s[0], s[1], s[1]*s[2]*s[3]*s[4]
	xs, labels, losses := g.at("x"), g.at("labels"), make([]float32, steps)
	at := func(i int) *ops.Tensor {
		return variable(e, batch, s[3], s[4], s[2], nhwc(xs[i*size:][:size], batch, s[2], s[3], s[4]))
	}
	for i := range steps {
		e.Begin(true)
		var l []int32
		for _, v := range labels[i*batch:][:batch] {
			l = append(l, int32(v))
		}
		losses[i] = float32(ops.CrossEntropy(e, n.forward(e, at(i), ops.NormBatch), l, 0))
		e.Backward()
		o.Step(g.Params.LR)
	}
	g.flat("losses", losses, trajectoryTol)
	for _, p := range n.params {
		g.flat("final."+p.Name, p.ExportOIHW(nil), trajectoryTol)
	}
	for name, st := range n.stats {
		g.flat("final."+name+".running_mean", st.Mean, trajectoryTol)
		g.flat("final."+name+".running_var", st.Var, trajectoryTol)
	}
	e.Begin(false)
	g.check("logits_eval", n.forward(e, at(0), ops.NormRunning).Data, trajectoryTol)
}

// trajectoryTol allows for rounding that training steps magnify.
const trajectoryTol = 5e-5

// residualNet is conv1-bn1-relu, conv2(stride 2)-bn2-relu, a residual block of
// depthwise-bn3-hardswish-pointwise-bn4, mean and a linear layer.
type residualNet struct {
	params []*ops.Param
	byName map[string]*ops.Param
	stats  map[string]*ops.Stats
}

func (g *golden) residualNet() *residualNet {
	n := &residualNet{byName: map[string]*ops.Param{}, stats: map[string]*ops.Stats{}}
	for _, name := range []string{
		"conv1.weight", "bn1.weight", "bn1.bias", "conv2.weight", "bn2.weight", "bn2.bias", "dw.weight", "bn3.weight", "bn3.bias",
		"pw.weight", "bn4.weight", "bn4.bias", "fc.weight", "fc.bias",
	} {
		s := append(append([]int(nil), g.shape("init."+name)...), 1, 1)
		p := ops.NewVector(name, s[0])
		switch {
		case name == "dw.weight":
			p = ops.NewDepthwise(name, s[0], s[2], s[2])
		case strings.HasSuffix(name, ".weight") && !strings.HasPrefix(name, "bn"):
			p = ops.NewDense(name, s[0], s[1], s[2], s[2], 1)
		}
		p.Decay = true
		g.load(p, "init."+name)
		n.params, n.byName[name] = append(n.params, p), p
	}
	for _, name := range []string{"bn1", "bn2", "bn3", "bn4"} {
		st := ops.NewStats(n.byName[name+".weight"].OutC)
		copy(st.Mean, g.at("init."+name+".running_mean"))
		copy(st.Var, g.at("init."+name+".running_var"))
		n.stats[name] = st
	}
	return n
}

func (n *residualNet) forward(e *ops.Exec, x *ops.Tensor, mode ops.NormMode) *ops.Tensor {
	conv := func(x *ops.Tensor, name string, stride int) *ops.Tensor {
		p := n.byName[name+".weight"]
		return ops.Conv(e, x, ops.ConvSpec{W: p.All(), S: stride, PadH: p.KH / 2, PadW: p.KW / 2})
	}
	norm := func(x *ops.Tensor, name string, act ops.Act) *ops.Tensor {
		return ops.BatchNorm(e, x, ops.NormSpec{Gamma: n.byName[name+".weight"], Beta: n.byName[name+".bias"], C: x.C, Eps: 1e-5, Act: act, Stats: n.stats[name], Mode: mode})
	}
	x = norm(conv(x, "conv1", 1), "bn1", ops.ReLU)
	x = norm(conv(x, "conv2", 2), "bn2", ops.ReLU)
	r := norm(conv(x, "dw", 1), "bn3", ops.HardSwish)
	r = norm(conv(r, "pw", 1), "bn4", ops.NoAct)
	x = ops.Add(e, ops.NoAct, []*ops.Tensor{x, r})
	return ops.Linear(e, ops.GlobalAvgPool(e, x), n.byName["fc.weight"].All(), n.byName["fc.bias"])
}
