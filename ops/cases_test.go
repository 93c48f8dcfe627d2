package ops_test

import (
	"math/rand/v2"

	"github.com/espalier-nas/espalier/ops"
)

// opCase is one operation at one shape. The gradient check, the comparison of
// kernel sets and of worker counts, and the benchmark all run it.
type opCase struct {
	name   string
	in     [][4]int // N, H, W, C of the inputs
	params []*ops.Param
	f      func(e *ops.Exec, x []*ops.Tensor, p []*ops.Param) ([]*ops.Tensor, float64) // outputs, and a loss if there is one
	tol    float64                                                                     // of the gradient check, relative
	flops  float64                                                                     // forward, where they mean something
}

// Tolerances of gradient checks. A kink within the step spoils the difference
// of that element, so kinked cases use a smaller step and lose digits to both.
const (
	smooth = 1e-3
	kinked = 2e-2
)

// one wraps an output without a loss.
func one(t *ops.Tensor) ([]*ops.Tensor, float64) { return []*ops.Tensor{t}, 0 }

// opCases returns the table. Parameters are fresh, random and larger than
// their windows where the name says so.
func opCases() []opCase {
	r := rand.New(rand.NewPCG(7, 7))
	var all []opCase
	for _, cases := range [][]opCase{convCases(), normCases(), actCases(), poolCases(), joinCases(), lossCases(), cellCases(), rectangleCases()} {
		all = append(all, cases...)
	}
	for _, c := range all {
		for _, p := range c.params {
			ops.InitUniform(p, 1, r)
		}
	}
	return all
}

func convCase(name string, in [4]int, w *ops.Param, bias *ops.Param, outC, kh, kw, inC int, s ops.ConvSpec) opCase {
	params := []*ops.Param{w}
	if bias != nil {
		params = append(params, bias)
	}
	oh, ow := (in[1]+2*s.PadH-max(1, s.Dil)*(kh-1)-1)/s.S+1, (in[2]+2*s.PadW-max(1, s.Dil)*(kw-1)-1)/s.S+1
	depth := inC / w.G
	if w.Layout == ops.DepthwiseLayout {
		depth = 1
	}
	c := opCase{name: "conv " + name, in: [][4]int{in}, params: params, tol: smooth, flops: 2 * float64(in[0]*oh*ow*outC*depth*kh*kw)}
	if s.Act == ops.ReLU {
		c.tol = kinked
	}
	c.f = func(e *ops.Exec, x []*ops.Tensor, p []*ops.Param) ([]*ops.Tensor, float64) {
		s := s
		s.W = ops.Window{P: p[0], OutC: outC, KH: kh, KW: kw, InC: inC}
		if len(p) > 1 {
			s.Bias = p[1]
		}
		return one(ops.Conv(e, x[0], s))
	}
	return c
}

