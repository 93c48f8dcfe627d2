package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

// poolKind tells the pooling operations apart.
type poolKind uint8

const (
	poolMax     poolKind = iota
	poolMean             // of the pixels inside the map
	poolMeanPad          // padding counts as zeros
)

// poolNode is a pooling; windows never change, so taps are made on the way.
type poolNode struct {
	x, y *Tensor
	kind poolKind
	spec PoolSpec
	add  bool
	v    *kernel.Vec
	rows int // output rows per chunk of the forward pass
	to   []float32
	taps []tapTable // by worker
}

// tapTable is where one window's pixels lie.
type tapTable [maxPoolKernel * maxPoolKernel]int32

// maxPoolKernel bounds the windows.
const maxPoolKernel = 16

// PoolSpec describes the windows of a pooling: KH x KW pixels, S apart, over a map with
// PadH pixels of padding above and below and PadW left and right.
type PoolSpec struct {
	KH, KW     int
	S          int
	PadH, PadW int
}

// MaxPool returns the maximum over each window of x, N x H x W x C, as N x OutH x OutW x C with
// OutH = (H + 2 PadH - KH)/S + 1, OutW alike; padding never wins. The gradient goes to
// the first maximum in row order. It panics unless sides are at most 16, the padding at
// most half of them, and the window fits the padded map.
func MaxPool(e *Exec, x *Tensor, s PoolSpec) *Tensor { return pool(e, x, poolMax, s) }

// AvgPool returns the mean over each window, of the shape of MaxPool. With includePad the
// padding counts as zeros, else the mean is over the pixels inside the map. It
// panics as MaxPool does.
func AvgPool(e *Exec, x *Tensor, s PoolSpec, includePad bool) *Tensor {
	if includePad {
		return pool(e, x, poolMeanPad, s)
	}
	return pool(e, x, poolMean, s)
}

func pool(e *Exec, x *Tensor, kind poolKind, s PoolSpec) *Tensor {
	fits := func(n, k, pad int) bool {
		return k >= 1 && k <= maxPoolKernel && pad >= 0 && pad <= k/2 && n+2*pad >= k
	}
	if s.S < 1 || !fits(x.H, s.KH, s.PadH) || !fits(x.W, s.KW, s.PadW) {
		panic("ops: pooling window does not fit the map")
	}
	y := e.New(x.N, (x.H+2*s.PadH-s.KH)/s.S+1, (x.W+2*s.PadW-s.KW)/s.S+1, x.C)
	n := next(e, &e.nodes.pool)
	*n = poolNode{x: x, y: y, kind: kind, spec: s, v: e.vec, taps: e.taps}
	n.rows = max(1, minChunk/2/(y.W*y.C))
	e.run(y.N*n.bands(), (*poolForward)(n))
	e.record(n)
	return y
}

// bands returns the number of chunks of one image's forward pass.
func (n *poolNode) bands() int { return (n.y.H + n.rows - 1) / n.rows }

type poolForward poolNode

// Do pools some rows of one image.
func (n *poolForward) Do(i, worker int) {
	bands := (*poolNode)(n).bands()
	img, band := i/bands, i%bands
	for oy := band * n.rows; oy < min((band+1)*n.rows, n.y.H); oy++ {
		(*poolNode)(n).row(&n.taps[worker], img, oy, false)
	}
}

func (n *poolNode) back(e *Exec) {
	if n.y.Grad == nil || !n.x.tracked() {
		return
	}
	n.to, n.add = n.x.grad()
	e.run(n.x.N, (*poolBackward)(n))
	n.y.drop()
}

type poolBackward poolNode

// Do takes one image's gradient back.
func (n *poolBackward) Do(img, worker int) {
	if !n.add {
		size := n.x.H * n.x.W * n.x.C
		clear(n.to[img*size:][:size])
	}
	for oy := range n.y.H {
		(*poolNode)(n).row(&n.taps[worker], img, oy, true)
	}
}

// row handles one output row: the pixels whose windows lie within the map
// horizontally in one run, the others one by one.
func (n *poolNode) row(off *tapTable, img, oy int, back bool) {
	s := n.spec
	first := min((s.PadW+s.S-1)/s.S, n.y.W)
	end := max(first, min((n.x.W+s.PadW-s.KW)/s.S+1, n.y.W))
	for ox := range first {
		n.cells(off, img, oy, ox, 1, back)
	}
	if end > first {
		n.cells(off, img, oy, first, end-first, back)
	}
	for ox := end; ox < n.y.W; ox++ {
		n.cells(off, img, oy, ox, 1, back)
	}
}

// cells handles pixels output pixels from (oy, ox) on, whose windows are cut
// alike by the map's edges.
func (n *poolNode) cells(off *tapTable, img, oy, ox, pixels int, back bool) {
	c, taps, s := n.x.C, 0, n.spec
	y0, x0 := oy*s.S-s.PadH, ox*s.S-s.PadW
	for iy := max(y0, 0); iy < min(y0+s.KH, n.x.H); iy++ {
		for ix := max(x0, 0); ix < min(x0+s.KW, n.x.W); ix++ {
			off[taps] = int32((iy*n.x.W + ix) * c)
			taps++
		}
	}
	t := kernel.Taps{Off: off[:taps], Pixels: pixels, Step: s.S * c, C: c}
	scale := 1 / float32(taps)
	if n.kind == poolMeanPad {
		scale = 1 / float32(s.KH*s.KW)
	}
	size, at := n.x.H*n.x.W*c, ((img*n.y.H+oy)*n.y.W+ox)*c
	lo, hi := img*size, (img+1)*size
	end := at + pixels*c
	switch {
	case n.kind == poolMax && back:
		n.v.MaxBack(t, n.x.Data[lo:hi], n.y.Data[at:end], n.y.Grad[at:end], n.to[lo:hi])
	case n.kind == poolMax:
		n.v.Max(t, n.x.Data[lo:hi], n.y.Data[at:end])
	case back:
		n.v.MeanBack(t, scale, n.y.Grad[at:end], n.to[lo:hi])
	default:
		n.v.Mean(t, scale, n.x.Data[lo:hi], n.y.Data[at:end])
	}
}
