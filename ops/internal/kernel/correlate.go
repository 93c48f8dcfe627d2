package kernel

// tap is one position of the kernel: its distance in pixels of the input from
// the output pixel's place, and the place of its weights, in floats.
type tap struct{ dy, dx, w int }

// correlation is what forward and backward data have in common. Output pixel
// (i, j) of a grid of rows x cols lies at (y0+i*outStep, x0+j*outStep) of the
// output map and is a sum over taps of the input pixel at
// (i*step+tap.dy, j*step+tap.dx), which is zero outside the map.
type correlation struct {
	n, h, w, inC       int // input map
	oh, ow, outC       int // output map
	rows, cols         int
	step, outStep      int
	y0, x0             int
	g, in, out         int // groups, channels of one group
	blockStride        int // floats from one block of the weight to the next
	taps               []tap
	dy0, dx0           int // least distance of the taps
	winH, winW         int // input pixels under one image's grid
	inPlace            bool
	gemm               bool // all pixels of all images are rows of one
	unitImgs, unitRows int  // work unit: images, or rows of one image
	teams              int  // equal parts of the images, whose units are apart; 0 for one
	transposedTaps     int  // taps on a side of a transposed pass of stride 2, all phases at once; 0 for others
}

// forward returns c as a correlation of x.
func (c Conv) forward(taps []tap) correlation {
	r := correlation{
		n: c.N, h: c.H, w: c.W, inC: c.InC, oh: c.OutH(), ow: c.OutW(), outC: c.OutC,
		rows: c.OutH(), cols: c.OutW(), step: c.S, outStep: 1,
		g: c.G, in: c.InC / c.G, out: c.OutC / c.G, blockStride: c.blockStride(),
	}
	if c.pointwise() && c.S == 1 {
		r.asGEMM()
	}
	for k := range c.KH * c.KW {
		ky, kx := k/c.KW, k%c.KW
		taps = append(taps, tap{ky*c.Dil - c.PadH, kx*c.Dil - c.PadW, c.tap(ky, kx)})
	}
	return r.with(taps)
}

// asGEMM turns all pixels of a pointwise pass into the rows of one image: the pass is one
// product of matrices.
func (r *correlation) asGEMM() {
	r.gemm = true
	r.rows = r.n * r.h * r.w
	r.n, r.h, r.w, r.oh, r.ow, r.cols = 1, r.rows, 1, r.rows, 1, 1
}

// backData returns, for input pixels whose row and column leave the remainders
// py and px modulo S, the pass that computes their gradient from dy. The weight
// is the transposed one, [G][blocks of in][KH*KW][out][16], or the depthwise one as it is.
func (c Conv) backData(py, px int, taps []tap) correlation {
	r := correlation{
		n: c.N, h: c.OutH(), w: c.OutW(), inC: c.OutC, oh: c.H, ow: c.W, outC: c.InC,
		rows: (c.H - py + c.S - 1) / c.S, cols: (c.W - px + c.S - 1) / c.S, step: 1, outStep: c.S, y0: py, x0: px,
		g: c.G, in: c.OutC / c.G, out: c.InC / c.G, blockStride: c.KH * c.KW * (c.OutC / c.G) * Block,
	}
	if c.pointwise() && c.S == 1 {
		r.asGEMM()
	}
	for k := c.KH*c.KW - 1; k >= 0; k-- {
		dy, dx := py+c.PadH-k/c.KW*c.Dil, px+c.PadW-k%c.KW*c.Dil
		if dy%c.S == 0 && dx%c.S == 0 {
			w := k * r.in * Block
			if c.depthwise() {
				w = c.tap(k/c.KW, k%c.KW)
			}
			taps = append(taps, tap{dy / c.S, dx / c.S, w})
		}
	}
	return r.with(taps)
}

// with completes r by its taps and the window of input pixels under them.
func (r correlation) with(taps []tap) correlation {
	r.taps = taps
	if len(taps) == 0 {
		r.inPlace = true
		return r
	}
	dy1, dx1 := taps[0].dy, taps[0].dx
	r.dy0, r.dx0 = dy1, dx1
	for _, t := range taps {
		r.dy0, dy1 = min(r.dy0, t.dy), max(dy1, t.dy)
		r.dx0, dx1 = min(r.dx0, t.dx), max(dx1, t.dx)
	}
	r.winH, r.winW = (r.rows-1)*r.step+dy1-r.dy0+1, (r.cols-1)*r.step+dx1-r.dx0+1
	r.inPlace = r.dy0 >= 0 && r.dx0 >= 0 && r.dy0+r.winH <= r.h && r.dx0+r.winW <= r.w
	return r
}

// flops returns two per multiply-add of the pass.
func (r *correlation) flops() int {
	return 2 * r.n * r.rows * r.cols * r.g * r.out * r.in * len(r.taps)
}

// moved returns what moving the maps of the pass stands for, in operations.
func (r *correlation) moved() int {
	return floatFLOPs * r.n * (r.h*r.w*r.inC + r.rows*r.cols*r.outC)
}

