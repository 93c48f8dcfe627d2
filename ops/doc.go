// Package ops holds differentiable operations on float32 activations in
// channels-last order, their parameters, and the optimisers that update them.
// It knows nothing of search.
//
// Operations are functions that take an Exec, which chooses kernels, owns
// memory and, while training, records what Backward has to undo. Memory and
// records are reused from step to step: in the steady state nothing is
// allocated. A step is
//
//	e.Begin(true)
//	y := ops.Conv(e, e.Input(n, h, w, c, pixels), spec)
//	… more operations …
//	loss := ops.CrossEntropy(e, logits, labels, 0.1)
//	e.Backward()
//	sgd.Step(rate)
//
// and several subnets may run forward and backward before one optimiser step.
//
// # Operations
//
//	Conv, AddConv         convolution: dense, grouped, depthwise, pointwise; added to a sum
//	ConvNorm, AddConvNorm convolution and its batch norm in one pass over the output
//	Residual              convolution added to other maps, with the sum's activation
//	Linear                fully connected layer
//	BatchNorm             batch norm, training, running or calibrating, with its activation
//	Activate              ReLU, ReLU6, hard-swish, hard-sigmoid, sigmoid, tanh, SiLU, GELU
//	MaxPool, AvgPool      pooling, padding counted or not
//	GlobalAvgPool         mean over pixels
//	Scale, SqueezeExcite  channels scaled per image
//	Add, Zeros            sums of maps; nothing
//	Resize                pictures in another size
//	LSTMCell              one step of an LSTM
//	KernelTransform       smaller depthwise filters made from larger ones
//	CrossEntropy          loss against labels, smoothed
//	SoftCrossEntropy      loss against another network's logits
//	MixedCrossEntropy     weighted sum of both losses
//
// # Layouts
//
// Activations are Data[((n*H+y)*W+x)*C+c]. Parameters rest as their Layout says,
// so that a Window, the first channels and the centre of the kernel, is read in
// place; Window.Export and Import translate from and to the order OutC, InC, KH, KW.
//
// # Bits
//
// Results depend on the kernel set (Exec.Kernel), never on the number of
// workers; in inference an image's result does not depend on its batch, and a
// window of a larger weight gives the bits of a weight of its own. Optimisers
// give the same bits with every kernel set.
//
// # Where things are
//
// It may import ops/internal/kernel only. One operation a file; read exec.go and tensor.go
// first, then param.go (parameters and windows), conv.go as an example of an operation, and
// optim.go and muon.go (optimisers).
package ops
