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
	denseOp    opClass = iota + 1 // K x K convolution
	sepOp                         // depthwise K x K, then 1 x 1
	maxOp                         // maximum, then 1 x 1
	avgOp                         // mean, then 1 x 1
	identityOp                    // nothing, or the mean where the layer halves the map
)

// op is one operation that a layer may offer.
type op struct {
	name  string
	class opClass
	k     space.Sides
}

// operations lists every operation of the chain family.
var operations = [...]op{
	{"conv1x1", denseOp, space.Square(1)},
	{"conv3x3", denseOp, space.Square(3)},
	{"conv5x5", denseOp, space.Square(5)},
	{"conv7x7", denseOp, space.Square(7)},
	{"sep3x3", sepOp, space.Square(3)},
	{"sep5x5", sepOp, space.Square(5)},
	{"sep7x7", sepOp, space.Square(7)},
	{"maxpool3x3", maxOp, space.Square(3)},
	{"avgpool3x3", avgOp, space.Square(3)},
	{"identity", identityOp, space.Square(1)},
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
