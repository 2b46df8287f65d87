package nn

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
)

// split keeps a Sequential from knowing what a module is.
type split struct{ Module }

// A convolution and its activation in one pass have the results and gradients of both
// one after the other.
func TestSequentialActivates(t *testing.T) {
	for name, after := range map[string]Module{"ReLU": ReLU{}, "LeakyReLU": LeakyReLU{Slope: 0.2}, "negative slope": LeakyReLU{Slope: -0.2}} {
		conv := NewConv2d(backend, 3, 5, 4, Conv2dOptions{Stride: 2, Padding: 1, Bias: true, SpectralNorm: true})
		run := func(net Sequential) (lists [][]float32) {
			randomize(conv, 3)
			conv.SetTraining(false)
			tape := autograd.NewTape(backend)
			defer tape.Reset()
			values := make([]float32, 2*3*8*9)
			for i := range values {
				values[i] = float32(i*7919%1000)/500 - 1
			}
			x := tape.Variable(values, 2, 3, 8, 9)
			y := net.Forward(tape, x)
			tape.Backward(tape.Sum(tape.Square(y)))
			for _, g := range []*autograd.Tensor{y, x.Grad(), conv.Weight.Grad(), conv.Bias.Grad()} {
				lists = append(lists, slices.Clone(g.Data()))
			}
			conv.Weight.ZeroGrad()
			conv.Bias.ZeroGrad()
			return lists
		}
		joined := run(Sequential{conv, after})
		single := run(Sequential{split{conv}, after})
		require.Equal(t, single, joined, name)
	}
}
