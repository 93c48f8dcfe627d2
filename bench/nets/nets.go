// Package nets holds the two networks by which this engine is compared with
// others, as models that can be trained and served: conv6, a plain network of
// six convolutions, and ofa32, a weight-sharing supernet of inverted bottlenecks
// for small pictures. Both follow a definition that other frameworks can be
// given too, so that all do the same work.
//
// It may import ops, supernet, space, families, data and internal/stream. Read
// conv6.go and ofa32.yaml first, then training.go.
package nets

import (
	"fmt"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Classes is the number of classes of both networks.
const Classes = 10

// View is an architecture ready to be trained, with what its passes need.
type View struct {
	subnet *supernet.Subnet
	pass   supernet.Pass
}

// ViewOf returns architecture a of n; it shares n's weights.
func ViewOf(n *supernet.Net, a space.Arch) *View { return &View{subnet: n.Subnet(a)} }

// Forward returns the logits of a batch, N x 1 x 1 x Classes, with batch norms
// that use the batch's statistics. e must be training.
func (v *View) Forward(e *ops.Exec, x *ops.Tensor) *ops.Tensor {
	return v.subnet.Forward(e, &v.pass, x, nil)
}

// Serve returns the network of plan p for inference: its batch norms folded into
// the convolutions, its weights its own. Weights are random, statistics those of
// standard normal activations: they do not matter to time.
func Serve(p space.Plan) (*supernet.Network, error) {
	n, err := supernet.NewNetwork(p, 1)
	if err != nil {
		return nil, fmt.Errorf("nets: %w", err)
	}
	return n.Fold(), nil
}

// RandomBatch returns n pictures of size x size normal numbers in the given
// number of channels, with random labels: what the steps are timed on.
func RandomBatch(n, channels, size int, seed uint64) *data.Batch {
	r := stream.New(seed, "benchmark batch")
	b := &data.Batch{N: n, H: size, W: size, C: channels, X: make([]float32, n*size*size*channels), Labels: make([]int32, n)}
	for i := range b.X {
		b.X[i] = float32(r.NormFloat64())
	}
	for i := range b.Labels {
		b.Labels[i] = int32(r.IntN(Classes))
	}
	return b
}
