package perceptual

import (
	"fmt"
	"math"

	"github.com/org/trustmae/internal/safetensors"
)

// randomTrunk returns weights for runs without files: kernels uniform with the
// bound sqrt(6/fan_in) that keeps the scale of activations through ReLUs (He et
// al. 2015), biases with PyTorch's bound sqrt(1/fan_in). The same seed gives the
// same bits on every machine.
func randomTrunk(seed uint64, n Network) *values {
	v := &values{random: true, source: fmt.Sprintf("random, never trained (seed %d)", seed)}
	mixed := uint32(seed ^ seed>>32)
	fanIn := 0
	for i, p := range n.params() {
		t := newTensor(p)
		gain := 1.
		if len(p.shape) == 4 { // a kernel; its bias comes next
			gain, fanIn = 6, p.shape[1]*p.shape[2]*p.shape[3]
		}
		fillUniform(t.Data, mixed+uint32(i)*0x9e3779b9, math.Sqrt(gain/float64(fanIn)))
		v.tensors = append(v.tensors, t)
	}
	return v
}

// equalChannels returns LPIPS channel weights to go with a random trunk: all 1,
// so that every tap contributes the squared distance of unit feature vectors.
func equalChannels(n Network) *values {
	v := &values{random: true, source: "equal channel weights"}
	for _, p := range n.lpipsBlueprint().params {
		t := newTensor(p)
		for i := range t.Data {
			t.Data[i] = 1
		}
		v.tensors = append(v.tensors, t)
	}
	return v
}

func newTensor(p param) safetensors.Tensor {
	size := 1
	for _, d := range p.shape {
		size *= d
	}
	return safetensors.Tensor{Name: p.name, DType: safetensors.F32, Shape: p.shape, Data: make([]float32, size)}
}

// fillUniform sets values to numbers in [-bound, bound) that depend on seed
// and position only: the finaliser of MurmurHash3 over a Weyl sequence.
func fillUniform(values []float32, seed uint32, bound float64) {
	for i := range values {
		h := uint32(i)*0x9e3779b1 + seed
		h ^= h >> 16
		h *= 0x85ebca6b
		h ^= h >> 13
		h *= 0xc2b2ae35
		h ^= h >> 16
		values[i] = float32((float64(h)*0x1p-31 - 1) * bound)
	}
}
