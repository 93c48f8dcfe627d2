package predictor

import (
	"encoding/hex"
	"maps"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// graphNumbers is how many numbers a graph has.
const graphNumbers = 7

// longestPath is how many operations of a path are told apart, counted from its end.
const longestPath = 5

// move is an operation on a path, coded in one byte; 0 is none.
type move = byte

// pathOf is the operations along a path, the last one first.
type pathOf [longestPath]move

func (p pathOf) then(m move) pathOf {
	if m == 0 {
		return p
	}
	var out pathOf
	out[0] = m
	copy(out[1:], p[:longestPath-1])
	return out
}

// moveCodes are the codes of ops on paths, without kernel and stride; 0 for those that only
// hand on or sum. Convolutions take the codes up to 6, layers whose kernel is no square those
// from 11 on. Files hold them.
var moveCodes = map[space.Op]move{
	space.Conv: 1, space.MaxPool: 7, space.AvgPool: 8, space.Zero: 9, space.Scale: 10,
	space.Add: 0, space.GlobalPool: 0, space.Linear: 0, space.Identity: 0, space.Resize: 0,
}

// moveOf returns what a layer does to a path, 0 for layers that only hand on or sum. Sizes
// do not count, so that stages of different width have the same moves.
func moveOf(l space.Layer) move {
	m := moveCodes[l.Op]
	switch {
	case m == 0:
		return 0
	case l.K.H != l.K.W:
		m = oblong(l)
	case l.Op == space.Conv:
		m = squareConv(l)
	}
	m = m<<3 | byte(min(max(l.K.H, l.K.W), 7))
	if l.S > 1 {
		m |= 0x80
	}
	return m
}

// squareConv returns the code of a convolution with a square kernel: by groups and dilation.
func squareConv(l space.Layer) move {
	m := moveCodes[space.Conv]
	if l.G > 1 {
		m++
	}
	if l.G > 1 && l.G < l.InC {
		m++
	}
	if l.Dil > 1 {
		m += 3
	}
	return m
}

// oblong returns the code, without the size, of a layer whose kernel is no square: by where
// it lies, and for convolutions by whether they have groups.
func oblong(l space.Layer) move {
	m := move(11)
	if l.K.W > l.K.H {
		m++
	}
	switch {
	case l.Op != space.Conv || l.Dil > 1:
		return 15
	case l.G > 1:
		return m + 2
	}
	return m
}

// counted is a path and how many there are of it, times the weight of the operations.
type counted struct {
	path pathOf
	n    float64
}

// graph is what a plan's shape says of a network.
type graph struct {
	paths   map[string]float64 // from cut to cut, by the operations on them, the last first
	moves   map[string]float64 // operations of each kind
	numbers []float64
	signals []float64 // graphSignals of them, at the output
}

// newGraph cuts a plan at the steps that all paths from the picture to the output go
// through, and counts the paths from each cut to the next by the operations on them. Cells
// that are repeated count as often as they are; skips are contracted, and what does not
// reach the output is not there.
func newGraph(p space.Plan) graph {
	g := graph{paths: make(map[string]float64), moves: make(map[string]float64)}
	live, last := readers(p)
	var depth lengths
	at := make([][]counted, len(p)) // paths from the latest cut
	ways := make([]lengths, len(p))
	flow := newFlow(len(p))
	reach := 0 // furthest reader of steps before this one
	for i, s := range p {
		if !live[i] {
			continue
		}
		m := moveOf(s.Layer)
		if m != 0 {
			g.moves[pathOf{m}.text()]++
		}
		var in []counted
		var w lengths
		for _, j := range s.In {
			if j < 0 {
				in = append(in, counted{n: 1})
				w.add(lengths{count: 1})
			} else {
				in = append(in, at[j]...)
				w.add(ways[j])
			}
		}
		flow.step(i, s)
		w.step(m)
		ways[i] = w
		at[i] = merge(in, m)
		if reach <= i { // no path goes around this step
			for _, c := range at[i] {
				if c.path != (pathOf{}) {
					g.paths[c.path.text()] += c.n
				}
			}
			at[i] = []counted{{n: 1}}
			depth.join(w)
			ways[i] = lengths{count: 1}
			flow.cut(i)
		}
		reach = max(reach, last[i])
	}
	g.numbers = []float64{
		depth.shortest, depth.longest, depth.mean, math.Sqrt(depth.variance), math.Log(depth.count),
		math.Log(float64(p.FLOPs())), math.Log(float64(p.Params())),
	}
	g.signals = flow.numbers(len(p) - 1)
	return g
}

// readers returns which steps reach the output, and the reader of each that is furthest on.
func readers(p space.Plan) (live []bool, last []int) {
	live, last = make([]bool, len(p)), make([]int, len(p))
	live[len(p)-1] = true
	for i := len(p) - 1; i >= 0; i-- {
		if !live[i] {
			continue
		}
		for _, j := range p[i].In {
			if j >= 0 {
				live[j], last[j] = true, max(last[j], i)
			}
		}
	}
	return live, last
}

// merge appends a move to paths and joins equal ones.
func merge(in []counted, m move) []counted {
	out := in[:0]
	for _, c := range in {
		out = append(out, counted{c.path.then(m), c.n})
	}
	slices.SortStableFunc(out, func(a, b counted) int { return slices.Compare(a.path[:], b.path[:]) })
	k := 0
	for i := 1; i < len(out); i++ {
		if out[i].path == out[k].path {
			out[k].n += out[i].n
		} else {
			k++
			out[k] = out[i]
		}
	}
	return out[:min(k+1, len(out))]
}

// lengths are how long the paths to a step are, in operations.
type lengths struct{ count, shortest, longest, mean, variance float64 }

// add joins other paths to the same step.
func (a *lengths) add(b lengths) {
	if a.count == 0 {
		*a = b
		return
	}
	n := a.count + b.count
	d := b.mean - a.mean
	a.variance = (a.count*a.variance+b.count*b.variance)/n + d*d*a.count*b.count/(n*n)
	a.mean += d * b.count / n
	a.shortest, a.longest, a.count = min(a.shortest, b.shortest), max(a.longest, b.longest), n
}

// step makes all paths longer by a move; one of no operation adds nothing.
func (a *lengths) step(m move) {
	if m == 0 {
		return
	}
	a.shortest, a.longest, a.mean = a.shortest+1, a.longest+1, a.mean+1
}

// join continues all paths by those of the next piece.
func (a *lengths) join(b lengths) {
	if a.count == 0 {
		a.count = 1
	}
	a.count = min(a.count*b.count, 1e300)
	a.shortest, a.longest, a.mean, a.variance = a.shortest+b.shortest, a.longest+b.longest, a.mean+b.mean, a.variance+b.variance
}

// text writes the operations of a path, the last one first, in hexadecimal digits.
func (p pathOf) text() string {
	n := 0
	for n < len(p) && p[n] != 0 {
		n++
	}
	return hex.EncodeToString(p[:n])
}

// PlanNumbers returns a function that gives sizes of a network's plan: the graph's lengths
// of paths, logarithms of FLOPs and parameters, and how often each kind of operation is
// done, of the kinds that these architectures have. It may be called at the same time.
func PlanNumbers(plan func(space.Arch) space.Plan, archs []space.Arch) func(space.Arch) []float64 {
	seen := make(map[string]bool)
	for _, a := range archs {
		for m := range newGraph(plan(a)).moves {
			seen[m] = true
		}
	}
	moves := slices.Sorted(maps.Keys(seen))
	return func(a space.Arch) []float64 {
		g := newGraph(plan(a))
		out := slices.Clone(g.numbers)
		for _, m := range moves {
			out = append(out, g.moves[m])
		}
		return out
	}
}
