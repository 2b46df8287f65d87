package perceptual

// alexnetLayers is torchvision's AlexNet (Krizhevsky 2014, one column).
var alexnetLayers = []layer{
	{kind: convLayer, in: 3, out: 64, kernel: 11, stride: 4, padding: 2},
	{kind: reluLayer},
	{kind: poolLayer, kernel: 3, stride: 2},
	{kind: convLayer, in: 64, out: 192, kernel: 5, stride: 1, padding: 2},
	{kind: reluLayer},
	{kind: poolLayer, kernel: 3, stride: 2},
	{kind: convLayer, in: 192, out: 384, kernel: 3, stride: 1, padding: 1},
	{kind: reluLayer},
	{kind: convLayer, in: 384, out: 256, kernel: 3, stride: 1, padding: 1},
	{kind: reluLayer},
	{kind: convLayer, in: 256, out: 256, kernel: 3, stride: 1, padding: 1},
	{kind: reluLayer},
}
