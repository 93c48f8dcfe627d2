package kernel

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// border is what a kernel does with products of the zeros around a map. They only
// show when the other factor is infinite or NaN: zero times that is NaN.
type border uint8

const (
	skipped    border = iota // no product
	multiplied               // a product with zero
	rowsOnly                 // rows above and below are skipped, columns beside are multiplied
)

// borderOf returns what e does with the border in a pass that is not Winograd's.
func borderOf(e *Engine, c Conv, pass int) border {
	t := e.Set.tiles
	if t == nil {
		return skipped
	}
	forward, back := c.forward(nil), c.backData(0, 0, nil)
	byRows := map[int]bool{
		plainForward:     c.depthwise() && t.byRows(&forward).k > 0,
		plainBackData:    c.depthwise() && (t.byRows(&back).k > 0 || t.transposedByRows(c).k > 0),
		plainBackWeights: c.depthwise() && t.gradByRows(&forward).k > 0,
	}
	fullRow := map[int]bool{
		plainForward:     t.byRows(&forward).fullRow[1] != nil,
		plainBackData:    t.byRows(&back).fullRow[1] != nil,
		plainBackWeights: t.gradByRows(&forward).fullRow != nil,
	}
	switch {
	case byRows[pass] && fullRow[pass]:
		return skipped
	case byRows[pass]:
		return rowsOnly
	case pass == plainBackWeights && !c.depthwise() && (c.KH*c.KW == 1 || c.InC/c.G > smallChannels):
		return skipped // the tap's rectangle inside the map is what the tile walks over
	default:
		return multiplied
	}
}

// takes reports whether a product counts whose row and column of the map are
// inside it or not.
func (b border) takes(row, col bool) bool {
	return row && col || b == multiplied || b == rowsOnly && row
}

// poisoned is an operand's place that is infinite or NaN, in one pass.
type poisoned struct {
	pass    int
	operand string // "x", "w" or "dy"
	place   int
}

// link joins a pixel of the input and one of the output by a tap. A pixel beyond
// its map is -1; row and col tell whether the other map's are inside.
type link struct {
	x, y     int
	row, col bool
}

// links returns the links of tap k. To the output, pixels of the input may lie
// beyond their map, and with back the other way round.
func links(c Conv, k int, back bool) (list []link) {
	oh, ow, far := c.OutH(), c.OutW(), 0
	if back {
		far = c.Dil*(max(c.KH, c.KW)-1) + max(c.PadH, c.PadW) + 1
	}
	inside := func(i, n int) bool { return i >= 0 && i < n }
	for img := range c.N {
		for oy := -far; oy < oh+far; oy++ {
			for ox := -far; ox < ow+far; ox++ {
				iy, ix := oy*c.S-c.PadH+k/c.KW*c.Dil, ox*c.S-c.PadW+k%c.KW*c.Dil
				l := link{-1, -1, inside(iy, c.H), inside(ix, c.W)}
				if l.row && l.col {
					l.x = (img*c.H+iy)*c.W + ix
				}
				row, col := inside(oy, oh), inside(ox, ow)
				if row && col {
					l.y = (img*oh+oy)*ow + ox
				}
				if back {
					l.row, l.col = row, col
				}
				list = append(list, l)
			}
		}
	}
	return list
}

// direct returns which of n results p reaches by direct kernels with border b.
func (p poisoned) direct(c Conv, b border, n int) []bool {
	hit := make([]bool, n)
	in, out := c.InC/c.G, c.OutC/c.G
	for k := range c.KH * c.KW {
		list := slices.DeleteFunc(links(c, k, p.pass == plainBackData), func(l link) bool {
			return !b.takes(l.row, l.col) ||
				p.operand == "x" && l.x != p.place/c.InC || p.operand == "dy" && l.y != p.place/c.OutC
		})
		for o := range c.OutC {
			for i := range in {
				w, ch := weightIndex(c, o, i, k/c.KW, k%c.KW), o/out*in+i
				if p.operand == "w" && w != p.place ||
					p.operand == "x" && ch != p.place%c.InC || p.operand == "dy" && o != p.place%c.OutC {
					continue
				}
				for _, l := range list {
					switch {
					case p.pass == plainBackWeights:
						hit[w] = true
					case p.pass == plainForward:
						hit[l.y*c.OutC+o] = true
					case l.x >= 0:
						hit[l.x*c.InC+ch] = true
					}
				}
			}
		}
	}
	return hit
}

