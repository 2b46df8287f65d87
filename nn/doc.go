// Package nn is layers, losses and an optimiser over package autograd, with
// PyTorch's names and meanings.
//
// A [Module] maps images [N,C,H,W] to images on a tape; [Sequential] and
// [Residual] put modules together. Weights are zero (norms: the identity) until
// [InitNormal], [InitXavier] or [LoadState] fills them:
//
//	net := nn.Sequential{
//		nn.NewConv2d(b, 3, 32, 3, nn.Conv2dOptions{Stride: 2, Padding: 1}),
//		nn.NewBatchNorm2d(b, 32, nn.DefaultNorm(0)), // slope 0: ReLU in the same pass
//		nn.NewConvTranspose2d(b, 32, 3, 4, nn.ConvTranspose2dOptions{Stride: 2, Padding: 1, Bias: true}),
//		nn.Tanh{},
//	}
//	nn.InitNormal(net, 0.02, rand.New(rand.NewPCG(1, 0)))
//	adam := nn.NewAdam(nn.Parameters(net), nn.AdamOptions{LR: 1e-4})
//	for range steps {
//		x := tape.Input(pixels, 8, 3, 64, 64)
//		tape.Backward(nn.L1(tape, net.Forward(tape, x), x))
//		if err := adam.Step(); err != nil { ... }
//		adam.ZeroGrad()
//		tape.Reset()
//	}
//
// # State
//
// [Module.State] lists a module's parameters and buffers (running statistics,
// spectral norm's vectors) under names that do not change: PyTorch's, joined by
// dots. [SaveState] and [LoadState] take them to safetensors and back, and
// [Adam.State] does the same for the optimiser.
//
// # Training and evaluation
//
// New modules are in training mode: batch norm uses the statistics of the batch
// and updates its running ones, spectral norm iterates. After SetTraining(false)
// a module is only read, so that any number of goroutines may share it, each with
// its own tape.
//
// # Errors
//
// Wrong shapes and options are programmer's mistakes and panic. State that does
// not fit a module and parameters without gradient are errors.
//
// Parity with PyTorch 1.13 is shown by the golden files in testdata.
package nn
