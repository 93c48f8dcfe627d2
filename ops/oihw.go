package ops

import "fmt"

// Count returns the number of values in the window: OutC * InC/G * KH * KW, and
// OutC * KH * KW for depthwise filters, OutC for vectors.
func (w Window) Count() int { return w.OutC * w.depth() * w.KH * w.KW }

// Count returns the number of trainable values, padding excluded.
func (p *Param) Count() int { return p.All().Count() }

// depth returns the input channels per output channel.
func (w Window) depth() int {
	if w.P.Layout == DenseLayout {
		return w.InC / w.P.G
	}
	return 1
}

// each calls f for the window's values in the order OutC, InC/G, KH, KW with their
// place in the parameter's storage and their place in that order.
func (w Window) each(f func(at, i int)) {
	p, i := w.P, 0
	y, x := (p.KH-w.KH)/2, (p.KW-w.KW)/2
	first := p.Index(0, 0, y, x)
	channel, row, column := p.Index(0, 1, y, x)-first, p.Index(0, 0, y+1, x)-first, p.Index(0, 0, y, x+1)-first // from one place to the next
	for o := range w.OutC {
		at := p.Index(o, 0, y, x)
		for range w.depth() {
			for ky := range w.KH {
				for kx := range w.KW {
					f(at+ky*row+kx*column, i)
					i++
				}
			}
			at += channel
		}
	}
}

// Export copies the window's values to dst in the order OutC, InC/G, KH, KW and
// returns it; a nil dst is allocated. It panics if the length is not Count.
func (w Window) Export(dst []float32) []float32 { return w.export(dst, w.P.Data) }

// ExportGrad copies the window's gradients as Export does its values.
func (w Window) ExportGrad(dst []float32) []float32 { return w.export(dst, w.P.Grad) }

func (w Window) export(dst, data []float32) []float32 {
	if dst == nil {
		dst = make([]float32, w.Count())
	}
	if len(dst) != w.Count() || !w.fits() {
		panic("ops: Export: window or length does not fit")
	}
	w.each(func(at, i int) { dst[i] = data[at] })
	return dst
}

// Import sets the window's values from src, in the order OutC, InC/G, KH, KW. It
// returns an error, and changes nothing, if the length of src is not Count.
func (w Window) Import(src []float32) error {
	if !w.fits() {
		panic("ops: Import: window does not fit its parameter")
	}
	if len(src) != w.Count() {
		return fmt.Errorf("ops: parameter %q: got %d values; want %d", w.P.Name, len(src), w.Count())
	}
	w.each(func(at, i int) { w.P.Data[at] = src[i] })
	return nil
}

// AddGrad adds g, in the order OutC, InC/G, KH, KW, to the window's gradient, for
// gradients that come from elsewhere than Backward. It panics if the length is
// not Count.
func (w Window) AddGrad(g []float32) {
	if len(g) != w.Count() || !w.fits() {
		panic("ops: AddGrad: window or length does not fit")
	}
	w.use()
	w.each(func(at, i int) { w.P.Grad[at] += g[i] })
}

// ExportOIHW copies all values in the order OutC, InC/G, KH, KW; see Window.Export.
func (p *Param) ExportOIHW(dst []float32) []float32 { return p.All().Export(dst) }

// ImportOIHW sets all values from the order OutC, InC/G, KH, KW; see Window.Import.
func (p *Param) ImportOIHW(src []float32) error { return p.All().Import(src) }
