package kernel

// What a tile does with its sums.
const (
	modeStore       = iota // y = sum
	modeAdd                // y += sum
	modeClamp              // y = min(max(sum+bias, low), high)
	modeHardSigmoid        // y = hardSigmoid(sum+bias)
	modeHardSwish          // y = (sum+bias)*hardSigmoid(sum+bias)
)

// mostBlocks is the most blocks of output channels that a tile takes.
const mostBlocks = 4

// epilogueArgs is the part of a tile's argument that says what becomes of its sums.
type epilogueArgs struct {
	mode             int
	bias             [mostBlocks * Block]float32
	low, high        float32
	sixth, half, one float32 // 1/6, 1/2, 1
}

// set sets the epilogue of channels output channels from o on: of ep, or with add the
// addition to what y holds.
func (a *epilogueArgs) set(ep Epilogue, add bool, o, channels int) {
	switch {
	case add:
		a.mode = modeAdd
		return
	case ep.Bias == nil && (ep.Act == NoAct || !ep.Act.tiled()):
		a.mode = modeStore
		return
	}
	a.bias = [mostBlocks * Block]float32{}
	if ep.Bias != nil {
		copy(a.bias[:channels], ep.Bias[o:])
	}
	a.mode, a.low, a.high = modeClamp, minusInf, plusInf
	switch ep.Act {
	case ReLU:
		a.low = 0
	case ReLU6:
		a.low, a.high = 0, 6
	case HardSigmoid:
		a.mode = modeHardSigmoid
	case HardSwish:
		a.mode = modeHardSwish
	}
	a.sixth, a.half, a.one = 1.0/6, 0.5, 1
}

// activate applies an activation, if it is one that the tiles do not know, to
// channels [first, last) of output rows [from, to) of the images of u.
func (r *correlation) activate(act Act, y []float32, u part, from, to, first, last int) {
	if act.tiled() {
		return
	}
	for img := u.img; img < u.img+u.imgs; img++ {
		for p := (img*r.oh + from) * r.ow; p < (img*r.oh+to)*r.ow; p++ {
			act.apply(y[p*r.outC+first : p*r.outC+last])
		}
	}
}
