package perceptual

import (
	"bytes"
	_ "embed" // the network's file
	"fmt"

	"github.com/org/trustmae/internal/safetensors"
)

// EmbeddedFile is the name of the embedded network's file, which holds its
// weights and its channel weights.
const EmbeddedFile = "trustmae.safetensors"

// EmbeddedSource is what [LPIPS.Source] and [FeatureLoss.Source] say of the
// network that is part of the program.
const EmbeddedSource = string(Embedded) + ": " + embedded

const embedded = "embedded"

// embeddedLayers is this library's own network: 0.58 million weights and, at
// 256×256, 277 million multiply-adds, less than a third of AlexNet's. The first
// convolution halves the picture; behind it 3×3 kernels and 2×2 pools, as in
// VGG.
var embeddedLayers = []layer{
	{kind: convLayer, in: 3, out: 24, kernel: 5, stride: 2, padding: 2},
	{kind: reluLayer},
	{kind: poolLayer, kernel: 2, stride: 2},
	{kind: convLayer, in: 24, out: 48, kernel: 3, stride: 1, padding: 1},
	{kind: reluLayer},
	{kind: poolLayer, kernel: 2, stride: 2},
	{kind: convLayer, in: 48, out: 96, kernel: 3, stride: 1, padding: 1},
	{kind: reluLayer},
	{kind: convLayer, in: 96, out: 96, kernel: 3, stride: 1, padding: 1},
	{kind: reluLayer},
	{kind: poolLayer, kernel: 2, stride: 2},
	{kind: convLayer, in: 96, out: 128, kernel: 3, stride: 1, padding: 1},
	{kind: reluLayer},
	{kind: convLayer, in: 128, out: 128, kernel: 3, stride: 1, padding: 1},
	{kind: reluLayer},
	{kind: poolLayer, kernel: 2, stride: 2},
	{kind: convLayer, in: 128, out: 160, kernel: 3, stride: 1, padding: 1},
	{kind: reluLayer},
}

// embeddedTaps are the last ReLUs at 1/2, 1/4, 1/8, 1/16 and 1/32 of the
// picture's size.
var embeddedTaps = []int{1, 4, 9, 14, 17}

// embeddedNetwork is what apps/pretrain made; embedded/README.md says how.
//
//go:embed embedded/trustmae.safetensors
var embeddedNetwork []byte

// loadEmbedded reads the tensors of plan from the program itself.
func loadEmbedded(plan blueprint) (*values, error) {
	file, err := safetensors.NewReader(bytes.NewReader(embeddedNetwork), int64(len(embeddedNetwork)))
	if err != nil {
		return nil, fmt.Errorf("embedded network: %w", err)
	}
	found := map[string]safetensors.Tensor{}
	for _, p := range plan.params {
		t, err := file.Tensor(plan.prefix + p.name)
		if err != nil {
			return nil, fmt.Errorf("embedded network: %w", err)
		}
		t.Name = p.name
		found[p.name] = t
	}
	tensors, err := fit(found, plan)
	if err != nil {
		return nil, fmt.Errorf("embedded network: %w", err)
	}
	return &values{tensors: tensors, source: embedded}, nil
}
