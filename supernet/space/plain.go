package space

import (
	"fmt"
	"math/bits"
	"slices"
)

const (
	// plainLayers and plainKernel of a plain network.
	plainLayers = 6
	// plainMap is the side that a plain network's last maps have about, pixels.
	plainMap = 7
)

// Plain returns the network that one writes down first: a stem and six 3x3
// convolutions, all of one width, each with batch norm and ReLU, halving the maps
// down to about 7 pixels at equal distances, global pooling and a classifier. Of
// pictures of one row or one column, signals, the kernels have no more. It
// is what a search has to beat; see Plan.Scale for other latencies.
func Plain(in Input, width int) (Plan, error) {
	if err := in.Validate(); err != nil {
		return nil, fmt.Errorf("plain network: %w", err)
	}
	taps := func(pixels int) int { return min(3, 2*pixels-1) } // odd, so that maps keep their size
	kernel, side := Square(3), min(in.H, in.W)
	if side == 1 {
		kernel, side = Sides{taps(in.H), taps(in.W)}, max(in.H, in.W)
	}
	halve := plainHalvings(side)
	b := NewPlanner(plainLayers + 3)
	x := b.Conv(Picture(in), ConvSpec{Weight: "stem", Norm: "stem/norm", K: kernel, S: 1, OutC: width, Act: ReLU})
	for i := 1; i <= plainLayers; i++ {
		c := ConvSpec{Weight: fmt.Sprintf("layer%d/conv3x3", i), K: kernel, S: 1, OutC: width, Act: ReLU}
		c.Norm = c.Weight + "/norm"
		if slices.Contains(halve, i) {
			c.S = 2
		}
		x = b.Conv(x, c)
		b.Plan[x.Step].Auxiliary = i == plainLayers*2/3
	}
	b.Classify(x, in.Classes)
	return b.Plan, nil
}

// plainHalvings returns the layers, from 1, that halve maps whose side is so many
// pixels.
func plainHalvings(side int) []int {
	n := min(plainLayers, bits.Len(uint(side/plainMap))-1)
	var at []int
	for i := range max(0, n) {
		at = append(at, 1+i*plainLayers/n)
	}
	return at
}
