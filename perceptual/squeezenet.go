package perceptual

// squeezenetLayers is torchvision's SqueezeNet 1.1 (Iandola et al. 2016). A
// fire module squeezes its input by a 1×1 convolution and concatenates a 1×1
// and a 3×3 convolution of the result, each with a ReLU.
var squeezenetLayers = []layer{
	{kind: convLayer, in: 3, out: 64, kernel: 3, stride: 2},
	{kind: reluLayer},
	{kind: poolLayer, kernel: 3, stride: 2, ceil: true},
	{kind: fireLayer, in: 64, squeeze: 16, out: 128},
	{kind: fireLayer, in: 128, squeeze: 16, out: 128},
	{kind: poolLayer, kernel: 3, stride: 2, ceil: true},
	{kind: fireLayer, in: 128, squeeze: 32, out: 256},
	{kind: fireLayer, in: 256, squeeze: 32, out: 256},
	{kind: poolLayer, kernel: 3, stride: 2, ceil: true},
	{kind: fireLayer, in: 256, squeeze: 48, out: 384},
	{kind: fireLayer, in: 384, squeeze: 48, out: 384},
	{kind: fireLayer, in: 384, squeeze: 64, out: 512},
	{kind: fireLayer, in: 512, squeeze: 64, out: 512},
}
