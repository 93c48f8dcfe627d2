package kernel

// Engine runs convolution passes with one set of kernels on one pool of
// workers. It keeps its scratch memory from call to call, so that passes of
// shapes met before allocate nothing. One goroutine at a time may use it.
//
// A result does not depend on the number of workers: work is split by output,
// and an output is summed in an order given by the shape of the window alone.
type Engine struct {
	Set  *Set
	Pool *Pool

	plain            plainTask
	dense            denseTask
	native           stored
	transpose        transposed
	grad             gradTask
	smallChannelGrad smallChannelGradTask
	depth            depthTask
	rows             rowTask
	depthGrad        depthGradTask
	wino             winoTask
	winoGrad         winoGradTask
	phaseTaps        []tap
	sum              []float32 // of ForwardAdd by plain loops
	tuners           tuners
	epilogue         chunkEpilogue // of the next pass

	before       Prologue // of the next forward pass or weight gradient
	prologueTask prologueTask
}

// NewEngine returns an engine that uses the kernels s and the workers of p.
func NewEngine(s *Set, p *Pool) *Engine { return &Engine{Set: s, Pool: p} }

// Forget lets go of the maps of the last passes, and of scratch, which holds places in them.
func (e *Engine) Forget() { *e = Engine{Set: e.Set, Pool: e.Pool, tuners: e.tuners} }

// Forward computes y = ep(conv(x, w)): for every image, pixel and channel o
//
//	y[oy][ox][o] = Act(Bias[o] + sum w[o][ky][kx][i] * x[oy*S-PadH+ky*Dil][ox*S-PadW+kx*Dil][i])
//
// over the taps and the input channels of o's group; x is zero outside the map,
// which only shows where a weight is infinite or NaN. It panics if a slice is too short. y must not overlap x or w.
func (e *Engine) Forward(c Conv, x, w, y []float32, ep Epilogue, fused Fusion) {
	e.fuse(fused)
	c = c.withDefaults(x, w, y)
	if ep.Bias != nil && len(ep.Bias) < c.OutC {
		panic("kernel: bias shorter than OutC")
	}
	if e.Set.tiles != nil {
		p := e.begin(plainForward, c)
		e.runForward(c, x, w, y, ep, false)
		e.end(p)
	} else {
		e.prologueOf(c.N*c.H*c.W, c.InC, false)
		e.plain = plainTask{pass: plainForward, c: c, x: x, w: w, y: y, ep: ep}
		e.Pool.Run(c.N*c.OutH(), &e.plain)
	}
	e.epilogue, e.before = chunkEpilogue{}, nil
}

// BackwardData computes dx, the gradient of Forward's x given dy, that of its y
// before activation; with add it is added to what dx holds. It panics if a
// slice is too short. dx must not overlap dy or w.
func (e *Engine) BackwardData(c Conv, dy, w, dx []float32, add bool, fused Fusion) {
	e.fuse(fused)
	c = c.withDefaults(dx, w, dy)
	if e.Set.tiles != nil {
		p := e.begin(plainBackData, c)
		e.backDataPhases(c, dy, w, dx, add)
		e.end(p)
	} else {
		e.plain = plainTask{pass: plainBackData, c: c, x: dx, w: w, y: dy, add: add}
		e.Pool.Run(c.N*c.H, &e.plain)
	}
	e.epilogue = chunkEpilogue{}
}

// backDataPhases runs one forward-like pass over dy for each phase of the stride:
// input pixels whose place modulo S is the same meet the same taps.
func (e *Engine) backDataPhases(c Conv, dy, w, dx []float32, add bool) {
	var laid weights
	if !c.depthwise() {
		laid = e.transposed(c, w)
	} else if p := e.Set.tiles.transposedByRows(c); p.k > 0 {
		e.runTransposed(p, c, dy, w, dx, add)
		return
	}
	if c.S > 1 {
		e.epilogue = chunkEpilogue{} // a chunk completes pixels of its phase only
	}
	for p := range min(c.S, c.H) * min(c.S, c.W) {
		r := c.backData(p/min(c.S, c.W), p%min(c.S, c.W), e.phaseTaps[:0])
		e.phaseTaps = r.taps
		if c.depthwise() {
			e.runDepth(r, dy, w, dx, Epilogue{}, add)
		} else {
			e.runDense(r, dy, laid, dx, Epilogue{}, add)
		}
	}
}

