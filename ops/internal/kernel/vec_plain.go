package kernel

// goVec is the reference of the assembly loops and what machines without them run.
var goVec = Vec{
	sums:         goSums,
	moments:      goMoments,
	norm:         goNorms(),
	normReduce:   goReduces(),
	normApply:    goApplies(),
	act:          goActs(),
	actBack:      goActBacks(),
	add:          goAdd,
	axpy:         goAxpy,
	broadcast:    goBroadcast,
	broadcastAdd: goBroadcastAdd,
	maxTaps:      goMaxTaps,
	maxBack:      goMaxBack,
	sumTaps:      goSumTaps,
	sumBack:      goSumBack,
	sgd:          goSGD,
	nesterov:     goNesterov,
	adam:         goAdam,

	streamRead:  goStreamRead,
	streamCopy:  goStreamCopy,
	streamTriad: goStreamTriad,
}

func goNorms() (f [acts]func(x, scale, shift, y []float32)) {
	for act := range f {
		f[act] = func(x, scale, shift, y []float32) {
			goNorm(x, scale, shift, y)
			if Act(act) != NoAct {
				goActivate(Act(act), y, y)
			}
		}
	}
	f[ReLU] = goNormReLU
	return f
}

func goReduces() (f [acts]func(x, dy, scale, shift, mean, s, q []float32)) {
	for act := range f {
		f[act] = func(x, dy, scale, shift, mean, s, q []float32) {
			goNormReduce(Act(act), x, dy, scale, shift, mean, s, q)
		}
	}
	return f
}

func goApplies() (f [acts]func(x, dy, scale, shift, a, b, c, dx []float32)) {
	for act := range f {
		f[act] = func(x, dy, scale, shift, a, b, c, dx []float32) {
			goNormApply(Act(act), x, dy, scale, shift, a, b, c, dx)
		}
	}
	return f
}

func goActs() (f [acts]func(x, y []float32)) {
	for act := range f {
		f[act] = func(x, y []float32) { goActivate(Act(act), x, y) }
	}
	return f
}

func goActBacks() (f [acts]func(x, dy, dx []float32)) {
	for act := range f {
		f[act] = func(x, dy, dx []float32) { goActivateBack(Act(act), x, dy, dx) }
	}
	return f
}

// rows calls f for each period of a run of n elements; the last may be short.
func goRows(n, period int, f func(lo, hi int)) {
	for i := 0; i < n; i += period {
		f(i, min(i+period, n))
	}
}

func goSums(x, s []float32) {
	goRows(len(x), len(s), func(lo, hi int) {
		for j, v := range x[lo:hi] {
			s[j] += v
		}
	})
}

func goMoments(x, k, s, q []float32) {
	goRows(len(x), len(s), func(lo, hi int) {
		for j, v := range x[lo:hi] {
			d := v - k[j]
			s[j] += d
			q[j] += d * d
		}
	})
}

func goNorm(x, scale, shift, y []float32) {
	goRows(len(x), len(scale), func(lo, hi int) {
		y := y[lo:hi]
		for j, v := range x[lo:hi] {
			y[j] = v*scale[j] + shift[j]
		}
	})
}

func goNormReLU(x, scale, shift, y []float32) {
	goRows(len(x), len(scale), func(lo, hi int) {
		y := y[lo:hi]
		for j, v := range x[lo:hi] {
			y[j] = max(v*scale[j]+shift[j], 0)
		}
	})
}

func goNormReduce(act Act, x, dy, scale, shift, mean, s, q []float32) {
	goRows(len(x), len(s), func(lo, hi int) {
		dy := dy[lo:hi]
		for j, v := range x[lo:hi] {
			g := dy[j] * slope(act, v*scale[j]+shift[j])
			s[j] += g
			q[j] += g * (v - mean[j])
		}
	})
}

func goNormApply(act Act, x, dy, scale, shift, a, b, c, dx []float32) {
	goRows(len(x), len(a), func(lo, hi int) {
		dy, dx := dy[lo:hi], dx[lo:hi]
		for j, v := range x[lo:hi] {
			g := dy[j] * slope(act, v*scale[j]+shift[j])
			dx[j] = a[j]*g + (b[j]*v + c[j])
		}
	})
}

func goAdd(a, b, y []float32) {
	for i, v := range a {
		y[i] = v + b[i]
	}
}

func goAxpy(a float32, x, y []float32) {
	for i, v := range x {
		y[i] += a * v
	}
}

func goBroadcast(v, y []float32) {
	goRows(len(y), len(v), func(lo, hi int) { copy(y[lo:hi], v) })
}

func goBroadcastAdd(v, y []float32) {
	goRows(len(y), len(v), func(lo, hi int) {
		y := y[lo:hi]
		for j := range y {
			y[j] += v[j]
		}
	})
}
