package main

import (
	"math"
	"strings"

	"github.com/org/trustmae/apps/pretrain/textures"
	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/nn"
	"github.com/org/trustmae/perceptual"
)

// standardPictures is how many pictures standardise looks at.
const standardPictures = 32

// standardise scales every convolution so that its output has a standard
// deviation of 1 on pictures. Features of unit length stay the same: ReLUs and
// pools commute with positive factors, and the next layer takes them out again.
// What compares raw features, such as the feature loss, gets them on one scale.
func standardise(t *autograd.Tape, pupil *perceptual.Trainable, s settings) {
	n := 3 * s.Size * s.Size
	pixels := make([]float32, standardPictures*n)
	for k := range standardPictures {
		for i, v := range textures.Picture(s.Size, s.Seed, heldOut+uint64(k)).Pix {
			pixels[k*n+i] = 2*v - 1
		}
	}
	var scales []float64
	t.NoGrad(func() {
		for _, y := range pupil.Convs(t, t.Input(pixels, standardPictures, 3, s.Size, s.Size)) {
			gap := t.Sub(y, t.Mean(y))
			scales = append(scales, math.Sqrt(float64(t.Mean(t.Square(gap)).Item())))
		}
	})
	t.Reset()
	before := 1.                      // of the layer's input
	for i, e := range pupil.Trunk() { // weight, bias, weight, bias, …
		after := scales[i/2]
		factor := before / after
		if strings.HasSuffix(e.Name, "bias") {
			factor = 1 / after
			before = after
		}
		values := e.Tensor.Data()
		for k := range values {
			values[k] *= float32(factor)
		}
		e.Tensor.Set(values)
	}
}

// export writes the network in half precision.
func export(path string, pupil *perceptual.Trainable, metadata map[string]string) error {
	list := nn.SaveState(pupil.State())
	for i := range list {
		list[i].DType = safetensors.F16
	}
	return safetensors.WriteFile(path, list, metadata)
}