// spoils returns which of n outputs (or taps) one pixel at place p of a side of a
// Winograd tile reaches: its transforms keep the tile's two ends apart and mix
// what lies between.
func spoils(p, n int) (first, last int) {
	switch p {
	case 0:
		return 0, 1
	case winoSide - 1:
		return n - 1, n
	default:
		return 0, n
	}
}

// winograd returns which results p reaches by the form f.
func (p poisoned) winograd(c Conv, f *winoForm, n int) []bool {
	hit := make([]bool, n)
	r := c.forward(nil)
	if p.pass == plainBackData {
		r = c.backData(0, 0, nil)
	}
	if p.operand == "w" || p.pass == plainBackWeights && p.operand == "dy" {
		return p.winogradChannel(c, hit)
	}
	img, y, x, ch := p.place/r.inC/r.w/r.h, p.place/r.inC/r.w%r.h, p.place/r.inC%r.w, p.place%r.inC
	for t := range parts(r.rows, f.pixels) * parts(r.cols, f.pixels) {
		row, col := t/parts(r.cols, f.pixels)*f.pixels, t%parts(r.cols, f.pixels)*f.pixels
		py, px := y-r.dy0-row, x-r.dx0-col
		if min(py, px) < 0 || max(py, px) >= winoSide {
			continue
		}
		side := f.pixels
		if p.pass == plainBackWeights {
			side = f.taps
		}
		y0, y1 := spoils(py, side)
		x0, x1 := spoils(px, side)
		for i := y0; i < y1; i++ {
			for j := x0; j < x1; j++ {
				for o := range r.outC {
					switch {
					case p.pass == plainBackWeights:
						hit[weightIndex(c, o, ch, i, j)] = true
					case row+i < r.rows && col+j < r.cols:
						hit[((img*r.oh+row+i)*r.ow+col+j)*r.outC+o] = true
					}
				}
			}
		}
	}
	return hit
}

// winogradChannel marks what an infinite weight or output gradient reaches: all
// of the channels that it joins.
func (p poisoned) winogradChannel(c Conv, hit []bool) []bool {
	each(c, func(o, i, ky, kx int) {
		switch w := weightIndex(c, o, i, ky, kx); {
		case p.pass == plainBackWeights:
			hit[w] = hit[w] || o == p.place%c.OutC
		case w == p.place:
			channel, channels := o, c.OutC
			if p.pass == plainBackData {
				channel, channels = i, c.InC
			}
			for at := channel; at < len(hit); at += channels {
				hit[at] = true
			}
		}
	})
	return hit
}

// reached returns the results that p reaches with e.
func (p poisoned) reached(e *Engine, c Conv, n int) []bool {
	if e.Set.tiles != nil {
		if f := winogradOf(e, c, p.pass); f != nil {
			return p.winograd(c, f, n)
		}
	}
	return p.direct(c, borderOf(e, c, p.pass), n)
}

// poisonCases have all kinds of kernels in all passes, on small maps.
func poisonCases() []testCase {
	return []testCase{
		{"few channels", Conv{N: 1, H: 5, W: 6, InC: 2, OutC: 18, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1}},
		{"dense", Conv{N: 2, H: 5, W: 6, InC: 8, OutC: 18, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1}},
		{"dense, unpadded window", Conv{N: 1, H: 6, W: 5, InC: 8, OutC: 18, KH: 3, KW: 3, S: 1, WInC: 9, WKH: 5, WKW: 5}},
		{"row of taps", Conv{N: 2, H: 2, W: 9, InC: 8, OutC: 18, KH: 1, KW: 5, S: 1, PadW: 2}},
		{"depthwise column", Conv{N: 1, H: 8, W: 3, InC: 9, OutC: 9, KH: 5, KW: 1, S: 2, PadH: 2, G: 9, WC: 9}},
		{"stride 2", Conv{N: 1, H: 8, W: 7, InC: 8, OutC: 5, KH: 3, KW: 3, S: 2, PadH: 1, PadW: 1}},
		{"dilated", Conv{N: 1, H: 6, W: 6, InC: 13, OutC: 12, KH: 3, KW: 3, S: 1, PadH: 2, PadW: 2, Dil: 2}},
		{"grouped", Conv{N: 1, H: 5, W: 5, InC: 16, OutC: 6, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, G: 2}},
		{"pointwise", Conv{N: 2, H: 3, W: 4, InC: 19, OutC: 33, KH: 1, KW: 1, S: 1}},
		{"3x3", Conv{N: 2, H: 9, W: 10, InC: 13, OutC: 18, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1}},
		{"3x3, unpadded", Conv{N: 1, H: 10, W: 7, InC: 12, OutC: 17, KH: 3, KW: 3, S: 1}},
		{"5x5", Conv{N: 1, H: 6, W: 7, InC: 12, OutC: 13, KH: 5, KW: 5, S: 1, PadH: 2, PadW: 2}},
		{"depthwise", Conv{N: 2, H: 5, W: 9, InC: 21, OutC: 21, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, G: 21, WC: 21}},
		{"depthwise 7x7", Conv{N: 1, H: 6, W: 20, InC: 9, OutC: 9, KH: 7, KW: 7, S: 1, PadH: 3, PadW: 3, G: 9, WC: 9}},
		{"depthwise, stride 2", Conv{N: 1, H: 7, W: 8, InC: 9, OutC: 9, KH: 5, KW: 5, S: 2, PadH: 2, PadW: 2, G: 9, WC: 9}},
		{"depthwise, stride 2, odd", Conv{N: 1, H: 8, W: 9, InC: 9, OutC: 9, KH: 3, KW: 3, S: 2, PadH: 1, PadW: 1, G: 9, WC: 9}},
		{"depthwise, dilated", Conv{N: 1, H: 6, W: 7, InC: 17, OutC: 17, KH: 3, KW: 3, S: 1, PadH: 2, PadW: 2, Dil: 2, G: 17, WC: 17}},
	}
}

