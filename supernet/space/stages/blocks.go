package stages

import (
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/supernet/space"
)

// choice is what an architecture decided for a block.
type choice struct {
	name           string
	kernel, stride int
	width          int
	expansion      float64
	expands        bool // mbconv: has the first convolution
	excite         bool
	act            space.Act
	zero           bool  // the block's last norm begins at 0
	smaller        []int // sizes that the depthwise filter is transformed to, falling; nil: it is cut out
}

// matrixName names the matrix that makes filters of k x k taps.
func matrixName(block string, k int) string { return fmt.Sprintf("%s/depthwise/to%d", block, k) }

// widest is the largest form of a block, whose weights all of its forms share.
type widest struct {
	name              string
	stage             *stage
	in, out           int // channels
	shortIn, shortOut int // of the projection of its input, 0: no network has one
	excite            bool
	transforms        bool
	zero              bool // its last norm begins at 0
}

// kind builds blocks of one kind and lists their weights, and those of their channels that
// can be sorted.
type kind struct {
	build func(*space.Planner, space.Map, choice) space.Map
	list  func(*space.WeightTable, widest)
	bands func(block string, s *stage) []space.Band
}

// kinds are the kinds of blocks; a new one is one line.
var kinds = map[string]kind{
	MBConv:     {inverted, listInverted, bandsOfInverted},
	Basic:      {basic, listBasic, bandsOfBasic},
	Bottleneck: {bottleneck, listBottleneck, bandsOfBottleneck},
	Plain:      {plain, listPlain, bandsOfPlain},
}

// middle returns expansion times channels, at least 2.
func middle(expansion float64, channels int) int {
	return max(minWidth, int(math.Round(expansion*float64(channels))))
}

// squeezed returns the channels inside squeeze and excitation of c channels: a quarter,
// rounded to a multiple of 8 that is no more than a tenth below it (MobileNetV3).
func squeezed(c int) int {
	n := max(8, (c/4+4)/8*8)
	if 10*n < 9*(c/4) {
		n += 8
	}
	return n
}

func inverted(b *space.Planner, x space.Map, c choice) space.Map {
	y := x
	if c.expands {
		y = b.Conv(y, space.ConvSpec{Weight: c.name + "/expand", Norm: c.name + "/expand/norm", K: space.Square(1), S: 1, OutC: middle(c.expansion, x.C), Act: c.act})
	}
	var transforms []string
	for _, k := range c.smaller {
		transforms = append(transforms, matrixName(c.name, k))
	}
	y = b.Conv(y, space.ConvSpec{Weight: c.name + "/depthwise", Transforms: transforms, Norm: c.name + "/depthwise/norm", K: space.Square(c.kernel), S: c.stride, Depthwise: true, Act: c.act})
	if c.excite {
		y = b.Excite(y, c.name+"/excite", squeezed(y.C), space.ReLU, space.HardSigmoid)
	}
	y = b.Conv(y, space.ConvSpec{Weight: c.name + "/project", Norm: c.name + "/project/norm", K: space.Square(1), S: 1, OutC: c.width})
	if c.stride == 1 && x.C == c.width {
		y = b.Add("", space.NoAct, y, x)
	}
	return y
}

func listInverted(t *space.WeightTable, w widest) {
	mid := w.in
	if w.stage.expands() {
		mid = middle(last(w.stage.Expansions), w.in)
		t.Dense(w.name+"/expand", w.name+"/expand/norm", mid, w.in, space.Square(1))
	}
	t.Depthwise(w.name+"/depthwise", w.name+"/depthwise/norm", mid, space.Square(last(w.stage.Kernels)))
	if w.transforms {
		for _, k := range steps(last(w.stage.Kernels), w.stage.Kernels[0]) {
			t.Add(space.Weight{Name: matrixName(w.name, k), Role: space.Matrix, OutC: k * k, InC: k * k})
		}
	}
	if w.excite {
		biased(t, w.name+"/excite/reduce", squeezed(mid), mid)
		biased(t, w.name+"/excite/expand", mid, squeezed(mid))
	}
	t.Dense(w.name+"/project", w.name+"/project/norm", w.out, mid, space.Square(1))
}

