package cell

import (
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// op is an operation of a node: it keeps the channels, and halves the map with stride 2.
type op struct {
	name  string
	build func(b *space.Planner, x space.Map, name string, stride int) space.Map
	list  func(t *space.WeightTable, name string, c, stride int)
}

// ops lists the operations; a new one is one line.
var ops = [...]op{
	separable("sep3x3", 3),
	separable("sep5x5", 5),
	separable("sep7x7", 7),
	dilated("dil3x3", 3),
	dilated("dil5x5", 5),
	pooling("avgpool3x3", space.AvgPool),
	pooling("maxpool3x3", space.MaxPool),
	{"identity", identity, listIdentity},
}

// Ops returns the names of all operations.
func Ops() []string {
	var names []string
	for _, o := range ops {
		names = append(names, o.name)
	}
	return names
}

func findOp(name string) (op, error) {
	i := slices.IndexFunc(ops[:], func(o op) bool { return o.name == name })
	if i < 0 {
		return op{}, fmt.Errorf("operation %q is unknown; want one of %v", name, Ops())
	}
	return ops[i], nil
}

// separable is ReLU, depthwise KxK, conv 1x1, norm, twice, the first with the stride.
func separable(name string, k int) op {
	return op{
		name: name,
		build: func(b *space.Planner, x space.Map, name string, stride int) space.Map {
			for _, part := range []string{"/first", "/second"} {
				x = b.Unary(x, space.Identity, "", space.ReLU)
				x = b.Conv(x, space.ConvSpec{Weight: name + part + "/depthwise", K: space.Square(k), S: stride, Depthwise: true})
				x = b.Conv(x, space.ConvSpec{Weight: name + part + "/pointwise", Norm: name + part + "/norm", K: space.Square(1), S: 1, OutC: x.C})
				stride = 1
			}
			return x
		},
		list: func(t *space.WeightTable, name string, c, _ int) {
			for _, part := range []string{"/first", "/second"} {
				t.Add(space.Weight{Name: name + part + "/depthwise", Role: space.Depthwise, OutC: c, K: space.Square(k)})
				t.Add(space.Weight{Name: name + part + "/pointwise", Role: space.Dense, OutC: c, InC: c, K: space.Square(1), G: 1})
				t.Norm(name+part+"/norm", c)
			}
		},
	}
}

// dilated is ReLU, depthwise KxK with every second pixel left out, conv 1x1, norm (DARTS, Liu
// et al. 2019).
func dilated(name string, k int) op {
	return op{
		name: name,
		build: func(b *space.Planner, x space.Map, name string, stride int) space.Map {
			x = b.Unary(x, space.Identity, "", space.ReLU)
			x = b.Conv(x, space.ConvSpec{Weight: name + "/depthwise", K: space.Square(k), S: stride, Dil: 2, Depthwise: true})
			return b.Conv(x, space.ConvSpec{Weight: name + "/pointwise", Norm: name + "/norm", K: space.Square(1), S: 1, OutC: x.C})
		},
		list: func(t *space.WeightTable, name string, c, _ int) {
			t.Add(space.Weight{Name: name + "/depthwise", Role: space.Depthwise, OutC: c, K: space.Square(k)})
			t.Dense(name+"/pointwise", name+"/norm", c, c, space.Square(1))
		},
	}
}

func pooling(name string, o space.Op) op {
	return op{
		name: name,
		build: func(b *space.Planner, x space.Map, _ string, stride int) space.Map {
			return b.Pool(x, o, space.Square(3), stride)
		},
		list: func(*space.WeightTable, string, int, int) {},
	}
}

// identity is nothing; with stride 2 ReLU, conv 1x1, norm.
func identity(b *space.Planner, x space.Map, name string, stride int) space.Map {
	if stride == 1 {
		return x
	}
	x = b.Unary(x, space.Identity, "", space.ReLU)
	return b.Conv(x, space.ConvSpec{Weight: name, Norm: name + "/norm", K: space.Square(1), S: stride, OutC: x.C})
}

func listIdentity(t *space.WeightTable, name string, c, stride int) {
	if stride > 1 {
		t.Dense(name, name+"/norm", c, c, space.Square(1))
	}
}
