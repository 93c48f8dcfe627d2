package data

import (
	"errors"
	"fmt"
)

// Augment says how training pictures are varied, in this order: crop, flip, cutout. The zero value varies nothing.
type Augment struct {
	// Crop is the width in pixels of a frame of zero pixels put around the picture, out of which a window of the
	// original size is cut at random. Frame pixels are normalised like any zero pixel.
	Crop int
	// Flip mirrors every second picture left to right, at random.
	Flip bool
	// Cutout is the side in pixels of a square around a random centre, clipped at the borders, that is set to the
	// training mean, which is 0 after normalisation (DeVries and Taylor 2017).
	Cutout int
}

// Validate checks a against pictures of h x w pixels and reports every fault.
func (a Augment) Validate(h, w int) error {
	var errs []error
	if side := min(h, w); a.Crop < 0 || a.Crop >= side {
		errs = append(errs, fmt.Errorf("data: crop of %d pixels, expected 0 to %d for %dx%d pictures", a.Crop, side-1, h, w))
	}
	if side := min(h, w); a.Cutout < 0 || a.Cutout > side {
		errs = append(errs, fmt.Errorf("data: cutout of %d pixels, expected 0 to %d for %dx%d pictures", a.Cutout, side, h, w))
	}
	return errors.Join(errs...)
}

// variation is what Augment drew for one picture in one epoch.
type variation struct {
	dy, dx int // the window's offset from the picture, -Crop..Crop
	flip   bool
	cutout int // side; 0 for none
	cy, cx int // centre of the cutout
}

// draw returns the variation of picture i of h x w pixels in an epoch. Each kind of variation reads its own number of
// the stream, so switching one off leaves the others as they were.
func (a Augment) draw(seed uint64, epoch, i, h, w int) variation {
	if a == (Augment{}) {
		return variation{}
	}
	g := stream(seed, forAugment, uint64(epoch), uint64(i))
	top, left, mirror := g.Uint64(), g.Uint64(), g.Uint64()
	return variation{
		dy:     below(top, 2*a.Crop+1) - a.Crop,
		dx:     below(left, 2*a.Crop+1) - a.Crop,
		flip:   a.Flip && mirror>>63 == 1,
		cutout: a.Cutout,
		cy:     below(g.Uint64(), h),
		cx:     below(g.Uint64(), w),
	}
}
