// Package space describes networks as data: the decisions of a search space,
// architectures, families that turn them into plans, and their cost. It holds
// no weight and imports the standard library only (configuration files are
// decoded by the caller).
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
)

// Decision is one choice to be made, such as "layer3/op": conv3x3, conv5x5.
type Decision struct {
	Name    string
	Kind    Kind
	Layer   int      // index of the layer that it belongs to, from 0; the stem is -1
	From    int      // KindSkip: the earlier layer (-1: the stem); 0 otherwise
	Choices []string // at least one, at most 255
}

// Rules tells which decisions are made and which choices are allowed, given the
// genes of all earlier decisions (prefix has i of them).
type Rules interface {
	// Active reports whether decision i is made at all.
	Active(prefix []uint8, i int) bool
	// Allowed reports whether choice c of an active decision i is allowed; for
	// every reachable prefix at least one choice must be.
	Allowed(prefix []uint8, i, c int) bool
}
