package nn

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
)

// randomize fills every tensor of m, variances with positive values.
func randomize(m Module, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, e := range m.State() {
		values := make([]float32, e.Tensor.Len())
		for i := range values {
			values[i] = float32(rng.NormFloat64())
			if e.Buffer && len(e.Tensor.Shape()) == 1 {
				values[i] = 0.2 + values[i]*values[i]
			}
		}
		e.Tensor.Set(values)
	}
}

// evaluate returns the output of m for fixed random images.
func evaluate(m Module, shape ...int) []float32 {
	tape := autograd.NewTape(backend)
	defer tape.Reset()
	rng := rand.New(rand.NewPCG(9, 9))
	x := make([]float32, shape[0]*shape[1]*shape[2]*shape[3])
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	var values []float32
	tape.NoGrad(func() { values = m.Forward(tape, tape.Input(x, shape...)).Data() })
	return values
}

// TestFold compares folded networks with the originals.
func TestFold(t *testing.T) {
	b := backend
	conv := func(o Conv2dOptions) Module { return NewConv2d(b, 3, 3, 3, o) }
	up := func(o ConvTranspose2dOptions) Module { return NewConvTranspose2d(b, 3, 3, 4, o) }
	for _, c := range []struct {
		name    string
		net     Sequential
		modules int // of the folded network
	}{
		{"norm", Sequential{conv(Conv2dOptions{}), NewBatchNorm2d(b, 3, DefaultNorm(0))}, 1},
		{"bias and norm", Sequential{conv(Conv2dOptions{Bias: true, Padding: 1}), NewBatchNorm2d(b, 3, DefaultNorm(0.2))}, 1},
		{"norm without weight", Sequential{conv(Conv2dOptions{}), NewBatchNorm2d(b, 3, NormOptions{Eps: 1e-3, Slope: 1})}, 1},
		{"norm and ReLU", Sequential{conv(Conv2dOptions{}), NewBatchNorm2d(b, 3, DefaultNorm(1)), ReLU{}}, 1},
		{"norm with ReLU and LeakyReLU", Sequential{conv(Conv2dOptions{}), NewBatchNorm2d(b, 3, DefaultNorm(0)), LeakyReLU{Slope: 0.3}}, 2},
		{"LeakyReLU", Sequential{conv(Conv2dOptions{Bias: true}), LeakyReLU{Slope: 0.3}}, 1},
		{"negative slope", Sequential{conv(Conv2dOptions{}), LeakyReLU{Slope: -0.3}}, 2},
		{"reflected padding", Sequential{conv(Conv2dOptions{Padding: 2, PaddingMode: PadReflect}), NewBatchNorm2d(b, 3, DefaultNorm(0))}, 1},
		{"transposed", Sequential{up(ConvTranspose2dOptions{Stride: 2, Padding: 1}), NewBatchNorm2d(b, 3, DefaultNorm(0))}, 1},
		{"transposed with bias", Sequential{up(ConvTranspose2dOptions{Bias: true}), NewBatchNorm2d(b, 3, DefaultNorm(1))}, 1},
		{"one class", Sequential{conv(Conv2dOptions{}), NewConditionalBatchNorm2d(b, 1, 3, DefaultNorm(0))}, 1},
		{"two classes", Sequential{conv(Conv2dOptions{}), NewConditionalBatchNorm2d(b, 2, 3, DefaultNorm(0))}, 2},
		{"spectral norm", Sequential{conv(Conv2dOptions{SpectralNorm: true}), up(ConvTranspose2dOptions{SpectralNorm: true}), NewBatchNorm2d(b, 3, DefaultNorm(0))}, 2},
		{"chain", Sequential{conv(Conv2dOptions{}), NewBatchNorm2d(b, 3, DefaultNorm(0)), conv(Conv2dOptions{}), Tanh{}}, 3},
		{"residual", Sequential{&Residual{
			Body:  Sequential{conv(Conv2dOptions{Padding: 1}), NewBatchNorm2d(b, 3, DefaultNorm(1))},
			After: ReLU{},
		}}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			randomize(c.net, 5)
			c.net.SetTraining(false)
			folded := Fold(c.net)
			require.Len(t, folded, c.modules)
			want, got := evaluate(c.net, 2, 3, 9, 8), evaluate(folded, 2, 3, 9, 8)
			require.Len(t, got, len(want))
			largest := 0.0
			for _, v := range want {
				largest = max(largest, math.Abs(float64(v)))
			}
			for i := range want {
				if diff := math.Abs(float64(got[i] - want[i])); !(diff <= 1e-5*largest) {
					t.Fatalf("output %d: folded %g, want %g (largest %g)", i, got[i], want[i], largest)
				}
			}
		})
	}
}

// TestFoldIsASnapshot: folded convolutions do not follow the network.
func TestFoldIsASnapshot(t *testing.T) {
	net := Sequential{NewConv2d(backend, 3, 3, 3, Conv2dOptions{}), NewBatchNorm2d(backend, 3, DefaultNorm(0))}
	randomize(net, 5)
	net.SetTraining(false)
	folded := Fold(net)
	before, original := evaluate(folded, 1, 3, 5, 5), evaluate(net, 1, 3, 5, 5)
	randomize(net, 6)
	require.Equal(t, before, evaluate(folded, 1, 3, 5, 5))
	require.NotEqual(t, original, evaluate(net, 1, 3, 5, 5))
}

func TestFoldPanics(t *testing.T) {
	conv := NewConv2d(backend, 3, 3, 3, Conv2dOptions{})
	require.PanicsWithValue(t, "nn.Fold: batch norm in training mode, want SetTraining(false) first", func() {
		Fold(Sequential{conv, NewBatchNorm2d(backend, 3, DefaultNorm(0))})
	})
	require.PanicsWithValue(t, "nn.Fold: spectral norm in training mode, want SetTraining(false) first", func() {
		Fold(Sequential{NewConv2d(backend, 3, 3, 3, Conv2dOptions{SpectralNorm: true})})
	})
	norm := NewBatchNorm2d(backend, 4, DefaultNorm(0))
	norm.SetTraining(false)
	require.PanicsWithValue(t, "nn.Fold: batch norm of 4 channels behind a convolution with 3 (weight [3 3 3 3])", func() {
		Fold(Sequential{conv, norm})
	})
}
