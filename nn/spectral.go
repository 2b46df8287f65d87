package nn

import (
	"math"
	"math/rand/v2"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
)

// spectralEps keeps the vectors' normalisation from dividing by 0 (PyTorch's
// default).
const spectralEps = 1e-12

// spectralNorm divides a convolution's weight, seen as a matrix [outChannels,
// rest], by its largest singular value σ, which one power iteration per training
// forward pass estimates (Miyato et al., "Spectral normalization for generative
// adversarial networks", 2018). As in torch.nn.utils.spectral_norm, σ = uᵀWv is
// differentiated with u and v held constant, and evaluation uses the last u and v.
//
// PyTorch differs: u and v begin with its own random numbers, here with fixed
// ones.
type spectralNorm struct {
	u, v     *autograd.Tensor // [outChannels], [rest]: left and right singular vectors
	outAxis  int              // axis of the output channels in the weight
	training bool
}

func newSpectralNorm(b kernels.Backend, weight *autograd.Tensor, outAxis int) *spectralNorm {
	out := weight.Dim(outAxis)
	s := &spectralNorm{
		u:       autograd.NewConstant(b, out),
		v:       autograd.NewConstant(b, weight.Len()/out),
		outAxis: outAxis, training: true,
	}
	rng := rand.New(rand.NewPCG(uint64(out), uint64(weight.Len())))
	s.u.Set(randomUnit(rng, s.u.Len()))
	s.v.Set(randomUnit(rng, s.v.Len()))
	return s
}

// randomUnit returns a random vector of length 1.
func randomUnit(rng *rand.Rand, n int) []float32 {
	raw, sum := make([]float64, n), 0.0
	for i := range raw {
		raw[i] = rng.NormFloat64()
		sum += raw[i] * raw[i]
	}
	unit := make([]float32, n)
	for i := range unit {
		unit[i] = float32(raw[i] / math.Sqrt(sum))
	}
	return unit
}

func (s *spectralNorm) setTraining(on bool) {
	if s != nil {
		s.training = on
	}
}

// normalize returns weight/σ, or weight itself where s is nil.
func (s *spectralNorm) normalize(t *autograd.Tape, weight *autograd.Tensor) *autograd.Tensor {
	if s == nil {
		return weight
	}
	kept := t.Scope(func() []*autograd.Tensor {
		matrix := s.matrix(t, weight)
		u, v := t.Reshape(s.u, s.u.Len(), 1), t.Reshape(s.v, s.v.Len(), 1)
		if s.training {
			t.NoGrad(func() { u, v = s.iterate(t, matrix, u) })
		}
		sigma := t.Sum(t.Mul(u, t.MatMul(matrix, v, autograd.MatMulParams{})))
		return []*autograd.Tensor{t.Div(weight, t.Reshape(sigma, 1, 1, 1, 1))}
	})
	return kept[0]
}

// matrix returns the weight as [outChannels, rest].
func (s *spectralNorm) matrix(t *autograd.Tape, weight *autograd.Tensor) *autograd.Tensor {
	if s.outAxis == 1 {
		weight = t.Permute(weight, 1, 0, 2, 3)
	}
	return t.Reshape(weight, s.u.Len(), s.v.Len())
}

// iterate takes one power iteration from u [outChannels,1], keeps its result for
// the next forward pass and returns it in memory of its own, which that pass will
// not overwrite before this one is differentiated.
func (s *spectralNorm) iterate(t *autograd.Tape, matrix, u *autograd.Tensor) (newU, v *autograd.Tensor) {
	v = unit(t, t.MatMul(matrix, u, autograd.MatMulParams{TransA: true}))
	newU = unit(t, t.MatMul(matrix, v, autograd.MatMulParams{}))
	assign(s.u, newU)
	assign(s.v, v)
	return newU, v
}

// unit returns x/max(‖x‖, spectralEps).
func unit(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	length := t.Clamp(t.Sqrt(t.Sum(t.Square(x))), spectralEps, float32(math.Inf(1)))
	return t.Div(x, t.Reshape(length, 1, 1))
}

// assign overwrites the values of a leaf on its device.
func assign(leaf, x *autograd.Tensor) {
	leaf.Backend().Copy2d(leaf.Buffer(), x.Buffer(), 1, leaf.Len(), leaf.Len(), leaf.Len())
}