func convCases() []opCase {
	type p = []*ops.Param
	type shape = [][4]int
	return []opCase{
		convCase("3x3", [4]int{2, 9, 7, 16}, ops.NewDense("w", 32, 16, 3, 3, 1), nil, 32, 3, 3, 16, ops.ConvSpec{S: 1, PadH: 1, PadW: 1}),
		convCase("3x3 stride 2 of a larger weight, bias, relu", [4]int{2, 9, 8, 12}, ops.NewDense("w", 40, 20, 5, 5, 1), ops.NewVector("b", 40), 24, 3, 3, 12, ops.ConvSpec{S: 2, PadH: 1, PadW: 1, Act: ops.ReLU}),
		convCase("1x1 odd channels, bias", [4]int{3, 5, 4, 13}, ops.NewDense("w", 21, 13, 1, 1, 1), ops.NewVector("b", 21), 21, 1, 1, 13, ops.ConvSpec{S: 1}),
		convCase("3x3 dilated", [4]int{1, 9, 9, 8}, ops.NewDense("w", 8, 8, 3, 3, 1), nil, 8, 3, 3, 8, ops.ConvSpec{S: 1, PadH: 2, PadW: 2, Dil: 2}),
		convCase("3x3 in 4 groups", [4]int{2, 6, 6, 16}, ops.NewDense("w", 24, 16, 3, 3, 4), nil, 24, 3, 3, 16, ops.ConvSpec{S: 1, PadH: 1, PadW: 1}),
		convCase("depthwise 5x5 of a larger filter", [4]int{2, 8, 9, 24}, ops.NewDepthwise("w", 40, 7, 7), nil, 24, 5, 5, 24, ops.ConvSpec{S: 1, PadH: 2, PadW: 2}),
		convCase("depthwise 3x3 stride 2, silu", [4]int{2, 8, 9, 19}, ops.NewDepthwise("w", 19, 3, 3), nil, 19, 3, 3, 19, ops.ConvSpec{S: 2, PadH: 1, PadW: 1, Act: ops.SiLU}),
		{
			name: "linear of a larger weight", in: shape{{5, 2, 3, 7}}, params: p{ops.NewDense("w", 12, 60, 1, 1, 1), ops.NewVector("b", 12)}, tol: smooth, flops: 2 * 5 * 42 * 10,
			f: func(e *ops.Exec, x []*ops.Tensor, p []*ops.Param) ([]*ops.Tensor, float64) {
				return one(ops.Linear(e, x[0], ops.Window{P: p[0], OutC: 10, KH: 1, KW: 1, InC: 42}, p[1]))
			},
		},
	}
}

// rectangleCases come last, so that the parameters of the others stay as they were drawn.
func rectangleCases() []opCase {
	pool := func(name string, in [4]int, tol float64, f func(e *ops.Exec, x *ops.Tensor) *ops.Tensor) opCase {
		return opCase{name: "pool " + name, in: [][4]int{in}, tol: tol, f: func(e *ops.Exec, x []*ops.Tensor, _ []*ops.Param) ([]*ops.Tensor, float64) {
			return one(f(e, x[0]))
		}}
	}
	return []opCase{
		convCase("3x1 dilated, of a larger square weight", [4]int{2, 9, 4, 13}, ops.NewDense("w", 21, 20, 5, 5, 1), nil, 20, 3, 1, 13, ops.ConvSpec{S: 1, PadH: 2, Dil: 2}),
		convCase("1x5 stride 2 of one row, bias", [4]int{2, 1, 17, 8}, ops.NewDense("w", 18, 8, 1, 7, 1), ops.NewVector("b", 18), 18, 1, 5, 8, ops.ConvSpec{S: 2, PadW: 2}),
		convCase("1x3 in 2 groups", [4]int{2, 3, 7, 6}, ops.NewDense("w", 10, 6, 1, 3, 2), nil, 10, 1, 3, 6, ops.ConvSpec{S: 1, PadW: 1}),
		convCase("depthwise 7x1 of a larger filter, stride 2", [4]int{2, 14, 3, 19}, ops.NewDepthwise("w", 24, 9, 1), nil, 19, 7, 1, 19, ops.ConvSpec{S: 2, PadH: 3}),
		convCase("depthwise 1x3 dilated", [4]int{2, 2, 9, 19}, ops.NewDepthwise("w", 19, 1, 3), nil, 19, 1, 3, 19, ops.ConvSpec{S: 1, PadW: 2, Dil: 2}),
		pool("max 1x3 stride 2", [4]int{2, 1, 8, 21}, kinked, func(e *ops.Exec, x *ops.Tensor) *ops.Tensor {
			return ops.MaxPool(e, x, ops.PoolSpec{KH: 1, KW: 3, S: 2, PadW: 1})
		}),
		pool("mean 5x2", [4]int{2, 7, 8, 19}, smooth, func(e *ops.Exec, x *ops.Tensor) *ops.Tensor {
			return ops.AvgPool(e, x, ops.PoolSpec{KH: 5, KW: 2, S: 1, PadH: 2}, true)
		}),
	}
}

