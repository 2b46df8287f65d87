package autograd_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ag "github.com/org/trustmae/autograd"
	"github.com/org/trustmae/autograd/gradcheck"
	"github.com/org/trustmae/internal/safetensors"
)

// goldenOps are the operations of testdata/golden.py.
var goldenOps = map[string]gradcheck.Func{
	"conv":             conv2d(ag.Conv2dParams{Stride: 2, Padding: 2, Dilation: 2}),
	"convtranspose":    convTranspose2d(ag.ConvTranspose2dParams{Stride: 3, Padding: 1, OutputPadding: 2, Dilation: 2}),
	"maxpool":          maxPool(ag.MaxPool2dParams{Kernel: 3, Stride: 2, Padding: 1}),
	"maxpoolceil":      maxPool(ag.MaxPool2dParams{Kernel: 3, Stride: 2, CeilMode: true}),
	"maxpoolceilpad":   maxPool(ag.MaxPool2dParams{Kernel: 2, Stride: 3, Padding: 1, CeilMode: true}),
	"maxpoolceilsmall": maxPool(ag.MaxPool2dParams{Kernel: 3, Stride: 2, CeilMode: true}),
	"resizeup":         resize(13, 20),
	"resizedown":       resize(4, 3),
	"resizedouble":     resize(18, 16),
	"resizesingle":     resize(1, 1),
	"padreflect":       func(t *ag.Tape, x tensors) *ag.Tensor { return t.PadReflect(x[0], 3) },
	"maximum":          func(t *ag.Tape, x tensors) *ag.Tensor { return t.Maximum(x[0], x[1]) },
	"minimum":          func(t *ag.Tape, x tensors) *ag.Tensor { return t.Minimum(x[0], x[1]) },
	"clamp":            func(t *ag.Tape, x tensors) *ag.Tensor { return t.Clamp(x[0], -0.5, 0.5) },
	"abs":              func(t *ag.Tape, x tensors) *ag.Tensor { return t.Abs(x[0]) },
	"leakyrelu":        func(t *ag.Tape, x tensors) *ag.Tensor { return t.LeakyReLU(x[0], 0.2) },
	"batchnorm": func(t *ag.Tape, x tensors) *ag.Tensor {
		y, _, _ := t.BatchNorm(x[0], x[1], x[2], 1e-5, 0)
		return y
	},
	"instancenorm": func(t *ag.Tape, x tensors) *ag.Tensor { return t.InstanceNorm(x[0], 1e-5, 0.2) },
	"softmax":      func(t *ag.Tape, x tensors) *ag.Tensor { return t.Softmax(x[0], nil) },
}

// TestPyTorch compares outputs, gradients and, through CreateGraph, composed
// gradients with PyTorch's, ties and corners included.
func TestPyTorch(t *testing.T) {
	list, _, err := safetensors.ReadFile("testdata/golden.safetensors")
	require.NoError(t, err)
	golden := map[string]safetensors.Tensor{}
	for _, x := range list {
		golden[x.Name] = x
	}
	b := newBackend(t)
	for name, f := range goldenOps {
		t.Run(name, func(t *testing.T) {
			tape := ag.NewTape(b)
			defer tape.Reset()
			var inputs tensors
			for {
				x, ok := golden[fmt.Sprintf("%s.%d", name, len(inputs))]
				if !ok {
					break
				}
				inputs = append(inputs, tape.Variable(x.Data, x.Shape...))
			}
			require.NotEmpty(t, inputs)
			y := f(tape, inputs)
			require.Equal(t, golden[name+".y"].Shape, y.Shape())
			assert.InDeltaSlice(t, golden[name+".y"].Data, y.Data(), 1e-5, "output")
			loss := tape.Sum(tape.Mul(y, tape.Input(golden[name+".dy"].Data, y.Shape()...)))
			for _, o := range []ag.GradOptions{{CreateGraph: true}, {}} {
				grads, err := tape.Grad(loss, inputs, o)
				require.NoError(t, err)
				for i, g := range grads {
					assert.InDeltaSlice(t, golden[fmt.Sprintf("%s.d%d", name, i)].Data, g.Data(), 5e-5, "gradient %d, %+v", i, o)
				}
			}
		})
	}
}