// shareUnits is how many chunks a large pass should have at least when several
// workers share it.
const shareUnits = 16

// chunkFLOPs is the least work of a chunk for each nanosecond that sharing a task
// takes: about what a core does in that time.
const chunkFLOPs = 200

// unitFLOPs returns the least work of a chunk.
func (e *Engine) unitFLOPs() int { return chunkFLOPs * int(e.Pool.ForkJoinCost()) }

// units returns the least number of chunks to cut so much work into. Bits do not
// depend on it: each output is one chain of sums in any chunk.
func (e *Engine) units(work int) int {
	if e.Pool.Workers() == 1 {
		return 1
	}
	return max(1, min(shareUnits, work/e.unitFLOPs()))
}

// floatFLOPs is the work that moving a float within the caches stands for.
const floatFLOPs = 16

// run runs the n chunks of t, so much work in all: on the caller alone where there
// is not enough for two chunks.
func (e *Engine) run(n, work int, t Task) {
	if e.Pool.Workers() == 1 || work < 2*e.unitFLOPs() {
		runSingleThreaded(n, t)
		return
	}
	e.Pool.Run(n, t)
}

// runForward runs the forward pass of c by tiles.
func (e *Engine) runForward(c Conv, x, w, y []float32, ep Epilogue, add bool) {
	r := c.forward(e.phaseTaps[:0])
	e.phaseTaps = r.taps
	if c.depthwise() {
		e.runDepth(r, x, w, y, ep, add)
		return
	}
	e.native = stored{w, c.blockStride()}
	e.runDense(r, x, &e.native, y, ep, add)
}

// runDense runs the correlation r with dense weights.
func (e *Engine) runDense(r correlation, x []float32, w weights, y []float32, ep Epilogue, add bool) {
	if f := e.Set.tiles.winograd(&r); f != nil {
		e.runWinograd(f, r, x, w, y, ep, add)
	} else {
		e.runDirect(r, x, w, y, ep, add)
	}
}

// BackwardWeights adds the gradient of the window to dw, which has the layout
// of w; places outside the window keep their bits. It panics if a slice is too
// short. dw must not overlap x or dy.
func (e *Engine) BackwardWeights(c Conv, x, dy, dw []float32, fused Fusion) {
	e.fuse(fused)
	c = c.withDefaults(x, dw, dy)
	if e.Set.tiles != nil {
		p := e.begin(plainBackWeights, c)
		e.runBackWeights(c, x, dy, dw)
		e.end(p)
	} else {
		e.prologueOf(c.N*c.OutH()*c.OutW(), c.OutC, false)
		e.plain = plainTask{pass: plainBackWeights, c: c, x: x, w: dw, y: dy}
		e.Pool.Run(c.KH*c.KW, &e.plain)
	}
	e.before = nil
}

// runBackWeights runs the weight gradient of c by tiles.
func (e *Engine) runBackWeights(c Conv, x, dy, dw []float32) {
	switch {
	case c.depthwise():
		e.backWeightsDepth(c, x, dy, dw)
	case c.InC/c.G <= smallChannels && c.KH*c.KW > 1:
		e.backWeightsSmallChannels(c, x, dy, dw)
	default:
		r := c.forward(e.phaseTaps[:0])
		e.phaseTaps = r.taps
		if f := e.Set.tiles.winogradWeights(&r); f != nil {
			e.backWeightsWinograd(f, c, r, x, dy, dw)
		} else {
			e.backWeightsDense(c, x, dy, dw)
		}
	}
}
