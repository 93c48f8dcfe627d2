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

// Max computes y[p*C+c] = the maximum over taps t of x[Off[t]+p*Step+c].
func (v *Vec) Max(t Taps, x, y []float32) {
	t.check(len(x), len(y))
	v.maxTaps(t, x, y)
}

// MaxBack adds dy[p*C+c] to dx at the first tap whose x equals y[p*C+c].
func (v *Vec) MaxBack(t Taps, x, y, dy, dx []float32) {
	t.check(min(len(x), len(dx)), min(len(y), len(dy)))
	v.maxBack(t, x, y, dy, dx)
}

// Mean computes y[p*C+c] = scale * the sum over taps t of x[Off[t]+p*Step+c].
func (v *Vec) Mean(t Taps, scale float32, x, y []float32) {
	t.check(len(x), len(y))
	v.sumTaps(t, scale, x, y)
}

// MeanBack adds scale*dy[p*C+c] to dx[Off[t]+p*Step+c] for all taps t.
func (v *Vec) MeanBack(t Taps, scale float32, dy, dx []float32) {
	t.check(len(dx), len(dy))
	v.sumBack(t, scale, dy, dx)
}

func goMaxTaps(t Taps, x, y []float32) {
	for p := range t.Pixels {
		y := y[p*t.C:][:t.C]
		for i, o := range t.Off {
			x := x[int(o)+p*t.Step:][:t.C]
			if i == 0 {
				copy(y, x)
				continue
			}
			for c, v := range x {
				y[c] = max(y[c], v)
			}
		}
	}
}

func goMaxBack(t Taps, x, y, dy, dx []float32) {
	for p := range t.Pixels {
		y, dy := y[p*t.C:][:t.C], dy[p*t.C:][:t.C]
		for c, top := range y {
			for _, o := range t.Off {
				if at := int(o) + p*t.Step + c; x[at] == top {
					dx[at] += dy[c]
					break
				}
			}
		}
	}
}

func goSumTaps(t Taps, scale float32, x, y []float32) {
	for p := range t.Pixels {
		y := y[p*t.C:][:t.C]
		clear(y)
		for _, o := range t.Off {
			for c, v := range x[int(o)+p*t.Step:][:t.C] {
				y[c] += v
			}
		}
		for c := range y {
			y[c] *= scale
		}
	}
}

func goSumBack(t Taps, scale float32, dy, dx []float32) {
	for p := range t.Pixels {
		dy := dy[p*t.C:][:t.C]
		for _, o := range t.Off {
			dx := dx[int(o)+p*t.Step:][:t.C]
			for c, v := range dy {
				dx[c] += scale * v
			}
		}
	}
}