// joined appends the sum of a block's input, projected where shapes differ, and what it
// made of it, and the activation.
func joined(b *space.Planner, x, y space.Map, c choice) space.Map {
	if c.stride > 1 || x.C != y.C {
		x = b.Conv(x, space.ConvSpec{Weight: c.name + "/shortcut", Norm: c.name + "/shortcut/norm", K: space.Square(1), S: c.stride, OutC: c.width})
	}
	return b.Add("", c.act, y, x)
}

// zeroed makes the block's last norm begin at 0, if that is declared.
func (w *widest) zeroed(t *space.WeightTable, norm string) {
	t.Add(space.Weight{Name: w.name + norm, Role: space.Norm, OutC: w.out, Zero: w.zero})
}

func listShortcut(t *space.WeightTable, w widest) {
	if w.shortOut > 0 {
		t.Dense(w.name+"/shortcut", w.name+"/shortcut/norm", w.shortOut, w.shortIn, space.Square(1))
	}
}

func basic(b *space.Planner, x space.Map, c choice) space.Map {
	y := b.Conv(x, space.ConvSpec{Weight: c.name + "/a", Norm: c.name + "/a/norm", K: space.Square(c.kernel), S: c.stride, OutC: middle(c.expansion, c.width), Act: c.act})
	y = b.Conv(y, space.ConvSpec{Weight: c.name + "/b", Norm: c.name + "/b/norm", Zero: c.zero, K: space.Square(c.kernel), S: 1, OutC: c.width})
	return joined(b, x, y, c)
}

func listBasic(t *space.WeightTable, w widest) {
	mid, k := middle(last(w.stage.Expansions), w.out), last(w.stage.Kernels)
	t.Dense(w.name+"/a", w.name+"/a/norm", mid, w.in, space.Square(k))
	t.Dense(w.name+"/b", w.name+"/b/norm", w.out, mid, space.Square(k))
	w.zeroed(t, "/b/norm")
	listShortcut(t, w)
}

func bottleneck(b *space.Planner, x space.Map, c choice) space.Map {
	mid := middle(c.expansion, c.width)
	y := b.Conv(x, space.ConvSpec{Weight: c.name + "/a", Norm: c.name + "/a/norm", K: space.Square(1), S: 1, OutC: mid, Act: c.act})
	y = b.Conv(y, space.ConvSpec{Weight: c.name + "/b", Norm: c.name + "/b/norm", K: space.Square(c.kernel), S: c.stride, OutC: mid, Act: c.act})
	y = b.Conv(y, space.ConvSpec{Weight: c.name + "/c", Norm: c.name + "/c/norm", Zero: c.zero, K: space.Square(1), S: 1, OutC: c.width})
	return joined(b, x, y, c)
}

func listBottleneck(t *space.WeightTable, w widest) {
	mid := middle(last(w.stage.Expansions), w.out)
	t.Dense(w.name+"/a", w.name+"/a/norm", mid, w.in, space.Square(1))
	t.Dense(w.name+"/b", w.name+"/b/norm", mid, mid, space.Square(last(w.stage.Kernels)))
	t.Dense(w.name+"/c", w.name+"/c/norm", w.out, mid, space.Square(1))
	w.zeroed(t, "/c/norm")
	listShortcut(t, w)
}

func plain(b *space.Planner, x space.Map, c choice) space.Map {
	return b.Conv(x, space.ConvSpec{Weight: c.name + "/conv", Norm: c.name + "/conv/norm", K: space.Square(c.kernel), S: c.stride, OutC: c.width, Act: c.act})
}

func listPlain(t *space.WeightTable, w widest) {
	t.Dense(w.name+"/conv", w.name+"/conv/norm", w.out, w.in, space.Square(last(w.stage.Kernels)))
}