func normCases() []opCase {
	var cases []opCase
	norm := func(name string, in [4]int, act ops.Act, mode ops.NormMode, tol float64) {
		stats := ops.NewStats(in[3])
		for i := range stats.Mean {
			stats.Mean[i], stats.Var[i] = 0.1*float32(i%5), 0.5+0.1*float32(i%7)
		}
		cases = append(cases, opCase{
			name: "norm " + name, in: [][4]int{in}, tol: tol,
			params: []*ops.Param{ops.NewVector("gamma", in[3]+3), ops.NewVector("beta", in[3]+3)},
			f: func(e *ops.Exec, x []*ops.Tensor, p []*ops.Param) ([]*ops.Tensor, float64) {
				s := ops.NormSpec{Gamma: p[0], Beta: p[1], C: in[3], Eps: 1e-3, Act: act, Mode: mode}
				if mode == ops.NormRunning {
					s.Stats = stats
				}
				return one(ops.BatchNorm(e, x[0], s))
			},
		})
	}
	norm("16", [4]int{4, 5, 6, 16}, ops.NoAct, ops.NormBatch, smooth)
	norm("24, relu", [4]int{3, 7, 5, 24}, ops.ReLU, ops.NormBatch, kinked)
	norm("37, relu6", [4]int{3, 7, 5, 37}, ops.ReLU6, ops.NormBatch, kinked)
	norm("3, hardswish", [4]int{2, 9, 9, 3}, ops.HardSwish, ops.NormBatch, kinked)
	norm("40, hardsigmoid", [4]int{2, 6, 7, 40}, ops.HardSigmoid, ops.NormBatch, kinked)
	norm("32, silu", [4]int{2, 6, 7, 32}, ops.SiLU, ops.NormBatch, smooth)
	norm("20, running, relu", [4]int{2, 6, 7, 20}, ops.ReLU, ops.NormRunning, kinked)
	norm("64, many pixels, relu", [4]int{8, 28, 28, 64}, ops.ReLU, ops.NormBatch, kinked)
	return cases
}

func actCases() []opCase {
	var cases []opCase
	for act := ops.ReLU; act <= ops.GELU; act++ {
		tol := smooth
		if act <= ops.HardSigmoid {
			tol = kinked
		}
		cases = append(cases, opCase{
			name: "act " + ops.ActName(act), in: [][4]int{{3, 5, 5, 29}}, tol: tol,
			f: func(e *ops.Exec, x []*ops.Tensor, _ []*ops.Param) ([]*ops.Tensor, float64) {
				return one(ops.Activate(e, x[0], act))
			},
		})
	}
	return cases
}

func poolCases() []opCase {
	pool := func(name string, in [4]int, tol float64, f func(e *ops.Exec, x *ops.Tensor) *ops.Tensor) opCase {
		return opCase{name: "pool " + name, in: [][4]int{in}, tol: tol, f: func(e *ops.Exec, x []*ops.Tensor, _ []*ops.Param) ([]*ops.Tensor, float64) {
			return one(f(e, x[0]))
		}}
	}
	return []opCase{
		pool("max 3x3", [4]int{2, 7, 8, 16}, kinked, func(e *ops.Exec, x *ops.Tensor) *ops.Tensor {
			return ops.MaxPool(e, x, ops.PoolSpec{KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1})
		}),
		pool("max 3x3 stride 2, odd channels", [4]int{2, 8, 7, 21}, kinked, func(e *ops.Exec, x *ops.Tensor) *ops.Tensor {
			return ops.MaxPool(e, x, ops.PoolSpec{KH: 3, KW: 3, S: 2, PadH: 1, PadW: 1})
		}),
		pool("max 2x2 stride 2", [4]int{2, 7, 8, 40}, kinked, func(e *ops.Exec, x *ops.Tensor) *ops.Tensor {
			return ops.MaxPool(e, x, ops.PoolSpec{KH: 2, KW: 2, S: 2, PadH: 0, PadW: 0})
		}),
		pool("mean 3x3", [4]int{2, 7, 8, 19}, smooth, func(e *ops.Exec, x *ops.Tensor) *ops.Tensor {
			return ops.AvgPool(e, x, ops.PoolSpec{KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1}, false)
		}),
		pool("mean 3x3 stride 2 with padding", [4]int{2, 7, 8, 32}, smooth, func(e *ops.Exec, x *ops.Tensor) *ops.Tensor {
			return ops.AvgPool(e, x, ops.PoolSpec{KH: 3, KW: 3, S: 2, PadH: 1, PadW: 1}, true)
		}),
		pool("mean 5x5 stride 3", [4]int{1, 4, 2, 8}, smooth, func(e *ops.Exec, x *ops.Tensor) *ops.Tensor {
			return ops.AvgPool(e, x, ops.PoolSpec{KH: 5, KW: 5, S: 3, PadH: 2, PadW: 2}, false)
		}),
		pool("mean of all", [4]int{3, 7, 5, 24}, smooth, ops.GlobalAvgPool),
	}
}