// windowRows returns the rows of the window under n rows of the grid.
func (r *correlation) windowRows(n int) int { return r.winH - (r.rows-n)*r.step }

// unitBytes is about how much input and output one unit of work should touch:
// it shall stay in the second-level cache.
const unitBytes = 192 << 10

// windowFloats returns what the window of a whole unit holds, with pixels of so
// many channels.
func (r *correlation) windowFloats(channels int) int {
	return r.unitImgs * r.windowRows(r.unitRows) * r.winW * channels
}

// plan chooses the unit of work, a number of images or of rows of one image, for
// channels input channels kept per pixel of the window and limit bytes. Below
// want units they are made smaller, down to minPixels pixels.
func (r *correlation) plan(channels, limit, minPixels, want int) {
	perRow := 4 * (r.step*max(1, r.winW)*channels + r.cols*r.out)
	r.unitImgs, r.unitRows = 1, r.rows
	if fit := max(1, limit/perRow); fit < r.rows {
		r.unitRows = fit
	} else {
		r.unitImgs = max(1, min(limit/(perRow*r.rows), r.n/want))
	}
	for r.unitImgs == 1 && r.unitRows > 1 && r.units() < want && r.unitRows*r.cols >= 2*minPixels {
		r.unitRows = (r.unitRows + 1) / 2
	}
}

// divide makes the units of each of some workers lie in the same part of the
// maps, whatever their size: what a worker wrote in one layer is what it reads in
// the next.
func (r *correlation) divide(workers int) {
	switch {
	case workers == 1 || r.units() == 1:
	case r.unitImgs > 1:
		r.teams = min(workers, r.n)
	case r.n == 1:
		r.unitRows = parts(r.rows, parts(r.bands(), workers)*workers)
	}
}

// units returns the number of units of work, of which some may be empty.
func (r *correlation) units() int {
	if r.unitImgs > 1 {
		return max(1, r.teams) * r.teamUnits()
	}
	return r.n * r.bands()
}

// teamUnits returns the number of units of a team.
func (r *correlation) teamUnits() int {
	return parts(parts(r.n, max(1, r.teams)), r.unitImgs)
}

func (r *correlation) bands() int { return parts(r.rows, r.unitRows) }

// part is a part of the grid: rows [row, row+rows) of images [img, img+imgs).
type part struct{ img, imgs, row, rows int }

func (r *correlation) unit(i int) part {
	if r.unitImgs > 1 {
		team, teams := i/r.teamUnits(), max(1, r.teams)
		img, end := team*r.n/teams+i%r.teamUnits()*r.unitImgs, (team+1)*r.n/teams
		return part{img, max(0, min(r.unitImgs, end-img)), 0, r.rows}
	}
	row := i % r.bands() * r.unitRows
	return part{i / r.bands(), 1, row, min(r.unitRows, r.rows-row)}
}

// runs appends the runs of products of one output pixel, taps that follow
// each other in both x and w joined.
func (r *correlation) runs(list []run) []run {
	w, dy, dx := r.winW, r.dy0, r.dx0
	if r.inPlace {
		w, dy, dx = r.w, 0, 0
	}
	for _, t := range r.taps {
		next := run{4 * ((t.dy-dy)*w + t.dx - dx) * r.inC, 4 * t.w, 4 * r.in}
		if k := len(list) - 1; k >= 0 && list[k].x+list[k].n == next.x && list[k].w+list[k].n*Block == next.w {
			list[k].n += next.n
			continue
		}
		list = append(list, next)
	}
	return list
}

// origin returns the place in the input map of the window's first pixel under u
// when the input is read in place.
func (r *correlation) origin(u part) int { return (u.img*r.h + u.row*r.step) * r.w * r.inC }

// target returns the place in the output map of the first pixel of u.
func (r *correlation) target(u part) int {
	return ((u.img*r.oh+r.y0+u.row*r.outStep)*r.ow + r.x0) * r.outC
}

// shortLine is the length in floats of a window's row up to which clearing all of it
// costs less than finding its ends.
const shortLine = 256

// copyWindow writes the part of x under u to dst, [imgs][rows][winW][inC], with
// zeros for pixels outside the map.
func (r *correlation) copyWindow(u part, x, dst []float32) {
	rows := r.windowRows(u.rows)
	lo, hi := max(0, -r.dx0), min(r.winW, r.w-r.dx0) // columns of the window inside the map
	line := r.winW * r.inC
	short := line <= shortLine
	if short {
		clear(dst[:u.imgs*rows*line])
	}
	for img := range u.imgs {
		for i := range rows {
			d := dst[(img*rows+i)*line:][:line]
			y := u.row*r.step + r.dy0 + i
			if y < 0 || y >= r.h || lo >= hi {
				if !short {
					clear(d)
				}
				continue
			}
			if !short {
				clear(d[:lo*r.inC])
				clear(d[hi*r.inC:])
			}
			copy(d[lo*r.inC:hi*r.inC], x[(((u.img+img)*r.h+y)*r.w+lo+r.dx0)*r.inC:])
		}
	}
}
