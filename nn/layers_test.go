package nn

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
)

// twice applies one module two times, as a discriminator on real and fake.
type twice struct{ body Module }

func (m twice) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	return m.body.Forward(t, m.body.Forward(t, x))
}
func (m twice) State() []Entry      { return Prefix("body", m.body.State()) }
func (m twice) SetTraining(on bool) { m.body.SetTraining(on) }

// layerCases are the modules of golden.py's layers().
var layerCases = []struct {
	name string
	eval bool
	make func(b kernels.Backend) Module
}{
	{name: "conv", make: func(b kernels.Backend) Module {
		return NewConv2d(b, 3, 4, 3, Conv2dOptions{Padding: 1, Bias: true})
	}},
	{name: "conv_stride", make: func(b kernels.Backend) Module {
		return NewConv2d(b, 2, 5, 4, Conv2dOptions{Stride: 2, Padding: 1})
	}},
	{name: "conv_wide", make: func(b kernels.Backend) Module {
		return NewConv2d(b, 2, 3, 7, Conv2dOptions{Padding: 3})
	}},
	{name: "conv_dilation", make: func(b kernels.Backend) Module {
		return NewConv2d(b, 2, 3, 3, Conv2dOptions{Padding: 2, Dilation: 2, Bias: true})
	}},
	{name: "conv_reflect", make: func(b kernels.Backend) Module {
		return NewConv2d(b, 2, 3, 5, Conv2dOptions{Stride: 2, Padding: 2, Bias: true, PaddingMode: "reflect"})
	}},
	{name: "conv_point", make: func(b kernels.Backend) Module {
		return NewConv2d(b, 3, 2, 1, Conv2dOptions{Bias: true})
	}},
	{name: "convt", make: func(b kernels.Backend) Module {
		return NewConvTranspose2d(b, 3, 4, 4, ConvTranspose2dOptions{Stride: 2, Padding: 1})
	}},
	{name: "convt_outputpadding", make: func(b kernels.Backend) Module {
		return NewConvTranspose2d(b, 2, 3, 3, ConvTranspose2dOptions{Stride: 2, Padding: 1, OutputPadding: 1, Bias: true})
	}},
	{name: "convt_stride1", make: func(b kernels.Backend) Module {
		return NewConvTranspose2d(b, 2, 3, 3, ConvTranspose2dOptions{Bias: true})
	}},
	{name: "batchnorm", make: func(b kernels.Backend) Module { return NewBatchNorm2d(b, 3, DefaultNorm(1)) }},
	{name: "batchnorm_eval", eval: true, make: func(b kernels.Backend) Module { return NewBatchNorm2d(b, 3, DefaultNorm(1)) }},
	{name: "batchnorm_momentum", make: func(b kernels.Backend) Module {
		return NewBatchNorm2d(b, 3, NormOptions{Eps: 1e-2, Momentum: 0.3, Slope: 1})
	}},
	{name: "batchnorm_relu", make: func(b kernels.Backend) Module { return Sequential{NewBatchNorm2d(b, 3, DefaultNorm(0))} }},
	{name: "batchnorm_leaky", make: func(b kernels.Backend) Module { return Sequential{NewBatchNorm2d(b, 3, DefaultNorm(0.2))} }},
	{name: "batchnorm_leaky_eval", eval: true, make: func(b kernels.Backend) Module {
		return Sequential{NewBatchNorm2d(b, 3, DefaultNorm(0.2))}
	}},
	{name: "conditional", make: newConditional},
	{name: "conditional_eval", eval: true, make: newConditional},
	{name: "instancenorm", make: func(kernels.Backend) Module { return NewInstanceNorm2d(1e-5, 1) }},
	{name: "instancenorm_relu", make: func(kernels.Backend) Module { return NewInstanceNorm2d(1e-5, 0) }},
	{name: "relu", make: func(kernels.Backend) Module { return ReLU{} }},
	{name: "leakyrelu", make: func(kernels.Backend) Module { return LeakyReLU{Slope: 0.2} }},
	{name: "tanh", make: func(kernels.Backend) Module { return Tanh{} }},
	{name: "sigmoid", make: func(kernels.Backend) Module { return Sigmoid{} }},
	{name: "maxpool", make: func(kernels.Backend) Module { return MaxPool2d{Kernel: 2} }},
	{name: "maxpool_padding", make: func(kernels.Backend) Module { return MaxPool2d{Kernel: 3, Stride: 2, Padding: 1} }},
	{name: "maxpool_ceil", make: func(kernels.Backend) Module { return MaxPool2d{Kernel: 3, Stride: 2, CeilMode: true} }},
	{name: "residual", make: func(b kernels.Backend) Module {
		return NewResidual(Sequential{NewConv2d(b, 3, 3, 3, Conv2dOptions{Padding: 1}), NewBatchNorm2d(b, 3, DefaultNorm(0))})
	}},
	{name: "residual_post", make: func(b kernels.Backend) Module {
		r := NewResidual(Sequential{NewConv2d(b, 3, 3, 3, Conv2dOptions{Padding: 1}), NewBatchNorm2d(b, 3, DefaultNorm(1))})
		r.After = ReLU{}
		return r
	}},
	{name: "spectral", make: newSpectralConv},
	{name: "spectral_eval", eval: true, make: newSpectralConv},
	{name: "spectral_convt", make: func(b kernels.Backend) Module {
		return NewConvTranspose2d(b, 3, 2, 4, ConvTranspose2dOptions{Stride: 2, Padding: 1, Bias: true, SpectralNorm: true})
	}},
	{name: "spectral_twice", make: func(b kernels.Backend) Module {
		return twice{NewConv2d(b, 3, 3, 3, Conv2dOptions{Padding: 1, Bias: true, SpectralNorm: true})}
	}},
}

func newConditional(b kernels.Backend) Module {
	c := NewConditionalBatchNorm2d(b, 3, 4, DefaultNorm(0.2))
	c.SetClasses([]int{2, 0, 2, 1})
	return c
}

func newSpectralConv(b kernels.Backend) Module {
	return NewConv2d(b, 3, 4, 3, Conv2dOptions{Padding: 1, Bias: true, SpectralNorm: true})
}

// TestLayersMatchPyTorch compares outputs, gradients and the state left behind.
func TestLayersMatchPyTorch(t *testing.T) {
	const tol = 2e-6 // of the largest value; float32 rounds to 6e-8
	g := readGolden(t, "layers.safetensors")
	for _, c := range layerCases {
		t.Run(c.name, func(t *testing.T) {
			tape := newTape()
			m := c.make(backend)
			m.SetTraining(!c.eval)
			require.NoError(t, LoadState(m.State(), g.under(c.name+"/before/")))

			x := g.variable(t, tape, c.name+"/x")
			y := m.Forward(tape, x)
			g.requireClose(t, c.name+"/y", y, tol)
			tape.Backward(tape.Sum(tape.Mul(y, g.input(t, tape, c.name+"/dy"))))

			g.requireClose(t, c.name+"/dx", x.Grad(), tol)
			for _, e := range m.State() {
				if !e.Buffer {
					g.requireClose(t, c.name+"/grad/"+e.Name, e.Tensor.Grad(), tol)
				}
			}
			g.requireState(t, c.name+"/after/", m.State(), tol)
		})
	}
}
