package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// deck hands out values in random order, each once before any comes again.
type deck[T any] struct {
	values, left []T
	r            *rand.Rand
}

func newDeck[T any](r *rand.Rand, values ...T) *deck[T] { return &deck[T]{values: values, r: r} }

func (d *deck[T]) draw() T {
	if len(d.left) == 0 {
		d.left = slices.Clone(d.values)
		d.r.Shuffle(len(d.left), func(i, j int) { d.left[i], d.left[j] = d.left[j], d.left[i] })
	}
	v := d.left[0]
	d.left = d.left[1:]
	return v
}

// span returns a deck of the numbers from lo to hi.
func span(r *rand.Rand, lo, hi int) *deck[int] {
	d := newDeck[int](r)
	for n := lo; n <= hi; n++ {
		d.values = append(d.values, n)
	}
	return d
}

// form is what a convolution is but for its sizes.
type form struct{ kh, kw, s, padH, padW, dil int }

// forms returns a deck of all forms of the given kernels, strides, paddings and
// dilations.
func forms(r *rand.Rand, ks, strides, pads, dils []int) *deck[form] {
	d := newDeck[form](r)
	for _, k := range ks {
		for _, s := range strides {
			for _, p := range pads {
				for _, dil := range dils {
					d.values = append(d.values, form{k, k, s, p, p, dil})
				}
			}
		}
	}
	return d
}

// rectangles returns a deck of forms whose kernels are no squares, each side drawn by itself.
func rectangles(r *rand.Rand) *deck[form] {
	sides, strides, pads, dils := newDeck(r, allKernels...), newDeck(r, allStrides...), newDeck(r, allPads...), newDeck(r, allDilation...)
	d := newDeck[form](r)
	for _, kh := range allKernels {
		for range allKernels {
			kw := sides.draw()
			if kw != kh {
				d.values = append(d.values, form{kh, kw, strides.draw(), pads.draw(), pads.draw(), dils.draw()})
			}
		}
	}
	return d
}

// walk is a way through one kind of convolution.
type walk struct {
	name  string
	cases int
	draw  func() Conv
}

// mapped returns a convolution of f over a map of drawn sizes. A size that f
// cannot take stays in its deck, behind the others, and the least one is used.
func mapped(f form, images, height, width *deck[int]) Conv {
	size := func(d *deck[int], k, pad int) int {
		least := f.dil*(k-1) + 1 - 2*pad
		n := d.draw()
		if n < least {
			d.left = append(d.left, n)
			return least
		}
		return n
	}
	return Conv{N: images.draw(), H: size(height, f.kh, f.padH), W: size(width, f.kw, f.padW), KH: f.kh, KW: f.kw, S: f.s, PadH: f.padH, PadW: f.padW, Dil: f.dil, G: 1}
}

var (
	allKernels  = []int{1, 2, 3, 4, 5, 7}
	depthwises  = []int{1, 2, 3, 4, 5, 6, 7, 8, 9} // more, so that all numbers of taps occur
	allStrides  = []int{1, 2, 3}
	allPads     = []int{0, 1, 2, 3, 4}
	allDilation = []int{1, 2}
)

const (
	mostChannels = 70
	mostSize     = 20
)

// channelPairs returns a deck of input and output channels. Quick, each number
// occurs once on both sides; exhaustive, every pair occurs.
func channelPairs(r *rand.Rand, lo, hi int) *deck[[2]int] {
	d := newDeck[[2]int](r)
	out := span(r, lo, hi)
	for in := lo; in <= hi; in++ {
		for o := lo; exhaustive && o <= hi; o++ {
			d.values = append(d.values, [2]int{in, o})
		}
		if !exhaustive {
			d.values = append(d.values, [2]int{in, out.draw()})
		}
	}
	return d
}

// dense returns a walk over dense convolutions, a third of them windows of
// larger weights.
func dense(r *rand.Rand, name string, cases int, f *deck[form], channels *deck[[2]int], images, height, width *deck[int]) walk {
	wider := newDeck(r, 0, 0, 0, 0, 1, 2)
	return walk{name, cases, func() Conv {
		c := mapped(f.draw(), images, height, width)
		pair := channels.draw()
		c.InC, c.OutC = pair[0], pair[1]
		c.WKH, c.WKW, c.WInC = c.KH+2*wider.draw(), c.KW+2*wider.draw(), c.InC+7*wider.draw()
		return c
	}}
}

// depthwise returns a walk over depthwise convolutions.
func depthwise(r *rand.Rand, name string, cases int, f *deck[form], images, height, width *deck[int]) walk {
	wider, channels := newDeck(r, 0, 0, 0, 0, 1, 2), span(r, 1, mostChannels)
	return walk{name, cases, func() Conv {
		c := mapped(f.draw(), images, height, width)
		c.InC = channels.draw()
		c.OutC, c.G, c.WC = c.InC, c.InC, c.InC+5*wider.draw()
		c.WKH, c.WKW = c.KH+2*wider.draw(), c.KW+2*wider.draw()
		return c
	}}
}