func joinCases() []opCase {
	return []opCase{
		{name: "add 2", in: [][4]int{{2, 5, 5, 12}, {2, 5, 5, 12}}, tol: smooth, f: func(e *ops.Exec, x []*ops.Tensor, _ []*ops.Param) ([]*ops.Tensor, float64) {
			return one(ops.Add(e, ops.NoAct, x))
		}},
		{name: "add 3, one twice, relu", in: [][4]int{{2, 5, 5, 12}, {2, 5, 5, 12}}, tol: kinked, f: func(e *ops.Exec, x []*ops.Tensor, _ []*ops.Param) ([]*ops.Tensor, float64) {
			return one(ops.Add(e, ops.ReLU, []*ops.Tensor{x[0], x[1], x[0]}))
		}},
		{name: "scale", in: [][4]int{{3, 5, 5, 21}, {3, 1, 1, 21}}, tol: smooth, f: func(e *ops.Exec, x []*ops.Tensor, _ []*ops.Param) ([]*ops.Tensor, float64) {
			return one(ops.Scale(e, x[0], x[1]))
		}},
		{
			name: "squeeze and excite", in: [][4]int{{3, 5, 5, 24}}, tol: kinked,
			params: []*ops.Param{ops.NewDense("w1", 8, 24, 1, 1, 1), ops.NewVector("b1", 8), ops.NewDense("w2", 24, 8, 1, 1, 1), ops.NewVector("b2", 24)},
			f: func(e *ops.Exec, x []*ops.Tensor, p []*ops.Param) ([]*ops.Tensor, float64) {
				return one(ops.SqueezeExcite(e, x[0], ops.SESpec{Reduce: p[0].All(), ReduceBias: p[1], Expand: p[2].All(), ExpandBias: p[3], Act: ops.ReLU, Gate: ops.HardSigmoid}))
			},
		},
		{
			name: "one tensor in many places", in: [][4]int{{2, 6, 6, 16}}, tol: kinked, params: []*ops.Param{ops.NewDense("w", 16, 16, 1, 1, 1), ops.NewVector("g", 16), ops.NewVector("b", 16)},
			f: func(e *ops.Exec, x []*ops.Tensor, p []*ops.Param) ([]*ops.Tensor, float64) {
				y := x[0]
				return one(ops.Add(e, ops.NoAct, []*ops.Tensor{
					y, ops.Conv(e, y, ops.ConvSpec{W: p[0].All(), S: 1}), ops.MaxPool(e, y, ops.PoolSpec{KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1}), ops.AvgPool(e, y, ops.PoolSpec{KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1}, false), ops.Activate(e, y, ops.HardSwish),
					ops.BatchNorm(e, y, ops.NormSpec{Gamma: p[1], Beta: p[2], C: 16, Eps: 1e-5}), ops.Scale(e, y, ops.GlobalAvgPool(e, y)),
				}))
			},
		},
	}
}

