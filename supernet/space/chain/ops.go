package chain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/espalier-nas/espalier/supernet/space"
)

// opClass is what a layer of the chain does with its main input.
type opClass uint8

const (
	denseOp    opClass = iota + 1 // convolution
	sepOp                         // depthwise convolution, then 1 x 1
	maxOp                         // maximum, then 1 x 1
	avgOp                         // mean, then 1 x 1
	identityOp                    // nothing, or the mean where the layer halves the map
)

// op is one operation that a layer may offer.
type op struct {
	name  string
	class opClass
	k     space.Sides
	dil   int // pixels from tap to tap of a dense convolution; 0: 1
}

// row and column are kernels of one row and of one column, for maps of one.
func row(k int) space.Sides    { return space.Sides{H: 1, W: k} }
func column(k int) space.Sides { return space.Sides{H: k, W: 1} }

// operations lists every operation of the chain family.
var operations = [...]op{
	{name: "conv1x1", class: denseOp, k: space.Square(1)},
	{name: "conv3x3", class: denseOp, k: space.Square(3)},
	{name: "conv5x5", class: denseOp, k: space.Square(5)},
	{name: "conv7x7", class: denseOp, k: space.Square(7)},
	{name: "conv1x3", class: denseOp, k: row(3)},
	{name: "conv1x5", class: denseOp, k: row(5)},
	{name: "conv1x7", class: denseOp, k: row(7)},
	{name: "conv3x1", class: denseOp, k: column(3)},
	{name: "conv5x1", class: denseOp, k: column(5)},
	{name: "conv7x1", class: denseOp, k: column(7)},
	{name: "conv3x3d2", class: denseOp, k: space.Square(3), dil: 2},
	{name: "conv1x3d2", class: denseOp, k: row(3), dil: 2},
	{name: "conv3x1d2", class: denseOp, k: column(3), dil: 2},
	{name: "sep3x3", class: sepOp, k: space.Square(3)},
	{name: "sep5x5", class: sepOp, k: space.Square(5)},
	{name: "sep7x7", class: sepOp, k: space.Square(7)},
	{name: "sep1x3", class: sepOp, k: row(3)},
	{name: "sep1x5", class: sepOp, k: row(5)},
	{name: "sep1x7", class: sepOp, k: row(7)},
	{name: "sep3x1", class: sepOp, k: column(3)},
	{name: "sep5x1", class: sepOp, k: column(5)},
	{name: "sep7x1", class: sepOp, k: column(7)},
	{name: "maxpool3x3", class: maxOp, k: space.Square(3)},
	{name: "maxpool1x3", class: maxOp, k: row(3)},
	{name: "maxpool3x1", class: maxOp, k: column(3)},
	{name: "avgpool3x3", class: avgOp, k: space.Square(3)},
	{name: "avgpool1x3", class: avgOp, k: row(3)},
	{name: "avgpool3x1", class: avgOp, k: column(3)},
	{name: "identity", class: identityOp, k: space.Square(1)},
}

// Ops returns the name of every operation that a layer may offer.
func Ops() []string {
	names := make([]string, len(operations))
	for i, o := range operations {
		names[i] = o.name
	}
	return names
}

func findOp(name string) (op, error) {
	i := slices.IndexFunc(operations[:], func(o op) bool { return o.name == name })
	if i < 0 {
		return op{}, fmt.Errorf("operation %q is unknown; want one of %s", name, strings.Join(Ops(), ", "))
	}
	return operations[i], nil
}

// matches reports whether the operation is named by a word of a rule: its own
// name, a group (conv, sep, pool), or * for any.
func (o op) matches(word string) bool {
	switch word {
	case "*":
		return true
	case "conv":
		return o.class == denseOp
	case "sep":
		return o.class == sepOp
	case "pool":
		return o.class == maxOp || o.class == avgOp
	}
	return o.name == word
}

// checkRuleWord returns an error if no operation matches word.
func checkRuleWord(word string) error {
	for _, o := range operations {
		if o.matches(word) {
			return nil
		}
	}
	return fmt.Errorf("%q names no operation; want *, conv, sep, pool or one of %s", word, strings.Join(Ops(), ", "))
}
