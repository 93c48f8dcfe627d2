package ops_test

import (
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// TestLateNorms has every operation read the output of a norm that was left to it, or to
// another one before it, and compares results and gradients with those of one that was
// computed at once.
func TestLateNorms(t *testing.T) {
	const n, size, c = 20, 8, 40
	r := rand.New(rand.NewPCG(8, 8))
	param := func(p *ops.Param) *ops.Param { ops.InitUniform(p, 1, r); return p }
	first, pointwise := param(ops.NewDense("first", c, 8, 3, 1)), param(ops.NewDense("pointwise", c, c, 1, 1))
	dense, depthwise := param(ops.NewDense("dense", c, c, 3, 1)), param(ops.NewDepthwise("depthwise", c, 5))
	head := param(ops.NewDense("head", 10, c*size*size, 1, 1))
	gamma, beta := param(ops.NewVector("g", c)), param(ops.NewVector("b", c))
	params := []*ops.Param{first, pointwise, dense, depthwise, head, gamma, beta}
	x, labels := random(r, n*size*size*8), make([]int32, n)
	norm := ops.NormSpec{Gamma: gamma, Beta: beta, C: c, Eps: 1e-5, Act: ops.ReLU}
	conv := func(p *ops.Param, k, in int) ops.ConvSpec {
		return ops.ConvSpec{W: ops.Window{P: p, OutC: c, K: k, InC: in}, S: 1, Pad: k / 2}
	}
	readers := map[string]func(e *ops.Exec, y *ops.Tensor, late ops.NormSpec) *ops.Tensor{
		"pointwise": func(e *ops.Exec, y *ops.Tensor, late ops.NormSpec) *ops.Tensor {
			return ops.ConvNorm(e, y, conv(pointwise, 1, c), late)
		},
		"dense": func(e *ops.Exec, y *ops.Tensor, late ops.NormSpec) *ops.Tensor {
			return ops.ConvNorm(e, y, conv(dense, 3, c), late)
		},
		"depthwise": func(e *ops.Exec, y *ops.Tensor, late ops.NormSpec) *ops.Tensor {
			return ops.ConvNorm(e, y, conv(depthwise, 5, c), late)
		},
		"a chain": func(e *ops.Exec, y *ops.Tensor, late ops.NormSpec) *ops.Tensor {
			for range 2 {
				y = ops.ConvNorm(e, ops.ConvNorm(e, y, conv(depthwise, 3, c), late), conv(pointwise, 1, c), late)
			}
			return y
		},
		"two readers": func(e *ops.Exec, y *ops.Tensor, late ops.NormSpec) *ops.Tensor {
			z := ops.ConvNorm(e, y, conv(pointwise, 1, c), late)
			return ops.Add(e, ops.ReLU, []*ops.Tensor{ops.ConvNorm(e, y, conv(depthwise, 3, c), late), z, y})
		},
		"convolution": func(e *ops.Exec, y *ops.Tensor, _ ops.NormSpec) *ops.Tensor {
			return ops.Conv(e, y, conv(depthwise, 3, c))
		},
		"convolution added": func(e *ops.Exec, y *ops.Tensor, late ops.NormSpec) *ops.Tensor {
			z := ops.Conv(e, y, conv(pointwise, 1, c))
			return ops.AddConv(e, z, ops.ConvNorm(e, y, conv(pointwise, 1, c), late), conv(dense, 3, c))
		},
		"norm":       func(e *ops.Exec, y *ops.Tensor, late ops.NormSpec) *ops.Tensor { return ops.BatchNorm(e, y, late) },
		"activation": func(e *ops.Exec, y *ops.Tensor, _ ops.NormSpec) *ops.Tensor { return ops.Activate(e, y, ops.SiLU) },
		"pool":       func(e *ops.Exec, y *ops.Tensor, _ ops.NormSpec) *ops.Tensor { return ops.MaxPool(e, y, 3, 1, 1) },
		"concatenation": func(e *ops.Exec, y *ops.Tensor, _ ops.NormSpec) *ops.Tensor {
			return ops.MaxPool(e, ops.Concat(e, []*ops.Tensor{y, y}), 3, 2, 1)
		},
		"scale": func(e *ops.Exec, y *ops.Tensor, _ ops.NormSpec) *ops.Tensor {
			return ops.Scale(e, y, ops.GlobalAvgPool(e, y))
		},
		"loss": func(e *ops.Exec, y *ops.Tensor, _ ops.NormSpec) *ops.Tensor {
			ops.CrossEntropy(e, y, labels, 0)
			return y
		},
		"nobody": func(_ *ops.Exec, y *ops.Tensor, _ ops.NormSpec) *ops.Tensor { return y },
	}
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		for name, read := range readers {
			pass := func(e *ops.Exec, late bool) (out [][]float32) {
				for _, p := range params {
					clear(p.Grad)
				}
				s := norm
				s.Late = late
				e.Begin(true)
				in := variable(e, n, size, size, 8, x)
				y := ops.ConvNorm(e, in, conv(first, 3, 8), s)
				if late && y.Data != nil {
					t.Fatal("the norm was not late")
				}
				z := read(e, y, s)
				if name == "nobody" {
					e.Backward()
					return [][]float32{append([]float32(nil), y.Data...)}
				}
				if name != "loss" {
					logits := ops.Linear(e, z, ops.Window{P: head, OutC: 10, K: 1, InC: z.H * z.W * z.C}, nil)
					ops.CrossEntropy(e, logits, labels, 0.1)
				}
				e.Backward()
				for _, t := range []*ops.Tensor{y, z} {
					out = append(out, append([]float32(nil), t.Data...))
				}
				for _, p := range params {
					out = append(out, append([]float32(nil), p.Grad...))
				}
				return append(out, append([]float32(nil), in.Grad...))
			}
			want := pass(e, false)
			for _, e := range []*ops.Exec{e, newExec(t, e.Kernel(), 1)} {
				for i, got := range pass(e, true) {
					if !sameBits(got, want[i]) {
						t.Errorf("%s, %d workers: result %d of %d has other bits when the norm is late", name, e.Workers(), i, len(want))
					}
				}
			}
		}
	})
}
