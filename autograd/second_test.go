package autograd_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ag "github.com/org/trustmae/autograd"
	"github.com/org/trustmae/autograd/gradcheck"
	"github.com/org/trustmae/kernels"
)

// squared makes the gradient of a linear operation depend on its inputs.
func squared(f gradcheck.Func) gradcheck.Func {
	return func(t *ag.Tape, x tensors) *ag.Tensor { return t.Square(f(t, x)) }
}

// secondCases are those of the first derivative, squared, but for max pooling.
func secondCases() []opCase {
	var cases []opCase
	skip := map[string]bool{"MaxPool2d": true, "MaxPool2d/overlap": true, "MaxPool2d/ceil": true}
	for _, group := range [][]opCase{elementwiseCases(), shapeCases(), matMulCases(), convCases(), imageCases(), normCases(), softmaxCases()} {
		for _, c := range group {
			if skip[c.name] {
				continue
			}
			c.f = squared(c.copied())
			c.o.MaxElements = 10
			c.o.Tolerance = 0.005
			if c.o.Kinks > 0 {
				c.o.Step, c.o.Kinks = 0.003, 0.6
			}
			cases = append(cases, c)
		}
	}
	return cases
}

// TestSecondGradients differentiates the gradient of every operation but max
// pooling.
func TestSecondGradients(t *testing.T) {
	b := newBackend(t)
	for _, c := range secondCases() {
		t.Run(c.name, func(t *testing.T) { gradcheck.CheckSecond(t, c.f, c.leaves(b), c.o) })
	}
}

// TestThirdGradient goes one order further for the bilinear operations.
func TestThirdGradient(t *testing.T) {
	b := newBackend(t)
	for _, c := range append(convCases()[1:3], matMulCases()[2]) {
		t.Run(c.name, func(t *testing.T) {
			cubed := func(t *ag.Tape, x tensors) *ag.Tensor { y := c.f(t, x); return t.Mul(t.Square(y), y) }
			gradient := func(tape *ag.Tape, x tensors) *ag.Tensor {
				grads, err := tape.Grad(tape.Mean(cubed(tape, x)), x, ag.GradOptions{CreateGraph: true})
				require.NoError(t, err)
				sum := tape.Sum(tape.Square(grads[0]))
				for _, g := range grads[1:] {
					sum = tape.Add(sum, tape.Sum(tape.Square(g)))
				}
				return sum
			}
			gradcheck.CheckSecond(t, gradient, c.leaves(b), gradcheck.Options{MaxElements: 5, Tolerance: 0.01})
		})
	}
}

// TestNormRulesAgree compares the fused gradient of the norms with the one that
// can be differentiated.
func TestNormRulesAgree(t *testing.T) {
	b := newBackend(t)
	for _, c := range normCases() {
		t.Run(c.name, func(t *testing.T) {
			tape := ag.NewTape(b)
			defer tape.Reset()
			xs := c.leaves(b)
			loss := tape.Sum(tape.Mul(c.f(tape, xs), tape.Input(ramp(c.f(tape, xs).Len()), c.inputs[0].shape...)))
			composed, err := tape.Grad(loss, xs, ag.GradOptions{CreateGraph: true})
			require.NoError(t, err)
			fused, err := tape.Grad(loss, xs, ag.GradOptions{})
			require.NoError(t, err)
			for i := range xs {
				assert.InDeltaSlice(t, composed[i].Data(), fused[i].Data(), 2e-4, "input %d", i)
			}
		})
	}
}

// critic is a small WGAN critic: convolutions, instance norm, leaky ReLU, dense.
// Its parameters come after the images.
func critic(t *ag.Tape, images *ag.Tensor, p tensors) *ag.Tensor {
	h := t.LeakyReLU(t.Conv2d(images, p[0], p[1], ag.Conv2dParams{Stride: 2, Padding: 1}), 0.2)
	h = t.InstanceNorm(t.Conv2d(h, p[2], nil, ag.Conv2dParams{Stride: 2, Padding: 1}), 1e-3, 0.2)
	return t.MatMul(t.Reshape(h, images.Dim(0), -1), p[3], ag.MatMulParams{})
}

func criticParameters(b kernels.Backend) tensors {
	return tensors{
		gradcheck.Leaf(b, 21, -0.5, 0.5, 4, 2, 4, 4),
		gradcheck.Leaf(b, 22, -0.5, 0.5, 4),
		gradcheck.Leaf(b, 23, -0.5, 0.5, 6, 4, 4, 4),
		gradcheck.Leaf(b, 24, -0.5, 0.5, 6*2*2, 1),
	}
}

// gradientPenalty is that of WGAN-GP (Gulrajani et al. 2017): the mean of
// (‖∇critic‖ − 1)² over the images.
func gradientPenalty(t testing.TB, tape *ag.Tape, images *ag.Tensor, p tensors) *ag.Tensor {
	grads, err := tape.Grad(tape.Sum(critic(tape, images, p)), tensors{images}, ag.GradOptions{CreateGraph: true})
	require.NoError(t, err)
	norm := tape.Sqrt(tape.AddScalar(tape.Sum(tape.Square(grads[0]), 1, 2, 3), 1e-12))
	return tape.Mean(tape.Square(tape.AddScalar(norm, -1)))
}

// TestGradientPenalty takes the whole critic's loss with its penalty against
// numeric differences, with respect to every weight.
func TestGradientPenalty(t *testing.T) {
	b := newBackend(t)
	images := gradcheck.Leaf(b, 20, -1, 1, 3, 2, 8, 8)
	p := criticParameters(b)
	loss := func(tape *ag.Tape, p tensors) *ag.Tensor {
		score := tape.Mean(critic(tape, images, p))
		return tape.Add(score, tape.MulScalar(gradientPenalty(t, tape, images, p), 10))
	}
	gradcheck.Check(t, loss, p, gradcheck.Options{Step: 0.002, Tolerance: 0.01, Kinks: 0.4})
}

// TestMaxPoolSecondGradient pins the one operation without second derivative.
func TestMaxPoolSecondGradient(t *testing.T) {
	b := newBackend(t)
	tape := ag.NewTape(b)
	defer tape.Reset()
	x := gradcheck.Leaf(b, 1, -1, 1, 1, 1, 4, 4)
	y := tape.Sum(tape.Square(tape.MaxPool2d(x, ag.MaxPool2dParams{Kernel: 2})))
	grads, err := tape.Grad(y, tensors{x}, ag.GradOptions{CreateGraph: true})
	require.NoError(t, err)
	assert.PanicsWithValue(t, "autograd.MaxPool2d: its gradient can not be differentiated", func() { tape.Backward(tape.Sum(grads[0])) })
}
