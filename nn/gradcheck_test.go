package nn

import (
	"math/rand/v2"
	"testing"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/autograd/gradcheck"
)

func TestLossGradients(t *testing.T) {
	leaf := func(seed uint64, lo, hi float32, shape ...int) *autograd.Tensor {
		return gradcheck.Leaf(backend, seed, lo, hi, shape...)
	}
	images := []*autograd.Tensor{leaf(1, 0, 1, 2, 3, 9, 8), leaf(2, 0, 1, 2, 3, 9, 8)}
	apart := []*autograd.Tensor{leaf(1, 0, 1, 3, 4), leaf(2, 1.1, 2, 3, 4)} // |a−b| has no kink nearby
	real := []*autograd.Tensor{leaf(3, 0, 1, 2, 3, 4, 4), leaf(4, 0, 1, 2, 5, 2, 2)}
	fake := []*autograd.Tensor{leaf(5, 1.1, 2, 2, 3, 4, 4), leaf(6, 1.1, 2, 2, 5, 2, 2)}
	scores := []*autograd.Tensor{leaf(7, -0.9, 0.9, 2, 1, 3, 3), leaf(8, -0.9, 0.9, 2, 1, 3, 3)} // on the hinge's slope

	for _, c := range []struct {
		name   string
		inputs []*autograd.Tensor
		of     gradcheck.Func
		second bool // the loss bends: check its second derivatives, too
	}{
		{"l1", apart, func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor { return L1(t, x[0], x[1]) }, false},
		{"mse", apart, func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor { return MSE(t, x[0], x[1]) }, true},
		{"ssim", images, func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor {
			return SSIM(t, x[0], x[1], SSIMOptions{})
		}, true},
		{"ssim_map", images, func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor {
			return SSIMMap(t, x[0], x[1], SSIMOptions{Window: WindowBox, Size: 3, C1: 0.1, C2: 0.1})
		}, true},
		{"hinge_d", scores, func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor { return HingeD(t, x[0], x[1]) }, false},
		{"hinge_g", scores[:1], func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor { return HingeG(t, x[0]) }, false},
		{"matching", fake, func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor {
			return FeatureMatching(t, real, x, ReduceSum)
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			gradcheck.Check(t, c.of, c.inputs, gradcheck.Options{})
			if c.second {
				gradcheck.CheckSecond(t, c.of, c.inputs, gradcheck.Options{Tolerance: 0.01})
			}
		})
	}
}

// TestModuleGradients checks first and second derivatives of whole modules, with
// respect to input and parameters, against differences.
func TestModuleGradients(t *testing.T) {
	for _, c := range []struct {
		name   string
		module Module
	}{
		{"reflect", NewConv2d(backend, 2, 3, 3, Conv2dOptions{Padding: 1, Bias: true, PaddingMode: PadReflect})},
		{"transpose", NewConvTranspose2d(backend, 2, 3, 4, ConvTranspose2dOptions{Stride: 2, Padding: 1, Bias: true})},
		{"spectral", NewConv2d(backend, 2, 3, 3, Conv2dOptions{Padding: 1, Bias: true, SpectralNorm: true})},
		{"spectral_transpose", NewConvTranspose2d(backend, 2, 3, 4, ConvTranspose2dOptions{Stride: 2, Padding: 1, SpectralNorm: true})},
		{"conditional", newTwoClasses()},
		{"residual", NewResidual(Sequential{NewConv2d(backend, 2, 2, 3, Conv2dOptions{Padding: 1}), NewInstanceNorm2d(1e-5, 1), Tanh{}})},
	} {
		t.Run(c.name, func(t *testing.T) {
			InitNormal(c.module, 0.5, rand.New(rand.NewPCG(1, 0)))
			if c.name != "conditional" { // whose statistics shall be the batch's
				c.module.SetTraining(false) // differences need vectors that stay
			}
			inputs := append([]*autograd.Tensor{gradcheck.Leaf(backend, 1, -1, 1, 2, 2, 5, 4)}, Parameters(c.module)...)
			of := func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor { return c.module.Forward(t, x[0]) }
			gradcheck.Check(t, of, inputs, gradcheck.Options{})
			square := func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor { return t.Square(of(t, x)) }
			gradcheck.CheckSecond(t, square, inputs, gradcheck.Options{Tolerance: 0.01})
		})
	}
}

func newTwoClasses() Module {
	c := NewConditionalBatchNorm2d(backend, 2, 2, DefaultNorm(1))
	c.SetClasses([]int{1, 0})
	return c
}
