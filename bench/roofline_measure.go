package bench

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
)

// layerPass is a layer ready to run, with operands of its own.
type layerPass struct {
	passes *ops.Passes
	x, y   []float32 // or their gradients
}

func newLayerPass(e *ops.Exec, l Layer) *layerPass {
	r := stream.New(1, "layer "+l.Name)
	p := newWeight(l)
	ops.InitHe(p, r)
	c := &layerPass{passes: ops.NewPasses(e, l.N, l.H, l.W, ops.ConvSpec{W: p.All(), S: l.S, PadH: l.Pad.H, PadW: l.Pad.W, Dil: l.Dil})}
	c.x, c.y = normals(c.passes.In(), r), normals(c.passes.Out(), r)
	return c
}

func newWeight(l Layer) *ops.Param {
	if l.Depthwise() {
		return ops.NewDepthwise(l.Name, l.OutC, l.K.H, l.K.W)
	}
	return ops.NewDense(l.Name, l.OutC, l.InC, l.K.H, l.K.W, l.G)
}

// normals returns n normal values, of which the first few thousand repeat.
func normals(n int, r *rand.Rand) []float32 {
	v := make([]float32, n)
	drawn := min(n, 1<<12)
	for i := range drawn {
		v[i] = float32(r.NormFloat64())
	}
	for drawn < n {
		drawn += copy(v[drawn:], v[:drawn])
	}
	return v
}

// run returns what computes a pass once.
func (c *layerPass) run(p Pass) (func(), error) {
	switch p {
	case Forward:
		return func() { c.passes.Forward(c.x, c.y) }, nil
	case BackwardData:
		return func() { c.passes.BackwardData(c.y, c.x) }, nil
	case BackwardWeights:
		return func() { c.passes.BackwardWeights(c.x, c.y) }, nil
	}
	return nil, fmt.Errorf("pass %q is unknown; want one of %v", p, Passes())
}

// MeasureLayers times passes of layers on e, again and again on the same
// operands, so that those are in the caches if they fit, and places them under
// their roofs. each, if not nil, is called after every one with how many of how
// many are done.
func MeasureLayers(ctx context.Context, e *ops.Exec, r Roofline, layers []Layer, passes []Pass, m Effort, each func(done, total int)) ([]Point, error) {
	var points []Point
	for _, l := range layers {
		if err := l.Validate(); err != nil {
			return nil, err
		}
		c := newLayerPass(e, l)
		for _, pass := range passes {
			f, err := c.run(pass)
			if err != nil {
				return nil, err
			}
			s, err := m.measure(ctx, f)
			if err != nil {
				return nil, fmt.Errorf("layer %s, %s: %w", l.Name, pass, err)
			}
			points = append(points, r.Place(l, pass, s))
			if each != nil {
				each(len(points), len(layers)*len(passes))
			}
		}
	}
	return points, nil
}
