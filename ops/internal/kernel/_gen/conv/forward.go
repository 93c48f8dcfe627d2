package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Distances in bytes of the fields of forwardTile, in the package's tile.go.
const (
	fwdX, fwdW, fwdY      = 72, 80, 88
	fwdXOff, fwdYOff      = 96, 104
	fwdTiles              = 112
	fwdRuns, fwdRunCount  = 120, 128
	fwdBlock, fwdEpilogue = 136, 144

	runSize = 24
)

// forward is a tile function under construction: pixels x blocks of 16 output
// channels, whose accumulators lie pixel by pixel.
type forward struct {
	*isa
	pixels, blocks int
	row            bool // pixels lie in one row: only the first one's place is read
	acc            []reg.VecVirtual
	ptr            []reg.GPVirtual // of the pixels' inputs, then outputs
	outPix         [4]Mem          // with row: from every fourth output to the next ones

	xOff, yOff, tiles Mem // state of the loop over tiles
	wBase, run, runs  Mem
}

// start emits the head of the loop over tiles: pixel pointers and zeroed accumulators.
func (f *forward) start(a reg.Register) {
	f.xOff, f.yOff, f.tiles = AllocLocal(8), AllocLocal(8), AllocLocal(8)
	f.wBase, f.run, f.runs = AllocLocal(8), AllocLocal(8), AllocLocal(8)
	for _, m := range []struct {
		off int
		to  Mem
	}{{fwdXOff, f.xOff}, {fwdYOff, f.yOff}, {fwdTiles, f.tiles}, {fwdW, f.wBase}} {
		MOVQ(load(a, m.off), m.to)
	}
	Label("tile")
	a = argument()
	n := load(a, fwdRunCount)
	MOVQ(n, f.runs)
	MOVQ(load(a, fwdRuns), f.run)
	x, off := load(a, fwdX), GP64()
	MOVQ(f.xOff, off)
	f.places(x, off)
	ADDQ(U32(uint32(4*f.pixels)), f.xOff)
	f.acc = f.zeros(f.pixels * f.blocks * f.vecs)
	TESTQ(n, n)
	JZ(LabelRef("finish"))
}

