package kernel

// StreamRound is the number of floats that the stream loops handle at once;
// their runs are whole rounds.
const StreamRound = 128

// StreamRead adds x to s, passes times over: s[i%StreamRound] += x[i]. It does
// nothing but load, and repeats inside the loop, so that its time over a run
// that stays in a cache is that of the cache. It panics unless x is whole rounds.
func (v *Vec) StreamRead(passes int, x []float32, s *[StreamRound]float32) {
	if streams(passes, x) {
		v.streamRead(passes, x, s[:])
	}
}

// StreamCopy copies x to y, passes times over. It panics unless x is whole
// rounds.
func (v *Vec) StreamCopy(passes int, x, y []float32) {
	if streams(passes, x) {
		v.streamCopy(passes, x, y[:len(x)])
	}
}

// StreamTriad computes y[i] = x[i] + a*z[i], passes times over. It panics unless
// x is whole rounds.
func (v *Vec) StreamTriad(passes int, a float32, x, z, y []float32) {
	if streams(passes, x) {
		v.streamTriad(passes, a, x, z[:len(x)], y[:len(x)])
	}
}

// streams reports whether there is anything to do.
func streams(passes int, x []float32) bool {
	if len(x)%StreamRound != 0 {
		panic("kernel: a stream of broken rounds")
	}
	return passes > 0 && len(x) > 0
}

func goStreamRead(passes int, x, s []float32) {
	for range passes {
		goSums(x, s)
	}
}

func goStreamCopy(passes int, x, y []float32) {
	for range passes {
		copy(y, x)
	}
}

func goStreamTriad(passes int, a float32, x, z, y []float32) {
	for range passes {
		for i, v := range x {
			y[i] = v + a*z[i]
		}
	}
}
