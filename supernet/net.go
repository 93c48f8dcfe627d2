// Package supernet holds networks that share weights: training them one
// sampled subnet at a time, evaluating subnets without retraining, and
// extracting them as networks of their own.
//
// An architecture is a value and a subnet is a view: a plan whose steps point
// into the shared weights. Nothing in a Net says which subnet is in use.
//
// It may import ops, space, data, checkpoint and internal/stream. Read subnet.go
// (a view and its forward pass), sampler.go and trainer.go (training), evaluator.go
// (calibration and scores), and network.go (an extracted network) in this order.
package supernet

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/zeebo/xxh3"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// normEps is added to variances before their square root, as in PyTorch.
const normEps = 1e-5

// Net is the shared weights of a family. It holds no batch-norm statistics:
// while training they come from the batch, and each evaluated subnet has its own.
type Net struct {
	family space.Family
	params []*ops.Param
	byName map[string]*ops.Param
}

// New returns freshly initialised weights. Each tensor's values depend on seed
// and its name only.
func New(f space.Family, seed uint64) *Net {
	n := &Net{family: f, byName: map[string]*ops.Param{}}
	for _, w := range f.Weights() {
		n.declare(w, seed)
	}
	return n
}

func (n *Net) declare(w space.Weight, seed uint64) {
	r := stream.New(seed, "weight "+w.Name)
	switch w.Role {
	case space.Dense:
		g := max(w.G, 1)
		p := n.add(ops.NewDense(w.Name, w.OutC, w.InC*g, w.K.H, w.K.W, g))
		ops.InitHe(p, r)
	case space.Depthwise:
		ops.InitHe(n.add(ops.NewDepthwise(w.Name, w.OutC, w.K.H, w.K.W)), r)
	case space.Norm:
		scale := n.add(ops.NewVector(scaleName(w.Name), w.OutC))
		if !w.Zero {
			scale.Fill(1)
		}
		n.add(ops.NewVector(shiftName(w.Name), w.OutC))
	case space.Bias:
		n.add(ops.NewVector(w.Name, w.OutC))
	case space.Matrix:
		p := n.add(ops.NewDense(w.Name, w.OutC, w.InC, 1, 1, 1))
		for i := range min(w.OutC, w.InC) {
			p.Data[p.Index(i, i, 0, 0)] = 1
		}
	default:
		panic("supernet: New: weight with an unknown role")
	}
}

func (n *Net) add(p *ops.Param) *ops.Param {
	if n.byName[p.Name] != nil {
		panic("supernet: New: two weights share a name")
	}
	n.params = append(n.params, p)
	n.byName[p.Name] = p
	return p
}

func scaleName(norm string) string  { return norm + ".scale" }
func shiftName(norm string) string  { return norm + ".shift" }
func biasName(weight string) string { return weight + ".bias" }

// Family returns what the weights belong to.
func (n *Net) Family() space.Family { return n.family }

// Params returns every shared weight in a fixed order.
func (n *Net) Params() []*ops.Param { return n.params }

// Size returns the number of trainable values.
func (n *Net) Size() int64 {
	var total int64
	for _, p := range n.params {
		total += int64(p.Count())
	}
	return total
}

// Hash returns 16 hexadecimal digits over all names and weights: equal hashes
// mean equal bits.
func (n *Net) Hash() string {
	h := xxh3.New()
	var b [4]byte
	for _, p := range n.params {
		h.WriteString(p.Name)
		for _, v := range p.Data {
			binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
			h.Write(b[:])
		}
	}
	return fmt.Sprintf("%016x", h.Sum64())
}