func lossCases() []opCase {
	labels := []int32{3, 0, 9, 3, 7, 1}
	teacher := make([]float32, 60)
	for i := range teacher {
		teacher[i] = float32(i*i%17)/5 - 1
	}
	return []opCase{
		{name: "cross entropy", in: [][4]int{{6, 1, 1, 10}}, tol: smooth, f: func(e *ops.Exec, x []*ops.Tensor, _ []*ops.Param) ([]*ops.Tensor, float64) {
			return nil, ops.CrossEntropy(e, x[0], labels, 0.1)
		}},
		{name: "soft cross entropy", in: [][4]int{{6, 1, 1, 10}}, tol: smooth, f: func(e *ops.Exec, x []*ops.Tensor, _ []*ops.Param) ([]*ops.Tensor, float64) {
			return nil, ops.SoftCrossEntropy(e, x[0], teacher)
		}},
		{name: "mixed cross entropy", in: [][4]int{{6, 1, 1, 10}}, tol: smooth, f: func(e *ops.Exec, x []*ops.Tensor, _ []*ops.Param) ([]*ops.Tensor, float64) {
			return nil, ops.MixedCrossEntropy(e, x[0], labels, 0.1, teacher, 0.3)
		}},
		{name: "two losses", in: [][4]int{{6, 1, 1, 10}}, tol: smooth, f: func(e *ops.Exec, x []*ops.Tensor, _ []*ops.Param) ([]*ops.Tensor, float64) {
			return nil, ops.CrossEntropy(e, x[0], labels, 0) + ops.SoftCrossEntropy(e, x[0], teacher)
		}},
	}
}

func cellCases() []opCase {
	return []opCase{
		{
			name: "lstm", in: [][4]int{{3, 1, 1, 9}, {3, 1, 1, 5}, {3, 1, 1, 5}}, tol: smooth,
			params: []*ops.Param{ops.NewDense("wi", 20, 9, 1, 1, 1), ops.NewDense("wh", 20, 5, 1, 1, 1), ops.NewVector("bi", 20), ops.NewVector("bh", 20)},
			f: func(e *ops.Exec, x []*ops.Tensor, p []*ops.Param) ([]*ops.Tensor, float64) {
				h, c := ops.LSTMCell(e, x[0], x[1], x[2], ops.LSTMSpec{Input: p[0].All(), Hidden: p[1].All(), InputBias: p[2], HiddenBias: p[3]})
				return []*ops.Tensor{h, c}, 0
			},
		},
		{
			name: "lstm, two steps, last hidden state", in: [][4]int{{2, 1, 1, 4}, {2, 1, 1, 6}, {2, 1, 1, 6}}, tol: smooth,
			params: []*ops.Param{ops.NewDense("wi", 24, 4, 1, 1, 1), ops.NewDense("wh", 24, 6, 1, 1, 1)},
			f: func(e *ops.Exec, x []*ops.Tensor, p []*ops.Param) ([]*ops.Tensor, float64) {
				s := ops.LSTMSpec{Input: p[0].All(), Hidden: p[1].All()}
				h, c := ops.LSTMCell(e, x[0], x[1], x[2], s)
				h, _ = ops.LSTMCell(e, x[0], h, c, s)
				return one(h)
			},
		},
		{
			name: "kernel transform", in: [][4]int{{2, 6, 6, 10}}, tol: smooth,
			params: []*ops.Param{ops.NewDepthwise("w7", 20, 7, 7), ops.NewDense("m5", 25, 25, 1, 1, 1), ops.NewDense("m3", 9, 9, 1, 1, 1)},
			f: func(e *ops.Exec, x []*ops.Tensor, p []*ops.Param) ([]*ops.Tensor, float64) {
				w := ops.KernelTransform(e, ops.Window{P: p[0], OutC: 10, KH: 3, KW: 3, InC: 10}, p[1:])
				return one(ops.Conv(e, x[0], ops.ConvSpec{W: w, S: 1, PadH: 1, PadW: 1}))
			},
		},
	}
}
