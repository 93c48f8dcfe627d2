package ops_test

import (
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// TestMisuse checks that programmer errors panic with a text of ours before
// anything is computed.
func TestMisuse(t *testing.T) {
	e := newExec(t, "go", 1)
	e.Begin(true)
	x := e.New(2, 4, 4, 8)
	logits := e.New(2, 1, 1, 3)
	w := ops.NewDense("w", 16, 8, 3, 3, 1)
	v := ops.NewVector("v", 8)
	window := func(outC, k, inC int) ops.Window { return ops.Window{P: w, OutC: outC, KH: k, KW: k, InC: inC} }
	for name, f := range map[string]func(){
		"Input":                        func() { e.Input(1, 2, 2, 1, make([]float32, 3)) },
		"Mark":                         func() { e.Mark() },
		"SetGrad":                      func() { x.SetGrad(make([]float32, 1)) },
		"NewDense groups":              func() { ops.NewDense("", 6, 4, 1, 1, 4) },
		"NewDense depthwise":           func() { ops.NewDense("", 4, 4, 3, 3, 4) },
		"NewDepthwise":                 func() { ops.NewDepthwise("", 4, 0, 0) },
		"NewVector":                    func() { ops.NewVector("", 0) },
		"Conv too many outputs":        func() { ops.Conv(e, x, ops.ConvSpec{W: window(17, 3, 8), S: 1, PadH: 1, PadW: 1}) },
		"Conv kernel of other parity":  func() { ops.Conv(e, x, ops.ConvSpec{W: window(16, 2, 8), S: 1, PadH: 1, PadW: 1}) },
		"Conv wrong input channels":    func() { ops.Conv(e, x, ops.ConvSpec{W: window(16, 3, 7), S: 1, PadH: 1, PadW: 1}) },
		"Conv without stride":          func() { ops.Conv(e, x, ops.ConvSpec{W: window(16, 3, 8), PadH: 1, PadW: 1}) },
		"Conv larger than its input":   func() { ops.Conv(e, e.New(1, 2, 2, 8), ops.ConvSpec{W: window(16, 3, 8), S: 1}) },
		"Conv with a vector":           func() { ops.Conv(e, x, ops.ConvSpec{W: v.All(), S: 1}) },
		"Conv with a short bias":       func() { ops.Conv(e, x, ops.ConvSpec{W: window(16, 3, 8), S: 1, Bias: v}) },
		"Linear":                       func() { ops.Linear(e, x, window(16, 3, 8), nil) },
		"BatchNorm channels":           func() { ops.BatchNorm(e, x, ops.NormSpec{Gamma: v, Beta: v, C: 7}) },
		"BatchNorm without statistics": func() { ops.BatchNorm(e, x, ops.NormSpec{Gamma: v, Beta: v, C: 8, Mode: ops.NormRunning}) },
		"BatchNorm short statistics":   func() { ops.BatchNorm(e, x, ops.NormSpec{Gamma: v, Beta: v, C: 8, Stats: ops.NewStats(7)}) },
		"ConvNorm activation": func() {
			ops.ConvNorm(e, x, ops.ConvSpec{W: window(8, 3, 8), S: 1, Act: ops.ReLU}, ops.NormSpec{Gamma: v, Beta: v, C: 8})
		},
		"ConvNorm short bias": func() {
			ops.ConvNorm(e, x, ops.ConvSpec{W: window(16, 3, 8), S: 1, Bias: v}, ops.NormSpec{Gamma: v, Beta: v, C: 8})
		},
		"ConvNorm channels": func() {
			ops.ConvNorm(e, x, ops.ConvSpec{W: window(9, 3, 8), S: 1}, ops.NormSpec{Gamma: v, Beta: v, C: 8})
		},
		"AddConvNorm shapes": func() {
			ops.AddConvNorm(e, logits, x, ops.ConvSpec{W: window(8, 3, 8), S: 1}, ops.NormSpec{Gamma: v, Beta: v, C: 8})
		},
		"AddConvNorm channels": func() {
			ops.AddConvNorm(e, x, x, ops.ConvSpec{W: window(8, 3, 8), S: 1, PadH: 1, PadW: 1}, ops.NormSpec{Gamma: v, Beta: v, C: 7})
		},
		"Residual nothing": func() { ops.Residual(e, ops.NoAct, x, ops.ConvSpec{W: window(8, 3, 8), S: 1, PadH: 1, PadW: 1}, nil) },
		"Residual shapes": func() {
			ops.Residual(e, ops.NoAct, x, ops.ConvSpec{W: window(8, 3, 8), S: 1, PadH: 1, PadW: 1}, []*ops.Tensor{x, logits})
		},
		"Residual activation": func() {
			ops.Residual(e, ops.NoAct, x, ops.ConvSpec{W: window(8, 3, 8), S: 1, PadH: 1, PadW: 1, Act: ops.ReLU}, []*ops.Tensor{x})
		},
		"Stats.Finish":                func() { ops.NewStats(3).Finish() },
		"MaxPool padding":             func() { ops.MaxPool(e, x, ops.PoolSpec{KH: 2, KW: 2, S: 2, PadH: 2, PadW: 2}) },
		"AvgPool larger than its map": func() { ops.AvgPool(e, x, ops.PoolSpec{KH: 5, KW: 5, S: 1, PadH: 0, PadW: 0}, true) },
		"Add nothing":                 func() { ops.Add(e, ops.NoAct, nil) },
		"Add different shapes":        func() { ops.Add(e, ops.NoAct, []*ops.Tensor{x, logits}) },
		"Scale":                       func() { ops.Scale(e, x, logits) },
		"CrossEntropy labels":         func() { ops.CrossEntropy(e, logits, []int32{1}, 0) },
		"CrossEntropy label":          func() { ops.CrossEntropy(e, logits, []int32{1, 3}, 0) },
		"SoftCrossEntropy":            func() { ops.SoftCrossEntropy(e, logits, make([]float32, 5)) },
		"MixedCrossEntropy labels":    func() { ops.MixedCrossEntropy(e, logits, []int32{1}, 0, make([]float32, 6), 0.5) },
		"MixedCrossEntropy teacher":   func() { ops.MixedCrossEntropy(e, logits, []int32{1, 2}, 0, make([]float32, 5), 0.5) },
		"Correct":                     func() { ops.Correct(logits, []int32{1}) },
		"LSTMCell": func() {
			ops.LSTMCell(e, logits, logits, logits, ops.LSTMSpec{Input: window(16, 1, 8), Hidden: window(16, 1, 8)})
		},
		"KernelTransform": func() {
			ops.KernelTransform(e, ops.NewDepthwise("d", 4, 5, 5).All(), nil)
			ops.KernelTransform(e, w.All(), nil)
		},
		"Export":  func() { w.ExportOIHW(make([]float32, 5)) },
		"AddGrad": func() { w.All().AddGrad(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.HasPrefix(text, "ops: ") {
					t.Errorf("recovered %v; want a text that starts with ops:", text)
				}
			}()
			f()
		})
	}
}

func TestParseAct(t *testing.T) {
	for act := ops.NoAct; act <= ops.GELU; act++ {
		if got, err := ops.ParseAct(ops.ActName(act)); err != nil || got != act {
			t.Errorf("%q is read as %v (%v)", ops.ActName(act), got, err)
		}
	}
	if _, err := ops.ParseAct("relu7"); err == nil || !strings.Contains(err.Error(), "relu7") {
		t.Errorf("error %v; want one that names relu7", err)
	}
}

func TestUnknownKernel(t *testing.T) {
	if _, err := ops.NewExec(ops.Config{Kernel: "sse9"}); err == nil || !strings.Contains(err.Error(), "sse9") {
		t.Errorf("error %v; want one that names sse9", err)
	}
}
