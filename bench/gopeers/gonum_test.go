package gopeers

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// gonumSide runs a layer as one matrix product a picture, of its pixels' taps
// with the weights. A 1x1 convolution needs no im2col: its input is the matrix,
// and all pictures are one.
func gonumSide(o *operands) side {
	w := blas32.General{Rows: o.taps(), Cols: o.outC, Stride: o.outC, Data: make([]float32, o.taps()*o.outC)}
	for oc := range o.outC {
		for ic := range o.inC {
			for t := range o.k * o.k {
				w.Data[(t*o.inC+ic)*o.outC+oc] = o.w[(oc*o.inC+ic)*o.k*o.k+t]
			}
		}
	}
	y := make([]float32, o.pixels()*o.outC)
	rows, pictures := o.size*o.size, o.n
	if o.k == 1 {
		rows, pictures = o.pixels(), 1
	}
	columns := make([]float32, rows*o.taps())
	return side{
		forward: func() {
			for i := range pictures {
				a := o.x[i*rows*o.inC : (i+1)*rows*o.inC]
				if o.k > 1 {
					im2col(o, a, columns)
					a = columns
				}
				blas32.Gemm(blas.NoTrans, blas.NoTrans, 1,
					blas32.General{Rows: rows, Cols: o.taps(), Stride: o.taps(), Data: a}, w, 0,
					blas32.General{Rows: rows, Cols: o.outC, Stride: o.outC, Data: y[i*rows*o.outC:]})
			}
		},
		y: func() []float32 { return y },
	}
}

// im2col writes, for each pixel of picture x, the inputs under all taps.
func im2col(o *operands, x, columns []float32) {
	pad := o.k / 2
	at := 0
	for oy := range o.size {
		for ox := range o.size {
			for ky := range o.k {
				for kx := range o.k {
					dst := columns[at : at+o.inC]
					at += o.inC
					iy, ix := oy+ky-pad, ox+kx-pad
					if iy < 0 || iy >= o.size || ix < 0 || ix >= o.size {
						clear(dst)
						continue
					}
					copy(dst, x[(iy*o.size+ix)*o.inC:])
				}
			}
		}
	}
}
