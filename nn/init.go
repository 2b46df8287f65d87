package nn

import (
	"math"
	"math/rand/v2"
	"strings"

	"github.com/org/trustmae/autograd"
)

// InitNormal draws the weights of all convolutions in m from a normal
// distribution with mean 0 and the given standard deviation (DCGAN: 0.02), in
// the order of State. They are the parameters called "weight" (or "weight_orig")
// with four axes; those with fewer are norms' and become 1. Biases become 0.
// Parameters of any other name stay as they are. The same rng state gives the
// same weights.
func InitNormal(m Module, std float64, rng *rand.Rand) {
	initWeights(m, rng, func([]int) float64 { return std })
}

// InitXavier is [InitNormal] with the standard deviation
// gain·√(2/(fanIn+fanOut)) of each weight (Glorot and Bengio 2010; PyTorch's
// xavier_normal_).
func InitXavier(m Module, gain float64, rng *rand.Rand) {
	initWeights(m, rng, func(shape []int) float64 {
		kernel := shape[2] * shape[3]
		return gain * math.Sqrt(2/float64((shape[0]+shape[1])*kernel))
	})
}

func initWeights(m Module, rng *rand.Rand, std func(shape []int) float64) {
	for _, e := range m.State() {
		if e.Buffer {
			continue
		}
		switch name := e.Name[strings.LastIndex(e.Name, ".")+1:]; {
		case name == "bias":
			fill(e.Tensor, 0)
		case strings.HasPrefix(name, "weight") && len(e.Tensor.Shape()) == 4:
			drawNormal(e.Tensor, std(e.Tensor.Shape()), rng)
		case name == "weight":
			fill(e.Tensor, 1)
		}
	}
}

// drawNormal fills x from N(0, std²), piece by piece: copies of all the weights would
// be garbage that is collected late where much memory is in use.
func drawNormal(x *autograd.Tensor, std float64, rng *rand.Rand) {
	const piece = 1 << 16
	values := make([]float32, min(piece, x.Len()))
	for at := 0; at < x.Len(); at += piece {
		n := min(piece, x.Len()-at)
		for i := range n {
			values[i] = float32(rng.NormFloat64() * std)
		}
		x.Backend().Upload(x.Buffer().Slice(at, n), values[:n])
	}
}
