package nn

import (
	"fmt"
	"math"

	"github.com/org/trustmae/autograd"
)

// SSIMWindow is the shape of the weighted neighbourhood that SSIM compares.
type SSIMWindow string

// The windows of [SSIM].
const (
	WindowGauss SSIMWindow = "gauss" // gaussian of standard deviation Sigma
	WindowBox   SSIMWindow = "box"   // equal weights
)

// SSIMOptions are the options of [SSIM] and [SSIMMap]; 0 means the default,
// which is pytorch-ssim's and that of Wang et al. 2004 for values in 0–1.
type SSIMOptions struct {
	Window SSIMWindow // "": gauss
	Size   int        // of the window in pixels, odd; 0: 11
	Sigma  float64    // of the gaussian in pixels; 0: 1.5
	C1, C2 float32    // stabilisers; 0: 0.01² and 0.03²
}

// withDefaults fills in what is 0 and panics where the rest makes no sense.
func (o SSIMOptions) withDefaults() SSIMOptions {
	if o.Window == "" {
		o.Window = WindowGauss
	}
	if o.Size == 0 {
		o.Size = 11
	}
	if o.Sigma == 0 {
		o.Sigma = 1.5
	}
	if o.C1 == 0 {
		o.C1 = 0.01 * 0.01
	}
	if o.C2 == 0 {
		o.C2 = 0.03 * 0.03
	}
	if o.Window != WindowGauss && o.Window != WindowBox {
		panic(fmt.Sprintf("nn.SSIM: window %q, want %q or %q", o.Window, WindowGauss, WindowBox))
	}
	if o.Size < 1 || o.Size%2 == 0 || !(o.Sigma > 0) || !(o.C1 > 0) || !(o.C2 > 0) {
		panic(fmt.Sprintf("nn.SSIM: size %d, sigma %v, C1 %v, C2 %v, want an odd size and positive values", o.Size, o.Sigma, o.C1, o.C2))
	}
	return o
}

// taps returns the window along one axis; they sum to 1.
func (o SSIMOptions) taps() []float32 {
	raw, sum := make([]float64, o.Size), 0.0
	for i := range raw {
		raw[i] = 1
		if o.Window == WindowGauss {
			d := float64(i - o.Size/2)
			raw[i] = math.Exp(-d * d / (2 * o.Sigma * o.Sigma))
		}
		sum += raw[i]
	}
	taps := make([]float32, o.Size)
	for i := range taps {
		taps[i] = float32(raw[i] / sum)
	}
	return taps
}

// SSIM returns the mean structural similarity of the images a and b [N,C,H,W],
// shape [1]: 1 where they are equal. A loss to minimise is 1 − SSIM.
func SSIM(t *autograd.Tape, a, b *autograd.Tensor, o SSIMOptions) *autograd.Tensor {
	return scoped(t, func() *autograd.Tensor { return t.Mean(SSIMMap(t, a, b, o)) })
}

// SSIMMap returns the structural similarity of a and b [N,C,H,W] at every pixel
// and channel, same shape:
//
//	(2μaμb + C1)(2σab + C2) / ((μa² + μb² + C1)(σa² + σb² + C2))
//
// with means and (co)variances over the window, outside of the image being zero
// (Wang et al., "Image quality assessment: from error visibility to structural
// similarity", 2004, as computed by pytorch-ssim).
func SSIMMap(t *autograd.Tape, a, b *autograd.Tensor, o SSIMOptions) *autograd.Tensor {
	o = o.withDefaults()
	checkSameShape("SSIM", a, b)
	checkImages("SSIM", a, a.Dim(1))
	return t.SSIM(a, b, autograd.SSIMParams{Taps: o.taps(), C1: o.C1, C2: o.C2})
}
