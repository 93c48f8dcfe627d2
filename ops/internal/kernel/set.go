// Package kernel holds the hand-tuned loops: assembly tiles for AVX-512 and
// AVX2+FMA, their plain-Go twin, the choice between them, the pool of workers
// that runs them, and the drivers that build whole convolution passes out of
// tiles. It knows shapes and slices, not tensors or gradients.
package kernel
