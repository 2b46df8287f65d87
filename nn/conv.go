package nn

import (
	"fmt"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
)

// PaddingMode says what surrounds an image.
type PaddingMode string

// The padding modes of [Conv2d].
const (
	PadZero    PaddingMode = "zero"
	PadReflect PaddingMode = "reflect" // mirrored, the edge not repeated
)

// Conv2dOptions are the options of [NewConv2d].
type Conv2dOptions struct {
	Stride       int // 0: 1
	Padding      int
	Dilation     int // 0: 1
	Bias         bool
	PaddingMode  PaddingMode // "": zero
	SpectralNorm bool        // divide the weight by its largest singular value
}

// Conv2d is the cross-correlation of images with square kernels.
type Conv2d struct {
	Weight *autograd.Tensor // [outChannels,inChannels,kernelSize,kernelSize]
	Bias   *autograd.Tensor // [outChannels] or nil

	inChannels int
	options    Conv2dOptions
	spectral   *spectralNorm // nil: none
	slope      float32       // of the activation that Fold joined to it: 1 none, 0 ReLU
}

// NewConv2d returns a convolution with zero weights.
func NewConv2d(b kernels.Backend, inChannels, outChannels, kernelSize int, o Conv2dOptions) *Conv2d {
	if o.PaddingMode == "" {
		o.PaddingMode = PadZero
	}
	if o.PaddingMode != PadZero && o.PaddingMode != PadReflect {
		panic(fmt.Sprintf("nn.NewConv2d: padding mode %q, want %q or %q", o.PaddingMode, PadZero, PadReflect))
	}
	o.Stride, o.Dilation = max(o.Stride, 1), max(o.Dilation, 1)
	c := &Conv2d{
		Weight:     autograd.NewParameter(b, outChannels, inChannels, kernelSize, kernelSize),
		inChannels: inChannels,
		options:    o,
		slope:      1,
	}
	if o.Bias {
		c.Bias = autograd.NewParameter(b, outChannels)
	}
	if o.SpectralNorm {
		c.spectral = newSpectralNorm(b, c.Weight, 0)
	}
	return c
}

// Forward maps x [N,inChannels,H,W] to [N,outChannels,H',W'],
// H' = floor((H + 2·padding − dilation·(kernelSize−1) − 1)/stride) + 1.
func (c *Conv2d) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	return c.forward(t, x, c.slope)
}

// forward is Forward with the activation of a slope behind it.
func (c *Conv2d) forward(t *autograd.Tape, x *autograd.Tensor, slope float32) *autograd.Tensor {
	checkImages("Conv2d", x, c.inChannels)
	p := autograd.Conv2dParams{Stride: c.options.Stride, Padding: c.options.Padding, Dilation: c.options.Dilation}
	padded := x
	if c.options.PaddingMode == PadReflect && p.Padding > 0 {
		padded = t.PadReflect(x, p.Padding)
		p.Padding = 0
	}
	w := c.spectral.normalize(t, c.Weight)
	y := t.Conv2dLeakyReLU(padded, w, c.Bias, slope, p)
	if padded != x {
		padded.Release()
	}
	release(w) // no effect on the parameter itself
	return y
}

// State lists weight, bias and, with spectral norm, PyTorch's weight_orig,
// weight_u and weight_v.
func (c *Conv2d) State() []Entry { return convState(c.Weight, c.Bias, c.spectral) }

// SetTraining says whether spectral norm iterates.
func (c *Conv2d) SetTraining(on bool) { c.spectral.setTraining(on) }

// convState is the state of both kinds of convolution.
func convState(weight, bias *autograd.Tensor, s *spectralNorm) []Entry {
	var entries []Entry
	if s == nil {
		entries = append(entries, Entry{Name: "weight", Tensor: weight})
	} else {
		entries = append(entries,
			Entry{Name: "weight_orig", Tensor: weight},
			Entry{Name: "weight_u", Tensor: s.u, Buffer: true},
			Entry{Name: "weight_v", Tensor: s.v, Buffer: true})
	}
	if bias != nil {
		entries = append(entries, Entry{Name: "bias", Tensor: bias})
	}
	return entries
}