// rowWidths are those of depthwiseRows: rows of one tile, and of two and three of
// each size.
func rowWidths() (widths []int) {
	for w := 1; w <= 34; w++ {
		widths = append(widths, w)
	}
	return append(widths, 42, 48)
}

// depthwiseRows returns a walk over depthwise convolutions whose border is half a
// kernel, of every width.
func depthwiseRows(r *rand.Rand, cases int) walk {
	type row struct {
		k, s, w  int
		channels *deck[int]
	}
	few, many := span(r, 1, Block), span(r, Block+1, mostChannels)
	rows := newDeck[row](r)
	for _, w := range rowWidths() {
		for _, k := range rowKernels {
			rows.values = append(rows.values, row{k, 1, w, few}, row{k, 2, w, few}, row{k, 1, w, many}, row{k, 2, w, many})
		}
	}
	images, height := span(r, 1, 3), span(r, 1, 9)
	return walk{"depthwise rows", cases, func() Conv {
		f := rows.draw()
		c := f.channels.draw()
		return Conv{N: images.draw(), H: height.draw(), W: f.w, InC: c, OutC: c, KH: f.k, KW: f.k, S: f.s, PadH: f.k / 2, PadW: f.k / 2, Dil: 1, G: c, WC: c}
	}}
}

// smallChannelLayers returns a walk over convolutions of few input channels, all kernels
// by all numbers of channels.
func smallChannelLayers(r *rand.Rand, cases int) walk {
	type layer struct{ kh, kw, in, out int }
	layers := newDeck[layer](r)
	for _, k := range allKernels[1:] {
		for in := 1; in <= smallChannels; in++ {
			layers.values = append(layers.values, layer{k, k, in, Block - 3}, layer{k, k, in, Block + 7}, layer{1, k, in, Block - 3}, layer{1, k, in, Block + 7})
		}
	}
	images, size := span(r, 1, 2), span(r, 7, 9)
	return walk{"few input channels", cases, func() Conv {
		l := layers.draw()
		return Conv{N: images.draw(), H: size.draw(), W: size.draw(), InC: l.in, OutC: l.out, KH: l.kh, KW: l.kw, S: 1, PadH: l.kh / 2, PadW: l.kw / 2, Dil: 1, G: 1}
	}}
}

// firstConvs returns a walk over first convolutions whose rows have tiles of their own, of
// every width of a tile and of rows of several.
func firstConvs(r *rand.Rand, cases int) walk {
	type layer struct{ in, s, cols int }
	layers := newDeck[layer](r)
	for cols := 7; cols <= 17; cols++ {
		for _, in := range []int{1, 2, 3} {
			layers.values = append(layers.values, layer{in, 1, cols}, layer{in, 2, cols})
		}
	}
	layers.values = append(layers.values, layer{1, 1, 28}, layer{3, 2, 33}, layer{3, 1, 32})
	images, height, out, odd := span(r, 1, 2), span(r, 1, 9), span(r, 1, Block), span(r, 0, 1)
	return walk{"first convolutions", cases, func() Conv {
		l := layers.draw()
		w := l.cols*l.s - (l.s-1)*odd.draw()
		return Conv{N: images.draw(), H: height.draw(), W: w, InC: l.in, OutC: out.draw(), KH: firstConvSide, KW: firstConvSide, S: l.s, PadH: 1, PadW: 1, Dil: 1, G: 1}
	}}
}

// grouped returns a walk over convolutions of several groups.
func grouped(r *rand.Rand, cases int) walk {
	f := forms(r, allKernels, allStrides, allPads, allDilation)
	images, height, width := span(r, 1, 3), span(r, 1, 8), span(r, 1, 8)
	groups, in, out := span(r, 2, 5), span(r, 1, 18), span(r, 2, 34)
	return walk{"grouped", cases, func() Conv {
		c := mapped(f.draw(), images, height, width)
		c.G = groups.draw()
		c.InC, c.OutC = c.G*in.draw(), c.G*out.draw()
		return c
	}}
}

