// Package space describes networks as data: the decisions of a search space,
// architectures, families that turn them into plans, and their cost. It holds
// no weight and imports the standard library only (configuration files are
// decoded by the caller).
//
// Read Decision here and Arch in arch.go, then plan.go, layer.go and op.go (what a
// network is) and family.go (what a new family must provide). Families are packages
// below this one; only package families imports them.
package space

// Kind groups decisions that mean the same in different places: a controller
// uses one head per kind.
type Kind uint8

// The kinds of decision.
const (
	KindOp         Kind = iota + 1 // operation of a layer
	KindWidth                      // output channels
	KindSkip                       // connection from an earlier layer: choices "no", "yes"
	KindAct                        // activation
	KindKernel                     // elastic kernel size
	KindDepth                      // number of blocks
	KindExpand                     // expansion ratio
	KindResolution                 // input size
	KindSource                     // which earlier output is read
	KindSwitch                     // a part of a block, there or not
)

// Decision is one choice to be made, such as "layer3/op": conv3x3, conv5x5.
type Decision struct {
	Name    string
	Kind    Kind
	Layer   int      // index of the layer that it belongs to, from 0; the stem is -1
	From    int      // KindSkip: the earlier layer (-1: the stem); 0 otherwise
	Sources []int    // KindSource: the layer that each choice reads; -1, -2, ...: an input of the network or cell. Empty if they are not known
	Choices []string // at least one, at most 255
	When    []Any    // the decision is made if all of these hold; none: always
}

// Any holds if at least one of these choices was made.
type Any []Choice

// Choice names options of an earlier decision. A decision that is not made chose none.
type Choice struct {
	Decision int     // index
	Options  []uint8 // indices into its Choices
}

// Rules forbids choices.
type Rules interface {
	// Allowed reports whether choice c of decision i, which is made, is allowed after
	// the genes of all earlier decisions (prefix has i of them); for every reachable
	// prefix at least one choice must be.
	Allowed(prefix []uint8, i, c int) bool
}

// Definition is the Rules of a family that forbids nothing: what tells it from others
// with the same decisions, for the space's ID.
type Definition string

// Allowed reports that any choice is.
func (Definition) Allowed([]uint8, int, int) bool { return true }

// String returns the definition.
func (d Definition) String() string { return string(d) }
