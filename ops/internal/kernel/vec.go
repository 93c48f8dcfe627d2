package kernel

// Vec holds the loops over elements and channels of one instruction set:
// normalisation, activations, sums, pooling and optimiser updates. They run on
// the calling goroutine and keep no state.
//
// Per-channel vectors are periodic: element i of a run of activations meets
// element i mod P of the vector, where P, the vector's length, is a multiple of
// Lanes. Channel counts that are no multiple of Lanes are brought to one by
// repeating the vector, see Period. A run may end anywhere within a period.
type Vec struct {
	sums         func(x, s []float32)
	moments      func(x, k, s, q []float32)
	norm         [acts]func(x, scale, shift, y []float32)
	normReduce   [acts]func(x, dy, scale, shift, mean, s, q []float32)
	normApply    [acts]func(x, dy, scale, shift, a, b, c, dx []float32)
	act          [acts]func(x, y []float32)
	actBack      [acts]func(x, dy, dx []float32)
	add          func(a, b, y []float32)
	axpy         func(a float32, x, y []float32)
	broadcast    func(v, y []float32)
	broadcastAdd func(v, y []float32)
	maxTaps      func(off []int32, pixels, step, c int, x, y []float32)
	maxBack      func(off []int32, pixels, step, c int, x, y, dy, dx []float32)
	sumTaps      func(off []int32, pixels, step, c int, scale float32, x, y []float32)
	sumBack      func(off []int32, pixels, step, c int, scale float32, dy, dx []float32)
	sgd          func(rate, momentum, decay float32, w, g, v []float32)
	nesterov     func(rate, momentum, decay float32, w, g, v []float32)
	adam         func(rate, keep1, beta2, keep2, eps, root, decay, shrink float32, w, g, m, v []float32)

	streamRead  func(passes int, x, s []float32)
	streamCopy  func(passes int, x, y []float32)
	streamTriad func(passes int, a float32, x, z, y []float32)
}

// Lanes is the widest vector of any instruction set, in floats.
const Lanes = 16

// acts is the number of activations.
const acts = int(GELU) + 1

// stripFloats is how much of a run a loop that passes column by column takes at
// once, so that its operands stay in the first-level cache.
const stripFloats = 2048

// Period returns the length of the shortest vector that holds a whole number
// of repetitions of c channels and is a multiple of Lanes.
func Period(c int) int {
	a, b := c, Lanes
	for b != 0 {
		a, b = b, a%b
	}
	return c / a * Lanes
}

// Repeat fills dst, whose length is a multiple of that of src, with copies of src.
func Repeat(dst, src []float32) {
	for len(dst) > 0 {
		dst = dst[copy(dst, src):]
	}
}

// stripOf returns the length of a run's strips: whole periods, about stripFloats.
func stripOf(period int) int { return max(1, stripFloats/period) * period }

// Sums adds the column sums of x: s[i%P] += x[i].
func (v *Vec) Sums(x, s []float32) {
	for step := stripOf(len(s)); len(x) > 0; x = x[min(step, len(x)):] {
		v.sums(x[:min(step, len(x))], s)
	}
}

// Moments adds the first and second moments about k:
// s[i%P] += x[i]-k[i%P], q[i%P] += (x[i]-k[i%P])².
func (v *Vec) Moments(x, k, s, q []float32) {
	k, q = k[:len(s)], q[:len(s)]
	for step := stripOf(len(s)); len(x) > 0; x = x[min(step, len(x)):] {
		v.moments(x[:min(step, len(x))], k, s, q)
	}
}

// Norm computes y[i] = act(x[i]*scale[i%P] + shift[i%P]). y may be x.
func (v *Vec) Norm(act Act, x, scale, shift, y []float32) {
	shift, y = shift[:len(scale)], y[:len(x)]
	step := stripOf(len(scale))
	for i := 0; i < len(x); i += step {
		end := min(i+step, len(x))
		v.norm[act](x[i:end], scale, shift, y[i:end])
	}
}

// NormReduce adds the two sums that a batch norm's gradient needs. With
// g = dy[i]*act'(x[i]*scale[i%P]+shift[i%P]): s[i%P] += g and
// q[i%P] += g*(x[i]-mean[i%P]).
func (v *Vec) NormReduce(act Act, x, dy, scale, shift, mean, s, q []float32) {
	p := len(s)
	scale, shift, mean, q, dy = scale[:p], shift[:p], mean[:p], q[:p], dy[:len(x)]
	step := stripOf(p)
	for i := 0; i < len(x); i += step {
		end := min(i+step, len(x))
		v.normReduce[act](x[i:end], dy[i:end], scale, shift, mean, s, q)
	}
}

// NormApply computes dx[i] = a[i%P]*g + b[i%P]*x[i] + c[i%P] with the g of
// NormReduce. dx may be dy.
func (v *Vec) NormApply(act Act, x, dy, scale, shift, a, b, c, dx []float32) {
	p := len(a)
	scale, shift, b, c, dy, dx = scale[:p], shift[:p], b[:p], c[:p], dy[:len(x)], dx[:len(x)]
	step := stripOf(p)
	for i := 0; i < len(x); i += step {
		end := min(i+step, len(x))
		v.normApply[act](x[i:end], dy[i:end], scale, shift, a, b, c, dx[i:end])
	}
}

// Activate computes y[i] = act(x[i]). y may be x.
func (v *Vec) Activate(act Act, x, y []float32) { v.act[act](x, y[:len(x)]) }

// ActivateBack computes dx[i] = dy[i]*act'(x[i]). dx may be dy.
func (v *Vec) ActivateBack(act Act, x, dy, dx []float32) {
	v.actBack[act](x, dy[:len(x)], dx[:len(x)])
}

// Add computes y[i] = a[i] + b[i]. y may be a or b.
func (v *Vec) Add(a, b, y []float32) { v.add(a, b[:len(a)], y[:len(a)]) }

// Axpy computes y[i] += a*x[i].
func (v *Vec) Axpy(a float32, x, y []float32) { v.axpy(a, x, y[:len(x)]) }

// Broadcast computes y[i] = vec[i%P], or y[i] += vec[i%P] if add is set.
func (v *Vec) Broadcast(vec, y []float32, add bool) {
	f := v.broadcast
	if add {
		f = v.broadcastAdd
	}
	for step := stripOf(len(vec)); len(y) > 0; y = y[min(step, len(y)):] {
		f(vec, y[:min(step, len(y))])
	}
}
