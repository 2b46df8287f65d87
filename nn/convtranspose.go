package nn

import (
	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
)

// ConvTranspose2dOptions are the options of [NewConvTranspose2d].
type ConvTranspose2dOptions struct {
	Stride        int // 0: 1
	Padding       int // rows and columns cut off the output
	OutputPadding int // rows and columns added at the end of the output
	Bias          bool
	SpectralNorm  bool // divide the weight by its largest singular value
}

// ConvTranspose2d is the transposed convolution: the gradient of [Conv2d] with
// respect to its input, as a layer that enlarges images.
type ConvTranspose2d struct {
	Weight *autograd.Tensor // [inChannels,outChannels,kernelSize,kernelSize]
	Bias   *autograd.Tensor // [outChannels] or nil

	inChannels int
	options    ConvTranspose2dOptions
	spectral   *spectralNorm // nil: none
	slope      float32       // of the activation that Fold joined to it: 1 none, 0 ReLU
}

// NewConvTranspose2d returns a transposed convolution with zero weights.
func NewConvTranspose2d(b kernels.Backend, inChannels, outChannels, kernelSize int, o ConvTranspose2dOptions) *ConvTranspose2d {
	o.Stride = max(o.Stride, 1)
	c := &ConvTranspose2d{
		Weight:     autograd.NewParameter(b, inChannels, outChannels, kernelSize, kernelSize),
		inChannels: inChannels,
		options:    o,
		slope:      1,
	}
	if o.Bias {
		c.Bias = autograd.NewParameter(b, outChannels)
	}
	if o.SpectralNorm {
		c.spectral = newSpectralNorm(b, c.Weight, 1)
	}
	return c
}

// Forward maps x [N,inChannels,H,W] to [N,outChannels,H',W'],
// H' = (H−1)·stride − 2·padding + kernelSize + outputPadding.
func (c *ConvTranspose2d) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	checkImages("ConvTranspose2d", x, c.inChannels)
	w := c.spectral.normalize(t, c.Weight)
	y := t.ConvTranspose2dLeakyReLU(x, w, c.Bias, c.slope, autograd.ConvTranspose2dParams{
		Stride: c.options.Stride, Padding: c.options.Padding, OutputPadding: c.options.OutputPadding,
	})
	release(w) // no effect on the parameter itself
	return y
}

// State lists weight, bias and, with spectral norm, PyTorch's weight_orig,
// weight_u and weight_v.
func (c *ConvTranspose2d) State() []Entry { return convState(c.Weight, c.Bias, c.spectral) }

// SetTraining says whether spectral norm iterates.
func (c *ConvTranspose2d) SetTraining(on bool) { c.spectral.setTraining(on) }
