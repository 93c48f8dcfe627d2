package space

import "errors"

// maxSide and maxChannels are far above what a machine without an accelerator can train,
// low enough that sizes never overflow.
const (
	maxSide     = 4096
	maxChannels = 4096
)

// Input describes the images that a network reads.
type Input struct {
	H, W    int // pixels
	C       int // colour channels
	Classes int
}

// Validate reports every fault of the input in one error.
func (in Input) Validate() error {
	var f Faults
	f.Between("input height", in.H, 1, maxSide)
	f.Between("input width", in.W, 1, maxSide)
	f.Between("input channels", in.C, 1, maxChannels)
	f.Between("input classes", in.Classes, 2, 1<<16)
	return errors.Join(f...)
}
