// Package onnx writes extracted networks as ONNX models, which other runtimes
// can run, and reads such models back.
//
// A model is one graph of opset 17. Its input "images" is float32 in the order
// batch, channels, height, width, with any batch size: pixels divided by 255,
// which the graph itself normalises, or, if the network has no normalisation,
// what supernet.Network.Predict takes. Its output "logits" is batch x classes.
// The metadata names architecture, space and classes. docs/onnx.md lists it all.
//
// Read takes exactly what Write writes: it lifts the network out of the graph,
// writes that network again in memory, and refuses the model at the first
// difference. So a model that was read computes what the network computes.
//
// It may import supernet, data, space, internal/atomicfile and protowire. Read forms.go (how
// each op stands in a model) first, then build.go (writing), lift.go (reading) and
// interpret.go (the operators' definitions, to check with).
package onnx

// Opset is the version of the operator set that models are written in.
const Opset = 17

// irVersion is the version of the file format that came with Opset.
const irVersion = 8

// Names of the graph's input and output and of what follows the input.
const (
	graphName  = "network"
	inputName  = "images"
	outputName = "logits"
	batchName  = "batch"
	meanName   = "images/mean"
	stdName    = "images/std"
	centerName = "images/centered"
	normalName = "images/normalized"
)

// producer is the program that models say they come from.
const producer = "espalier"

// Limits on a model, equal for writer and reader.
const (
	maxBytes  = 1<<31 - 1 // of the whole model; no protocol buffer may be longer
	maxNodes  = 1 << 16
	maxInputs = 1 << 12 // of a node
	maxName   = 255     // bytes
	maxRank   = 8       // dimensions of a tensor, attributes of a node, integers of an attribute
)