// finish emits epilogue and stores, and the end of the loop over tiles.
func (f *forward) finish() {
	Label("finish")
	a := argument()
	y, off := load(a, fwdY), GP64()
	MOVQ(f.yOff, off)
	f.places(y, off)
	if f.row {
		f.alongRow(load(a, fwdBlock))
	}
	ADDQ(U32(uint32(4*f.pixels)), f.yOff)
	m := f.loadMask(a)
	mode := load(a, fwdEpilogue+outMode)
	CMPQ(mode, U8(modeAdd))
	JL(LabelRef("store"))
	JG(LabelRef("epilogue"))
	f.each(func(p, b, j int, acc reg.VecVirtual) { f.addTo(m, p, b, j, acc) })
	JMP(LabelRef("store"))
	f.epilogue(a, mode)
	f.store(a, m)
	DECQ(f.tiles)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// places points at the pixels, or the first of a row, from the table at off.
func (f *forward) places(base, off reg.GPVirtual) {
	f.ptr = make([]reg.GPVirtual, f.pixels)
	if f.row {
		f.ptr = f.ptr[:1]
	}
	for p := range f.ptr {
		f.ptr[p] = GP64()
		MOVL(at(off, 4*p), f.ptr[p].As32())
		LEAQ(Mem{Base: base, Index: f.ptr[p], Scale: 4}, f.ptr[p])
	}
}

// alongRow points at every fourth output of a row, step bytes apart.
func (f *forward) alongRow(step reg.GPVirtual) {
	for p := 4; p < f.pixels; p += 4 {
		next := GP64()
		LEAQ(Mem{Base: f.ptr[len(f.ptr)-1], Index: step, Scale: 4}, next)
		f.ptr = append(f.ptr, next)
	}
	f.outPix = multiples(step)
}

// multiples returns the operands at none to three steps from a base to be set.
func multiples(step reg.GPVirtual) [4]Mem {
	three := GP64()
	LEAQ(Mem{Base: step, Index: step, Scale: 2}, three)
	return [4]Mem{1: {Index: step, Scale: 1}, 2: {Index: step, Scale: 2}, 3: {Index: three, Scale: 1}}
}

// each calls e for every accumulator: pixel p, block b, register j of the block.
func (f *forward) each(e func(p, b, j int, acc reg.VecVirtual)) {
	for i, acc := range f.acc {
		e(i/(f.blocks*f.vecs), i/f.vecs%f.blocks, i%f.vecs, acc)
	}
}

func (f *forward) out(p, b, j int) Mem {
	if f.row {
		m := f.outPix[p%4]
		m.Base = f.ptr[p/4]
		return m.Offset(f.bytes(b*f.vecs + j))
	}
	return at(f.ptr[p], f.bytes(b*f.vecs+j))
}

// addTo adds the output's old value to an accumulator.
func (f *forward) addTo(m mask, p, b, j int, acc reg.VecVirtual) {
	t := f.vec()
	if b == f.blocks-1 {
		f.loadLanes(m, j, f.out(p, b, j), t)
	} else {
		VMOVUPS(f.out(p, b, j), t)
	}
	VADDPS(t, acc, acc)
}

// epilogue emits bias and activation.
func (f *forward) epilogue(a reg.Register, mode reg.GPVirtual) {
	Label("epilogue")
	f.each(func(_, b, j int, acc reg.VecVirtual) {
		VADDPS(at(a, fwdEpilogue+outBias+f.bytes(b*f.vecs+j)), acc, acc)
	})
	f.activation(a, fwdEpilogue, "", "store", mode, f.acc)
}

// store emits the stores, masked only where the last block is not full.
func (f *forward) store(a reg.Register, m mask) {
	Label("store")
	lanes := GP32()
	MOVL(at(a, argLanes), lanes)
	CMPL(lanes, U32(0xffff))
	JNE(LabelRef("masked"))
	f.each(func(p, b, j int, acc reg.VecVirtual) { VMOVUPS(acc, f.out(p, b, j)) })
	JMP(LabelRef("next"))
	Label("masked")
	tmp := f.vec()
	f.each(func(p, b, j int, acc reg.VecVirtual) {
		if b == f.blocks-1 {
			f.storeLanes(m, j, acc, f.out(p, b, j), tmp)
		} else {
			VMOVUPS(acc, f.out(p, b, j))
		}
	})
	Label("next")
}

// dense emits a tile of a dense convolution:
//
//	for each tile, run, i < run.n: acc[p][o] += x[xOff[p]+run.x+i] * w[run.w+i*16+o]
func dense(s *isa, pixels, blocks int) string {
	name := fmt.Sprintf("dense%dx%d%s", pixels, blocks, s.name)
	f := &forward{isa: s, pixels: pixels, blocks: blocks}
	f.start(begin(name))
	idx, w, end := GP64(), GP64(), GP64()
	block := f.blockSteps()
	Label("run")
	MOVQ(f.run, idx)
	MOVQ(at(idx, 8), w)
	ADDQ(f.wBase, w)
	MOVQ(at(idx, 16), end)
	MOVQ(at(idx, 0), idx)
	ADDQ(idx, end)
	SUBQ(U8(12), end)
	CMPQ(idx, end)
	JGE(LabelRef("rest"))
	Label("four")
	for u := range 4 {
		f.step(idx, w, block, u)
	}
	ADDQ(Imm(16), idx)
	ADDQ(U32(4*64), w)
	CMPQ(idx, end)
	JL(LabelRef("four"))
	Label("rest")
	ADDQ(Imm(12), end)
	CMPQ(idx, end)
	JGE(LabelRef("done"))
	Label("each")
	f.step(idx, w, block, 0)
	ADDQ(Imm(4), idx)
	ADDQ(Imm(64), w)
	CMPQ(idx, end)
	JL(LabelRef("each"))
	Label("done")
	ADDQ(U8(runSize), f.run)
	DECQ(f.runs)
	JNZ(LabelRef("run"))
	f.finish()
	return name
}

// blockSteps returns where the blocks of the weight lie, from a base to be set.
func (f *forward) blockSteps() (steps [4]Mem) {
	if f.blocks == 1 {
		return steps
	}
	block := load(argument(), fwdBlock)
	for b := 1; b < f.blocks; b++ {
		steps[b] = Mem{Index: block, Scale: uint8(b)}
		if b == 3 {
			steps[b].Index, steps[b].Scale = GP64(), 1
			LEAQ(Mem{Base: block, Index: block, Scale: 2}, steps[b].Index)
		}
	}
	return steps
}

// step emits the products of one input channel, the u-th from idx and w.
func (f *forward) step(idx, w reg.Register, block [4]Mem, u int) {
	n := f.blocks * f.vecs
	ws := f.vectors(n)
	for j, v := range ws {
		src := block[j/f.vecs]
		src.Base = w
		VMOVUPS(src.Offset(64*u+f.bytes(j%f.vecs)), v)
	}
	for p, ptr := range f.ptr {
		src := indexed(ptr, idx, 4*u)
		if n == 1 {
			VFMADD231PS_BCST(src, ws[0], f.acc[p])
			continue
		}
		x := f.vec()
		VBROADCASTSS(src, x)
		for j, v := range ws {
			VFMADD231PS(x, v, f.acc[p*n+j])
		}
	}
}

// depthwise emits a tile of a depthwise convolution over 16 channels; the
// weights of the taps follow each other, and a run is one tap's distance:
//
//	for each tile, tap t: acc[p][c] += x[xOff[p]+run[t]+c] * w[t*16+c]
func depthwise(s *isa, pixels int) string {
	name := fmt.Sprintf("depthwise%d%s", pixels, s.name)
	f := &forward{isa: s, pixels: pixels, blocks: 1}
	f.start(begin(name))
	idx, tap, w := GP64(), GP64(), GP64()
	MOVQ(f.run, tap)
	MOVQ(f.wBase, w)
	Label("tap")
	MOVQ(at(tap, 0), idx)
	ws := s.vectors(s.vecs)
	for j, v := range ws {
		VMOVUPS(at(w, s.bytes(j)), v)
	}
	for p, ptr := range f.ptr {
		for j, v := range ws {
			VFMADD231PS(indexed(ptr, idx, s.bytes(j)), v, f.acc[p*s.vecs+j])
		}
	}
	ADDQ(Imm(8), tap)
	ADDQ(Imm(64), w)
	DECQ(f.runs)
	JNZ(LabelRef("tap"))
	f.finish()
	return name
}
