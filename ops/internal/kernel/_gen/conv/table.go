package main

import (
	"bytes"
	"fmt"
)

// table writes the functions of an instruction set and the Go table of them.
type table struct {
	*isa
	b     *bytes.Buffer
	names []string // of the functions
}

// tiles emits all functions of an instruction set and the table of them.
func tiles(b *bytes.Buffer, s *isa) (names []string) {
	t := &table{isa: s, b: b}
	fmt.Fprintf(b, "// tiles%s returns the tiles of one instruction set.\nfunc tiles%[1]s() *tiles {\nreturn &tiles{\n", s.name)
	t.pair("dense", s.densePixels, func(n, blocks int) string { return dense(s, n, blocks) })
	t.pair("grad", s.gradRows, func(n, blocks int) string { return gradDense(s, n, blocks) })
	t.pair("gradIndirect", s.indirectRows, func(n, blocks int) string {
		return t.needed(n, s.indirectRows[blocks], indirectCounts(), func() string { return gradIndirect(s, n, blocks, true) })
	})
	t.row("depthwise: []tileFunc", s.depthPixels, func(n int) string { return depthwise(s, n) })
	t.row("taps: []tileFunc", s.depthTaps, func(n int) string {
		return t.needed(n, s.depthTaps, tapCounts(1), func() string { return gradIndirect(s, n, 1, false) })
	})
	t.depthRows("stride1", "Stride1", stride1, s.stride1Pixels, s.stride1Grads, s.stride1FullRow)
	t.depthRows("stride2", "Stride2", stride2, s.stride2Pixels, s.stride2Grads, s.stride2FullRow)
	t.depthRows("transposed", "Transposed", transposed, s.transposedPixels, nil, nil)
	t.firstConvs("firstConv", s.firstConvPixels, firstConv)
	t.firstConvs("gradFirstConv", s.firstConvPixels, gradFirstConv)
	t.one("gather", gather(s))
	t.one("transpose", transpose(s))
	t.one("peak", peak(s))
	t.one("winoInput", winoTransform(s, "winoInput", inputLine))
	t.form("wino3", output4, outputGrad4, filter3, filterGrad3)
	t.form("wino5", output2, outputGrad2, filter5, filterGrad5)
	fmt.Fprintf(b, "width: %d,\n}\n}\n\n", s.width)
	return t.names
}

// none stands in a list for a size that no shape is given.
const none = "nil"

// one writes a field of one function.
func (t *table) one(field, name string) {
	t.names = append(t.names, name)
	fmt.Fprintf(t.b, "%s: %s,\n", field, name)
}

// row writes a list of functions by size.
func (t *table) row(field string, n int, emit func(size int) string) {
	fmt.Fprintf(t.b, "%s{nil, ", field)
	for size := 1; size <= n; size++ {
		name := emit(size)
		if name != none {
			t.names = append(t.names, name)
		}
		fmt.Fprintf(t.b, "%s, ", name)
	}
	fmt.Fprintln(t.b, "},")
}

// pair writes lists of functions by the number of blocks of output channels.
func (t *table) pair(field string, most []int, emit func(size, blocks int) string) {
	fmt.Fprintf(t.b, "%s: [][]tileFunc{\n", field)
	for blocks := 1; blocks < len(most); blocks++ {
		if most[blocks] > 0 {
			t.row(fmt.Sprintf("%d: ", blocks), most[blocks], func(size int) string { return emit(size, blocks) })
		}
	}
	fmt.Fprintln(t.b, "},")
}

// firstConvs writes lists of tiles of first convolutions by input channels and stride.
func (t *table) firstConvs(field string, most int, emit func(s *isa, shape firstConvShape) string) {
	fmt.Fprintf(t.b, "%s: map[firstConvKind][]tileFunc{\n", field)
	for in := 1; most > 0 && in <= 3; in += 2 {
		for stride := 1; stride <= 2; stride++ {
			t.row(fmt.Sprintf("{%d, %d}: ", in, stride), most, func(n int) string {
				if n < firstConvLeast {
					return none
				}
				return emit(t.isa, firstConvOf(in, stride, n))
			})
		}
	}
	fmt.Fprintln(t.b, "},")
}

