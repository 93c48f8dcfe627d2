package cell

import (
	"fmt"

	"github.com/espalier-nas/espalier/supernet/space"
)

// position is one cell of the network.
type position struct {
	name    string
	index   int
	kind    int // normal or reduce
	filters int
	scale   int // by how much its output is smaller than the picture
}

// positions lists the cells in order.
func (f *Family) positions() []position {
	var all []position
	filters, scale := f.config.Filters, 1
	for s := range f.config.Stages {
		if s > 0 {
			filters, scale = 2*filters, 2*scale
			all = append(all, position{fmt.Sprintf("cell%d", len(all)+1), len(all), reduce, filters, scale})
		}
		for range f.config.Repeats {
			all = append(all, position{fmt.Sprintf("cell%d", len(all)+1), len(all), normal, filters, scale})
		}
	}
	return all
}

// Plan returns the network of a. It panics if a is of another space.
func (f *Family) Plan(a space.Arch) space.Plan {
	if a.Len() != len(f.space.Decisions()) {
		panic("cell: architecture of another space")
	}
	b := builder{
		Planner: space.NewPlanner(512), family: f, arch: a, cells: f.positions(),
		outs: make(map[int][]space.Map), relu: make(map[int]space.Map),
	}
	for t := range f.types() {
		b.open = append(b.open, f.loose(a, t))
	}
	b.classify()
	b.mark()
	return b.Plan
}

// builder makes the plan of an architecture from its end: cells that nothing reads are
// not there.
type builder struct {
	*space.Planner
	family *Family
	arch   space.Arch
	cells  []position
	open   [][]int             // loose sources by type of cell
	outs   map[int][]space.Map // of each cell: its loose nodes; of -1, the stem
	relu   map[int]space.Map   // ReLU of what a step puts out
}

// source names what a map among a cell's outputs is: its node, or the stem.
func (b *builder) source(cell, k int) string {
	if cell < 0 {
		return "stem"
	}
	return sourceName(b.open[b.cells[cell].kind][k])
}

// sourceName names input 0 or 1 of a cell or a node.
func sourceName(source int) string {
	if source < 2 {
		return fmt.Sprintf("in%d", source)
	}
	return fmt.Sprintf("node%d", source-1)
}

func (b *builder) activated(x space.Map) space.Map {
	y, ok := b.relu[x.Step]
	if !ok {
		y = b.Unary(x, space.Identity, "", space.ReLU)
		b.relu[x.Step] = y
	}
	return y
}

// output returns the maps that a cell, or the stem (-1), puts out.
func (b *builder) output(cell int) []space.Map {
	maps, ok := b.outs[cell]
	if !ok {
		if cell < 0 {
			maps = []space.Map{b.Conv(space.Picture(b.family.input), space.ConvSpec{Weight: "stem", Norm: "stem/norm", K: space.Square(3), S: 1, OutC: b.family.config.Stem})}
		} else {
			maps = b.cell(cell)
		}
		b.outs[cell] = maps
	}
	return maps
}

// scale returns by how much a cell's output is smaller than the picture.
func (b *builder) scale(cell int) int {
	if cell < 0 {
		return 1
	}
	return b.cells[cell].scale
}

// entry returns input 0 or 1 of a cell, brought to its filters and to the size of the
// cell before it.
func (b *builder) entry(cell, input int) space.Map {
	p, from := b.cells[cell], max(-1, cell-2+input)
	name := fmt.Sprintf("%s/in%d", p.name, input)
	return b.joined(from, name, p.filters, b.scale(max(-1, cell-1))/b.scale(from))
}

