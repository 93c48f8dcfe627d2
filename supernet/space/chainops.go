package space

import (
	"fmt"
	"slices"
	"strings"
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

// chainOp is one operation that a layer may offer.
type chainOp struct {
	name  string
	class opClass
	k     int
}

// chainOps lists every operation of the chain family.
var chainOps = [...]chainOp{
	{"conv1x1", denseOp, 1},
	{"conv3x3", denseOp, 3},
	{"conv5x5", denseOp, 5},
	{"conv7x7", denseOp, 7},
	{"sep3x3", sepOp, 3},
	{"sep5x5", sepOp, 5},
	{"sep7x7", sepOp, 7},
	{"maxpool3x3", maxOp, 3},
	{"avgpool3x3", avgOp, 3},
	{"identity", identityOp, 1},
}

// chainOpNames returns the name of every operation of the chain family.
func chainOpNames() []string {
	names := make([]string, len(chainOps))
	for i, o := range chainOps {
		names[i] = o.name
	}
	return names
}

func findOp(name string) (chainOp, error) {
	i := slices.IndexFunc(chainOps[:], func(o chainOp) bool { return o.name == name })
	if i < 0 {
		return chainOp{}, fmt.Errorf("operation %q is unknown; want one of %s", name, strings.Join(chainOpNames(), ", "))
	}
	return chainOps[i], nil
}

// matches reports whether the operation is named by a word of a rule: its own
// name, a group (conv, sep, pool), or * for any.
func (o chainOp) matches(word string) bool {
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
	for _, o := range chainOps {
		if o.matches(word) {
			return nil
		}
	}
	return fmt.Errorf("%q names no operation; want *, conv, sep, pool or one of %s", word, strings.Join(chainOpNames(), ", "))
}