// TestPoisonReachesItsUsersOnly puts one infinity or NaN into an operand and
// checks every result of every pass: those that use it are not finite, all
// others have the bits that they have without.
func TestPoisonReachesItsUsersOnly(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	for _, k := range poisonCases() {
		k.c.G, k.c.Dil = max(k.c.G, 1), max(k.c.Dil, 1)
		x, w, dy := operands(k.c, rand.New(rand.NewPCG(41, 42)))
		c := k.c.withDefaults(x, w, dy)
		for _, s := range sets() {
			e := NewEngine(s, p)
			for _, b := range poisons(c, len(x), len(dy)) {
				checkPoison(t, k.name, e, c, b, x, w, dy)
			}
		}
	}
}

// poisons returns places at the start, in the middle and at the end of each
// operand of each pass.
func poisons(c Conv, nx, ny int) (list []poisoned) {
	var taps []int
	each(c, func(o, i, ky, kx int) { taps = append(taps, weightIndex(c, o, i, ky, kx)) })
	for pass, names := range map[int][]string{plainForward: {"x", "w"}, plainBackData: {"dy", "w"}, plainBackWeights: {"x", "dy"}} {
		for _, name := range names {
			switch name {
			case "w":
				for _, i := range []int{0, len(taps) / 2, len(taps) - 1} {
					list = append(list, poisoned{pass, name, taps[i]})
				}
			default:
				n := map[string]int{"x": nx, "dy": ny}[name]
				for _, i := range []int{0, n / 2, n - 1} {
					list = append(list, poisoned{pass, name, i})
				}
			}
		}
	}
	return list
}

// checkPoison runs p's pass with and without p.
func checkPoison(t *testing.T, name string, e *Engine, c Conv, p poisoned, x, w, dy []float32) {
	run := func(x, w, dy []float32) []float32 {
		var out []float32
		switch p.pass {
		case plainForward:
			out = make([]float32, len(dy))
			e.Forward(c, x, w, out, Epilogue{}, Fusion{})
		case plainBackData:
			out = make([]float32, len(x))
			e.BackwardData(c, dy, w, out, false, Fusion{})
		default:
			out = make([]float32, len(w))
			e.BackwardWeights(c, x, dy, out, Fusion{})
		}
		return out
	}
	clean := run(x, w, dy)
	reached := p.reached(e, c, len(clean))
	operand := map[string][]float32{"x": x, "w": w, "dy": dy}
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		in := maps.Clone(operand)
		in[p.operand] = slices.Clone(in[p.operand])
		in[p.operand][p.place] = float32(bad)
		for i, v := range run(in["x"], in["w"], in["dy"]) {
			finite := !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0)
			same := math.Float32bits(v) == math.Float32bits(clean[i])
			if reached[i] && finite || !reached[i] && !same {
				t.Fatalf("%s, %s, pass %d, %g in %s[%d]: result %d is %g, without it %g; it is reached: %t",
					name, e.Set.Name, p.pass, bad, p.operand, p.place, i, v, clean[i], reached[i])
			}
		}
	}
}