// joined returns the 1x1 convolution, with its norm, of ReLU of a cell's outputs side by
// side: a sum of one convolution for each of them.
func (b *builder) joined(from int, name string, outC, stride int) space.Map {
	outs := b.output(from)
	parts := make([]space.Map, len(outs))
	for k, x := range outs {
		c := space.ConvSpec{Weight: name + "/" + b.source(from, k), K: space.Square(1), S: stride, OutC: outC}
		if len(outs) == 1 {
			c.Norm = name + "/norm"
		}
		parts[k] = b.Conv(b.activated(x), c)
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return b.Add(name+"/norm", space.NoAct, parts...)
}

// cell appends a cell and returns what it puts out.
func (b *builder) cell(cell int) []space.Map {
	p := b.cells[cell]
	made := make(map[int]space.Map) // by source: inputs 0 and 1, then nodes
	var get func(source int) space.Map
	get = func(source int) space.Map {
		x, ok := made[source]
		if !ok {
			if source < 2 {
				x = b.entry(cell, source)
			} else {
				x = b.node(p, source-2, get)
			}
			made[source] = x
		}
		return x
	}
	var out []space.Map
	for _, source := range b.open[p.kind] {
		out = append(out, get(source))
	}
	return out
}

// node appends a node of a cell.
func (b *builder) node(p position, n int, get func(source int) space.Map) space.Map {
	var sides [2]space.Map
	for i, h := range b.family.halves(b.arch, p.kind, n) {
		o, from := b.family.ops[h.op], get(h.from)
		first := len(b.Plan)
		sides[i] = o.build(b.Planner, from, halfName(p, n, i, h.from, o), strideOf(p, h.from))
		if sides[i].Step >= first { // not so the identity
			b.Plan[sides[i].Step].Path = float64(p.index+1) / float64(len(b.cells))
		}
	}
	return b.Add("", space.NoAct, sides[0], sides[1])
}

// strideOf returns the stride of an operation of a cell that reads a source.
func strideOf(p position, source int) int {
	if p.kind == reduce && source < 2 {
		return 2
	}
	return 1
}

func halfName(p position, node, side, source int, o op) string {
	return fmt.Sprintf("%s/node%d/%s/from%d/%s", p.name, node+1, [...]string{"left", "right"}[side], source, o.name)
}

// classify appends the end: the mean of ReLU of each loose node of the last cell and one
// linear layer of them all, a sum of one 1x1 convolution for each, the first with a bias.
func (b *builder) classify() {
	lastCell := len(b.cells) - 1
	var parts []space.Map
	for k, x := range b.output(lastCell) {
		x = b.Unary(b.activated(x), space.GlobalPool, "", space.NoAct)
		l := space.Layer{Op: space.Conv, H: 1, W: 1, InC: x.C, OutC: b.family.input.Classes, K: space.Square(1), S: 1, G: 1}
		parts = append(parts, b.Step(space.Step{Layer: l, Weight: "classifier/" + b.source(lastCell, k), Bias: k == 0, In: b.From(x)}))
	}
	b.Add("", space.NoAct, parts...)
}

// mark names where an auxiliary head reads: what the cell puts out that ends two thirds of
// the network, before the second of two reductions, as in NASNet, or the cell before it, if
// nothing reads that one. A network of less than three cells has no such place.
func (b *builder) mark() {
	n := len(b.cells)
	if n < 3 {
		return
	}
	at := (2*n+1)/3 - 1
	maps, ok := b.outs[at]
	if !ok {
		maps = b.outs[at-1] // one of two neighbours is always read
	}
	for _, x := range maps {
		b.Plan[x.Step].Auxiliary = true
	}
}

// list returns the shared tensors, cell by cell.
func (f *Family) list() []space.Weight {
	var t space.WeightTable
	t.Dense("stem", "stem/norm", f.config.Stem, f.input.C, space.Square(3))
	cells := f.positions()
	for i, p := range cells {
		for input := range 2 {
			f.listJoined(&t, cells, max(-1, i-2+input), fmt.Sprintf("%s/in%d", p.name, input), p.filters)
			t.Norm(fmt.Sprintf("%s/in%d/norm", p.name, input), p.filters)
		}
		for n := range f.config.Nodes {
			for side := range 2 {
				for source := range n + 2 {
					for _, o := range f.ops {
						o.list(&t, halfName(p, n, side, source, o), p.filters, strideOf(p, source))
					}
				}
			}
		}
	}
	f.listJoined(&t, cells, len(cells)-1, "classifier", f.input.Classes)
	for _, source := range f.outputs(normal) {
		t.Add(space.Weight{Name: "classifier/" + sourceName(source) + ".bias", Role: space.Bias, OutC: f.input.Classes})
	}
	return t.List()
}

// outputs returns the sources that a type of cell may put out.
func (f *Family) outputs(t int) (sources []int) {
	if f.config.Inputs && t == normal {
		sources = append(sources, 0)
	}
	for i := 2; i < f.config.Nodes+2; i++ {
		sources = append(sources, i)
	}
	return sources
}

// listJoined adds the 1x1 convolutions of all that a cell, or the stem, may put out.
func (f *Family) listJoined(t *space.WeightTable, cells []position, from int, name string, outC int) {
	if from < 0 {
		t.Add(space.Weight{Name: name + "/stem", Role: space.Dense, OutC: outC, InC: f.config.Stem, K: space.Square(1), G: 1})
		return
	}
	for _, source := range f.outputs(cells[from].kind) {
		t.Add(space.Weight{Name: name + "/" + sourceName(source), Role: space.Dense, OutC: outC, InC: cells[from].filters, K: space.Square(1), G: 1})
	}
}
