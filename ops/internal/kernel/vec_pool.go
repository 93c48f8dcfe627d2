package kernel

// Taps says where the windows of a run of neighbouring output pixels lie.
// Output pixel p, below Pixels, reads the channels x[Off[t]+p*Step ...+C] for
// each tap t and writes y[p*C ... +C].
type Taps struct {
	Off             []int32 // start of each tap of the first pixel, in floats
	Pixels, Step, C int     // pixels; floats from one pixel's window to the next one's; channels
}

// check panics unless all taps lie within n floats and the outputs within m.
func (t *Taps) check(n, m int) {
	last := (t.Pixels-1)*t.Step + t.C
	for _, o := range t.Off {
		if o < 0 || int(o)+last > n {
			panic("kernel: pooling window leaves its image")
		}
	}
	if t.Pixels*t.C > m || t.Pixels < 1 || t.C < 1 || len(t.Off) == 0 {
		panic("kernel: pooling run leaves its output")
	}
}

// Max computes y[p*C+c] = the maximum over taps t of x[Off[t]+p*Step+c], which
// must not be NaN.
func (v *Vec) Max(t Taps, x, y []float32) {
	t.check(len(x), len(y))
	v.maxTaps(t.Off, t.Pixels, t.Step, t.C, x, y)
}

// MaxBack adds dy[p*C+c] to dx at the first tap whose x equals y[p*C+c].
func (v *Vec) MaxBack(t Taps, x, y, dy, dx []float32) {
	t.check(min(len(x), len(dx)), min(len(y), len(dy)))
	v.maxBack(t.Off, t.Pixels, t.Step, t.C, x, y, dy, dx)
}

// Mean computes y[p*C+c] = scale * the sum over taps t of x[Off[t]+p*Step+c].
func (v *Vec) Mean(t Taps, scale float32, x, y []float32) {
	t.check(len(x), len(y))
	v.sumTaps(t.Off, t.Pixels, t.Step, t.C, scale, x, y)
}

// MeanBack adds scale*dy[p*C+c] to dx[Off[t]+p*Step+c] for all taps t.
func (v *Vec) MeanBack(t Taps, scale float32, dy, dx []float32) {
	t.check(len(dx), len(dy))
	v.sumBack(t.Off, t.Pixels, t.Step, t.C, scale, dy, dx)
}

func goMaxTaps(off []int32, pixels, step, c int, x, y []float32) {
	for p := range pixels {
		y := y[p*c:][:c]
		for t, o := range off {
			x := x[int(o)+p*step:][:c]
			if t == 0 {
				copy(y, x)
				continue
			}
			for i, v := range x {
				y[i] = max(y[i], v)
			}
		}
	}
}

func goMaxBack(off []int32, pixels, step, c int, x, y, dy, dx []float32) {
	for p := range pixels {
		y, dy := y[p*c:][:c], dy[p*c:][:c]
		for i, top := range y {
			for _, o := range off {
				if at := int(o) + p*step + i; x[at] == top {
					dx[at] += dy[i]
					break
				}
			}
		}
	}
}

func goSumTaps(off []int32, pixels, step, c int, scale float32, x, y []float32) {
	for p := range pixels {
		y := y[p*c:][:c]
		clear(y)
		for _, o := range off {
			for i, v := range x[int(o)+p*step:][:c] {
				y[i] += v
			}
		}
		for i := range y {
			y[i] *= scale
		}
	}
}

func goSumBack(off []int32, pixels, step, c int, scale float32, dy, dx []float32) {
	for p := range pixels {
		dy := dy[p*c:][:c]
		for _, o := range off {
			dx := dx[int(o)+p*step:][:c]
			for i, v := range dy {
				dx[i] += scale * v
			}
		}
	}
}