// needed emits a function of a size that one of the counts, cut evenly into the
// fewest parts of at most most, comes to.
func (t *table) needed(size, most int, counts []int, emit func() string) string {
	for _, n := range counts {
		parts := (n + most - 1) / most
		for i := range parts {
			if (i+1)*n/parts-i*n/parts == size {
				return emit()
			}
		}
	}
	return none
}

// mostTaps is a kernel's side beyond which cuts bring no new sizes.
const mostTaps = 16

// mostWidth is a row's width beyond which cuts bring no new sizes.
const mostWidth = 64

// tapCounts returns the numbers of taps of kernels of at least so many.
func tapCounts(least int) (counts []int) {
	for h := 1; h <= mostTaps; h++ {
		for w := 1; w <= mostTaps; w++ {
			if h*w >= least {
				counts = append(counts, h*w)
			}
		}
	}
	return counts
}

// indirectCounts returns the numbers of rows of gradients whose rows lie anywhere: taps of
// kernels larger than one tap by at most smallChannels input channels.
func indirectCounts() (counts []int) {
	const smallChannels = 6 // as in the package
	for _, taps := range tapCounts(2) {
		for in := 1; in <= smallChannels; in++ {
			counts = append(counts, taps*in)
		}
	}
	return counts
}

// depthRows writes the depthwise rows of a kind.
func (t *table) depthRows(field, name string, shape func(k, pixels int) rowShape, pixels map[int]int, grads map[int]rowGradSize, fullRow map[int][]int) {
	fmt.Fprintf(t.b, "%s: map[int]depthRows{\n", field)
	for _, k := range []int{3, 5, 7} {
		fmt.Fprintf(t.b, "%d: {\n", k)
		widest := 0
		if w, ok := fullRow[k]; ok {
			t.pair("fullRow", w, func(n, blocks int) string { return depthFullRow(t.isa, name, shape(k, n), blocks) })
			widest = w[1]
		}
		var cut []int // widths that take several tiles
		for w := widest + 1; w <= mostWidth; w++ {
			cut = append(cut, w)
		}
		t.row("rows: []tileFunc", pixels[k], func(n int) string {
			return t.needed(n, pixels[k], cut, func() string { return depthRows(t.isa, name, shape(k, n)) })
		})
		if g, ok := grads[k]; ok {
			t.rowGrads(name, shape, k, g)
		}
		fmt.Fprintln(t.b, "},")
	}
	fmt.Fprintln(t.b, "},")
}

// rowGrads writes the gradients of rows with k taps on a side: of the widest
// tile and, where the end of a row can be narrower than a border, of the next.
func (t *table) rowGrads(name string, shape func(k, pixels int) rowShape, k int, g rowGradSize) {
	widths := []int{g.pixels}
	if one := shape(k, 1); one.behind > shape(k, 2).inputs-one.inputs {
		widths = append(widths, g.pixels-1)
	}
	fmt.Fprint(t.b, "pixels: []int{")
	for _, w := range widths {
		fmt.Fprintf(t.b, "%d, ", w)
	}
	fmt.Fprint(t.b, "}, grads: [][]tileFunc{")
	for _, w := range widths {
		t.row("", g.rows, func(n int) string {
			if n != g.rows && n != k%g.rows {
				return none // rows of taps are taken g.rows at a time
			}
			return depthRowGrad(t.isa, name, shape, k, n, w)
		})
	}
	fmt.Fprintln(t.b, "},")
	if g.fullRow > 0 {
		t.row("fullRowGrads: []tileFunc", g.fullRow, func(n int) string { return depthFullRowGrad(t.isa, name, shape, k, n) })
	}
}

// form writes the transforms of one form of Winograd's algorithm.
func (t *table) form(field string, output, outputGrad, filter, filterGrad line) {
	fmt.Fprintf(t.b, "%s: winoForm{\ntaps: %d,\npixels: %d,\n", field, filter.in, output.out)
	t.one("output", winoOutput(t.isa, output))
	t.one("outputGrad", winoTransform(t.isa, "winoOutputGrad", outputGrad))
	t.one("filter", winoFilter(t.isa, filter))
	t.one("filterGrad", winoFilterGrad(t.isa, filterGrad))
	fmt.Fprintln(t.b, "},")
}
