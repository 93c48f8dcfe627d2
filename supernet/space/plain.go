package space

import "math/bits"

const (
	// plainLayers and plainKernel of a plain network.
	plainLayers = 6
	// plainMap is the side that a plain network's last maps have about, pixels.
	plainMap = 7
)

// Plain returns the network that one writes down first: a stem and six 3x3
// convolutions, all of one width, each with batch norm and ReLU, halving the maps
// down to about 7 pixels at equal distances, global pooling and a classifier. It
// is what a search has to beat; see Plan.Scale for other latencies.
func Plain(in Input, width int) (Plan, error) {
	c := ChainConfig{
		Name: "plain", Stem: width, Layers: plainLayers, Ops: []string{"conv3x3"}, Widths: []int{width},
		Activations: []string{"relu"}, Downsample: plainHalvings(min(in.H, in.W)),
	}
	ch, err := NewChain(c, in)
	if err != nil {
		return nil, err
	}
	return ch.Plan(ch.Max()), nil
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
