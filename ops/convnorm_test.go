package ops_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// convNormCase is a convolution, or a sum of two, and the norm after it.
type convNormCase struct {
	name       string
	n, h, w, c int
	weight     *ops.Param
	k, out     int
	s          int
	act        ops.Act
	twice      bool // the convolution is added to itself
}

func convNormCases() []convNormCase {
	return []convNormCase{
		{"pointwise", 20, 9, 8, 20, ops.NewDense("w", 70, 24, 1, 1, 1), 1, 61, 1, ops.ReLU, false},
		{"pointwise of large maps", 5, 40, 40, 16, ops.NewDense("w", 64, 16, 1, 1, 1), 1, 48, 1, ops.HardSwish, false},
		{"3x3", 18, 12, 12, 24, ops.NewDense("w", 40, 24, 5, 5, 1), 3, 33, 1, ops.GELU, false},
		{"3x3 of large maps", 3, 37, 40, 24, ops.NewDense("w", 32, 24, 3, 3, 1), 3, 32, 1, ops.ReLU6, false},
		{"3x3 of stride 2", 18, 12, 12, 24, ops.NewDense("w", 40, 24, 3, 3, 1), 3, 40, 2, ops.NoAct, false},
		{"first", 17, 32, 32, 3, ops.NewDense("w", 16, 3, 3, 3, 1), 3, 16, 1, ops.HardSwish, false},
		{"depthwise", 17, 28, 28, 40, ops.NewDepthwise("w", 48, 7, 7), 5, 40, 1, ops.ReLU, false},
		{"depthwise of stride 2", 17, 28, 28, 40, ops.NewDepthwise("w", 40, 3, 3), 3, 40, 2, ops.ReLU, false},
		{"a pixel", 300, 1, 1, 7, ops.NewDense("w", 5, 7, 1, 1, 1), 1, 5, 1, ops.ReLU, false},
		{"two pointwise", 20, 9, 8, 20, ops.NewDense("w", 70, 24, 1, 1, 1), 1, 61, 1, ops.ReLU, true},
		{"two 3x3", 18, 12, 12, 24, ops.NewDense("w", 40, 24, 5, 5, 1), 3, 33, 1, ops.GELU, true},
	}
}

func (k *convNormCase) conv() ops.ConvSpec {
	return ops.ConvSpec{W: ops.Window{P: k.weight, OutC: k.out, KH: k.k, KW: k.k, InC: k.c}, S: k.s, PadH: k.k / 2, PadW: k.k / 2}
}

// TestConvNormHasTheBitsOfItsParts compares it with a convolution and a norm one after
// the other, forward, backward and in its statistics, alone and beside other workers.
// Between two of them, and elsewhere behind a pooling of single pixels, which hides the
// one from the other, gradients have the same bits too.
func TestConvNormHasTheBitsOfItsParts(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for _, k := range convNormCases() {
		ops.InitHe(k.weight, r)
		project := ops.NewDense("p", 8, k.out, 1, 1, 1)
		ops.InitHe(project, r)
		gamma, beta := ops.NewVector("g", k.out), ops.NewVector("b", k.out)
		ops.InitUniform(gamma, 1, r)
		ops.InitUniform(beta, 1, r)
		x := random(r, k.n*k.h*k.w*k.c)
		for _, mode := range []ops.NormMode{ops.NormBatch, ops.NormCalibrate, ops.NormRunning} {
			for _, train := range []bool{false, true} {
				pass := func(e *ops.Exec, fused bool) (out [][]float32) {
					stats := ops.NewStats(k.out)
					norm := ops.NormSpec{Gamma: gamma, Beta: beta, C: k.out, Eps: 1e-5, Act: k.act, Stats: stats, Mode: mode}
					params := []*ops.Param{k.weight, project, gamma, beta}
					for _, p := range params {
						clear(p.Grad)
					}
					e.Begin(train)
					in := variable(e, k.n, k.h, k.w, k.c, x)
					var y *ops.Tensor
					switch {
					case k.twice && fused:
						y = ops.AddConvNorm(e, ops.Conv(e, in, k.conv()), in, k.conv(), norm)
					case k.twice:
						y = ops.BatchNorm(e, ops.AddConv(e, ops.Conv(e, in, k.conv()), in, k.conv()), norm)
					case fused:
						y = ops.ConvNorm(e, in, k.conv(), norm)
					default:
						y = ops.BatchNorm(e, ops.Conv(e, in, k.conv()), norm)
					}
					out = append(out, append([]float32(nil), y.Data...))
					if mode == ops.NormCalibrate {
						stats.Finish()
					}
					out = append(out, append([]float32(nil), stats.Mean...), append([]float32(nil), stats.Var...))
					if !train {
						return out
					}
					if !fused {
						y = ops.AvgPool(e, y, ops.PoolSpec{KH: 1, KW: 1, S: 1, PadH: 0, PadW: 0}, false)
					}
					z := ops.Conv(e, y, ops.ConvSpec{W: ops.Window{P: project, OutC: 8, KH: 1, KW: 1, InC: k.out}, S: 1})
					z.SetGrad(random(rand.New(rand.NewPCG(1, 2)), z.Len()))
					e.Backward()
					for _, p := range params {
						out = append(out, append([]float32(nil), p.Grad...))
					}
					return append(out, append([]float32(nil), in.Grad...))
				}
				t.Run(fmt.Sprintf("%s/mode %d/training %v", k.name, mode, train), func(t *testing.T) {
					forEachKernel(t, func(t *testing.T, e *ops.Exec) {
						want := pass(e, false)
						for what, got := range [][][]float32{pass(e, true), pass(newExec(t, e.Kernel(), 1), true)} {
							for i := range want {
								if !sameBits(got[i], want[i]) {
									t.Errorf("result %d of %d has other bits than those of its parts (caller alone: %v)", i, len(want), what == 1)
								}
							}
						}
					})
				})
			}
		}
	}
}
