//go:build amd64 && !purego

package kernel

import "unsafe"

// The generators know these distances; a difference does not compile.
var (
	_ [unsafe.Offsetof(forwardTile{}.x) - 72]struct{}             = [0]struct{}{}
	_ [unsafe.Offsetof(forwardTile{}.xOff) - 96]struct{}          = [0]struct{}{}
	_ [unsafe.Offsetof(forwardTile{}.runs) - 120]struct{}         = [0]struct{}{}
	_ [unsafe.Offsetof(forwardTile{}.epilogueArgs) - 144]struct{} = [0]struct{}{}
	_ [unsafe.Offsetof(rowTile{}.epilogueArgs) - 176]struct{}     = [0]struct{}{}
	_ [unsafe.Offsetof(winoTile{}.epilogueArgs) - 144]struct{}    = [0]struct{}{}
	_ [unsafe.Offsetof(winoTile{}.taps) - 432]struct{}            = [0]struct{}{}
	_ [unsafe.Offsetof(epilogueArgs{}.bias) - 8]struct{}          = [0]struct{}{}
	_ [unsafe.Offsetof(epilogueArgs{}.low) - 264]struct{}         = [0]struct{}{}
	_ [unsafe.Offsetof(epilogueArgs{}.one) - 280]struct{}         = [0]struct{}{}
	_ [unsafe.Sizeof(epilogueArgs{}) - 288]struct{}               = [0]struct{}{}

	_ [unsafe.Offsetof(gradTile{}.images) - 96]struct{}   = [0]struct{}{}
	_ [unsafe.Offsetof(gradTile{}.dyImage) - 160]struct{} = [0]struct{}{}
	_ [unsafe.Offsetof(gradTile{}.offsets) - 176]struct{} = [0]struct{}{}
	_ [unsafe.Offsetof(gradTile{}.ahead) - 184]struct{}   = [0]struct{}{}
	_ [unsafe.Offsetof(gradTile{}.line) - 216]struct{}    = [0]struct{}{}
	_ [unsafe.Offsetof(gatherTile{}.right) - 128]struct{} = [0]struct{}{}

	_ [unsafe.Offsetof(rowTile{}.x) - 72]struct{}      = [0]struct{}{}
	_ [unsafe.Offsetof(rowTile{}.pix) - 120]struct{}   = [0]struct{}{}
	_ [unsafe.Offsetof(rowTile{}.left) - 168]struct{}  = [0]struct{}{}
	_ [unsafe.Offsetof(rowTile{}.ahead) - 464]struct{} = [0]struct{}{}
	_ [unsafe.Sizeof(rowSpec{}) - 32]struct{}          = [0]struct{}{}
	_ [unsafe.Sizeof(prefetchStream{}) - 16]struct{}   = [0]struct{}{}
	_ [unsafe.Sizeof(ahead{}) - 32]struct{}            = [0]struct{}{}

	_ [unsafe.Offsetof(rowGradTile{}.x) - 72]struct{}       = [0]struct{}{}
	_ [unsafe.Offsetof(rowGradTile{}.pix) - 120]struct{}    = [0]struct{}{}
	_ [unsafe.Offsetof(rowGradTile{}.outPix) - 144]struct{} = [0]struct{}{}
	_ [unsafe.Offsetof(rowGradTile{}.ahead) - 152]struct{}  = [0]struct{}{}
	_ [unsafe.Sizeof(gradSpec{}) - 24]struct{}              = [0]struct{}{}

	_ [unsafe.Offsetof(winoTile{}.src) - 72]struct{} = [0]struct{}{}
	_ [unsafe.Sizeof(spot{}) - 12]struct{}           = [0]struct{}{}
)
