package nb201

import (
	"fmt"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Plan returns the network of a. It panics if a is of another space.
func (f *Family) Plan(a space.Arch) space.Plan {
	b := builder{Planner: space.NewPlanner(256), relu: make(map[int]space.Map)}
	x := b.Conv(space.Picture(f.input), space.ConvSpec{Weight: "stem", Norm: "stem/norm", K: space.Square(3), S: 1, OutC: f.config.Channels})
	c := cellOf(a).live()
	for s := range stages {
		if s > 0 {
			x = b.reduce(x, fmt.Sprintf("reduce%d", s))
		}
		for k := range f.config.Cells {
			x = b.cell(x, c, cellName(s, k))
		}
	}
	x = b.Unary(x, space.Identity, "last/norm", space.ReLU)
	b.Classify(x, f.input.Classes)
	return b.Plan
}

func cellName(stage, k int) string { return fmt.Sprintf("stage%d/cell%d", stage+1, k+1) }

func edgeName(cell string, i, j int, o op) string {
	return fmt.Sprintf("%s/node%d/from%d/%s", cell, j, i, opNames[o])
}

// builder appends cells to a plan.
type builder struct {
	*space.Planner
	relu map[int]space.Map // ReLU of what a step puts out, shared by the edges that read it
}

// activated returns ReLU of x.
func (b *builder) activated(x space.Map) space.Map {
	y, ok := b.relu[x.Step]
	if !ok {
		y = b.Unary(x, space.Identity, "", space.ReLU)
		b.relu[x.Step] = y
	}
	return y
}

// cell appends a cell of live edges.
func (b *builder) cell(x space.Map, c cell, name string) space.Map {
	node := [nodes]*space.Map{&x}
	for j := 1; j < nodes; j++ {
		var sum []space.Map
		for i := range j {
			if o := c[edge(i, j)]; o != none {
				sum = append(sum, b.edge(*node[i], o, edgeName(name, i, j, o)))
			}
		}
		switch len(sum) {
		case 0:
		case 1:
			node[j] = &sum[0]
		default:
			y := b.Add("", space.NoAct, sum...)
			node[j] = &y
		}
	}
	if node[nodes-1] == nil {
		return b.Unary(x, space.Zero, "", space.NoAct)
	}
	return *node[nodes-1]
}

func (b *builder) edge(x space.Map, o op, name string) space.Map {
	switch o {
	case conv1:
		return b.normed(x, name, 1, 1, x.C)
	case conv3:
		return b.normed(x, name, 3, 1, x.C)
	case pool:
		return b.Pool(x, space.AvgPool, space.Square(3), 1)
	}
	return x
}

// normed appends ReLU, a convolution and its norm.
func (b *builder) normed(x space.Map, name string, k, stride, outC int) space.Map {
	return b.Conv(b.activated(x), space.ConvSpec{Weight: name, Norm: name + "/norm", K: space.Square(k), S: stride, OutC: outC})
}

// reduce appends the residual block between stages.
func (b *builder) reduce(x space.Map, name string) space.Map {
	y := b.normed(x, name+"/a", 3, 2, 2*x.C)
	y = b.normed(y, name+"/b", 3, 1, 2*x.C)
	k := 2
	if x.H%2 == 1 || x.W%2 == 1 {
		k = 3 // so that the maps of both branches are equally large
	}
	short := b.Pool(x, space.AvgPool, space.Square(k), 2)
	short = b.Conv(short, space.ConvSpec{Weight: name + "/shortcut", K: space.Square(1), S: 1, OutC: 2 * x.C})
	return b.Add("", space.NoAct, short, y)
}

// Weights lists the shared tensors: stem, each cell's edges with both convolutions,
// reductions, the last norm and the classifier.
func (f *Family) Weights() []space.Weight {
	var t space.WeightTable
	c := f.config.Channels
	t.Dense("stem", "stem/norm", c, f.input.C, space.Square(3))
	for s := range stages {
		if s > 0 {
			name := fmt.Sprintf("reduce%d", s)
			t.Dense(name+"/a", name+"/a/norm", 2*c, c, space.Square(3))
			t.Dense(name+"/b", name+"/b/norm", 2*c, 2*c, space.Square(3))
			t.Add(space.Weight{Name: name + "/shortcut", Role: space.Dense, OutC: 2 * c, InC: c, K: space.Square(1), G: 1})
			c *= 2
		}
		for k := range f.config.Cells {
			for j := 1; j < nodes; j++ {
				for i := range j {
					one, three := edgeName(cellName(s, k), i, j, conv1), edgeName(cellName(s, k), i, j, conv3)
					t.Dense(one, one+"/norm", c, c, space.Square(1))
					t.Dense(three, three+"/norm", c, c, space.Square(3))
				}
			}
		}
	}
	t.Norm("last/norm", c)
	t.Add(space.Weight{Name: "classifier", Role: space.Dense, OutC: f.input.Classes, InC: c, K: space.Square(1), G: 1})
	t.Add(space.Weight{Name: "classifier.bias", Role: space.Bias, OutC: f.input.Classes})
	return t.List()
}