// walks returns the ways that together meet every size, form and tile.
func walks(r *rand.Rand) []walk {
	few := newDeck[[2]int](r)
	for _, in := range []int{1, 2, 3, 5, 6, 7, 12, 16, 17} {
		few.values = append(few.values, [2]int{in, 1 + (in*11+3)%20}, [2]int{in, 17 + in})
	}
	all := func() *deck[form] { return forms(r, allKernels, allStrides, allPads, allDilation) }
	// Several passes over pixels that the weight gradient packs.
	wide := newDeck(r, [2]int{packChannels, 16}, [2]int{17, packChannels}, [2]int{packChannels + 37, 3})
	wino := forms(r, []int{3, 5}, []int{1}, allPads, []int{1})
	n := func(quick, full int) int {
		if exhaustive {
			return full
		}
		return quick
	}
	one, three := span(r, 1, 1), span(r, 1, 3)
	pointwise := channelPairs(r, 1, mostChannels)
	for in := 1; in <= Block; in++ {
		pointwise.values = append(pointwise.values, [2]int{in, Block}) // the weight gradient's tiles of one block
	}
	return []walk{
		dense(r, "all channels", n(180, 4900), all(), channelPairs(r, 1, mostChannels), one, span(r, 1, 5), span(r, 1, 5)),
		dense(r, "all maps", n(180, 3600), all(), few, one, span(r, 1, mostSize), span(r, 1, mostSize)),
		dense(r, "pointwise", n(86, 4900), forms(r, []int{1}, []int{1}, []int{0}, []int{1}), pointwise, three, span(r, 1, 7), span(r, 1, 3)),
		dense(r, "pointwise, wide", n(3, 30), forms(r, []int{1}, []int{1}, []int{0}, []int{1}), wide, span(r, 5, 5), span(r, 10, 12), span(r, 10, 12)),
		dense(r, "Winograd, all channels", n(59, 3481), wino, channelPairs(r, winoChannels, mostChannels), one, span(r, 2, 9), span(r, 2, 9)),
		dense(r, "Winograd, all maps", n(40, 800), wino, channelPairs(r, winoChannels, 20), three, span(r, 1, mostSize), span(r, 1, mostSize)),
		smallChannelLayers(r, n(120, 1200)),
		firstConvs(r, n(69, 1400)),
		grouped(r, n(90, 1800)),
		depthwise(r, "depthwise", n(270, 5400), forms(r, depthwises, allStrides, allPads, allDilation), three, span(r, 1, mostSize), span(r, 1, mostSize)),
		dense(r, "rectangles", n(60, 1200), rectangles(r), few, one, span(r, 1, 9), span(r, 1, 9)),
		depthwise(r, "depthwise rectangles", n(60, 1200), rectangles(r), one, span(r, 1, 9), span(r, 1, 9)),
		depthwiseRows(r, n(2*3*2*len(rowWidths()), 8000)),
	}
}

// TestWalk compares all passes of all sets with float64 loops along the walks,
// operands at any offset between guard values, and fails if a tile of a table
// was never called on the way.
func TestWalk(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	var engines []*Engine
	var records []tileRecord
	for _, s := range sets() {
		rec := tileRecord{}
		if s.tiles != nil {
			s, rec = recorded(s)
		}
		engines, records = append(engines, NewEngine(s, p)), append(records, rec)
	}
	r := rand.New(rand.NewPCG(31, 32))
	met := map[string]map[int]bool{}
	for _, w := range walks(r) {
		for range w.cases {
			c := w.draw()
			meet(met, c)
			k := newTrial(c, r)
			for _, e := range engines {
				k.run(t, e)
			}
		}
	}
	checkMet(t, met)
	for i, rec := range records {
		if engines[i].Set.tiles == nil {
			continue
		}
		checkRecord(t, engines[i].Set, rec)
	}
}

// meet notes the sizes of c.
func meet(met map[string]map[int]bool, c Conv) {
	kind := "dense "
	if c.WC > 0 {
		kind = "depthwise "
	}
	for name, n := range map[string]int{
		"InC": c.InC, "OutC": c.OutC, "H": c.H, "W": c.W, "KH": c.KH, "KW": c.KW, "S": c.S, "PadH": c.PadH, "PadW": c.PadW, "Dil": c.Dil,
	} {
		if met[kind+name] == nil {
			met[kind+name] = map[int]bool{}
		}
		met[kind+name][n] = true
	}
}

// checkMet fails for a size that no case had.
func checkMet(t *testing.T, met map[string]map[int]bool) {
	for _, kind := range []string{"dense ", "depthwise "} {
		for name, last := range map[string]int{"InC": mostChannels, "OutC": mostChannels, "H": mostSize, "W": mostSize, "S": 3, "PadH": 4, "PadW": 4, "Dil": 2, "KH": 5, "KW": 5} {
			first := 1
			if name == "PadH" || name == "PadW" {
				first = 0
			}
			for n := first; n <= last; n++ {
				if !met[kind+name][n] {
					t.Errorf("no %sconvolution had %s = %d", kind, name, n)
				}
			}
		}
	}
}

// checkRecord fails for tiles of s that were never called; what measures the
// peak is no tile.
func checkRecord(t *testing.T, s *Set, rec tileRecord) {
	for name, n := range rec {
		if n.Load() == 0 && name != "peak" {
			t.Errorf("%s: the walk never called %s", s.Name, name)
		}
	}
}
