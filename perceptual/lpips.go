package perceptual

import (
	"fmt"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
)

// LPIPSOptions are the options of [NewLPIPS].
type LPIPSOptions struct {
	// Net is "alex", "vgg", "squeeze", or "trustmae", the embedded network. "auto"
	// (or "") is AlexNet where the weights hold it, else the embedded one.
	Net string

	// Order says how the differences of features become a map. "lpips" (or "")
	// is the LPIPS code's: features of unit length, squared difference, channel
	// weights, then up-sampling. "eq8" is TrustMAE's equation 8 read literally:
	// difference of raw features, up-sampling, square, channel weights; it needs
	// far more memory, and its values depend on the scale of the features.
	Order string
}

// resolve fills in the network that "auto" stands for.
func (o LPIPSOptions) resolve(w *Weights) (LPIPSOptions, error) {
	if o.Net != "" && o.Net != "auto" {
		return o, nil
	}
	n, err := w.choose(AlexNet, AlexNet.blueprint(), AlexNet.lpipsBlueprint())
	o.Net = lpipsNames[n]
	return o, err
}

// network returns the trunk, or an error for options that do not exist.
func (o LPIPSOptions) network() (Network, error) {
	if o.Order != "" && o.Order != "lpips" && o.Order != "eq8" {
		return "", fmt.Errorf("perceptual distance: order %q, want lpips or eq8", o.Order)
	}
	for n, name := range lpipsNames {
		if name == o.Net {
			return n, nil
		}
	}
	return "", fmt.Errorf("perceptual distance: network %q, want alex, vgg, squeeze or trustmae", o.Net)
}

// lpipsTaps are the layers whose outputs, all after a ReLU, LPIPS compares.
func (n Network) lpipsTaps() []int {
	switch n {
	case AlexNet:
		return []int{1, 4, 7, 9, 11}
	case VGG16:
		return []int{3, 8, 15, 22, 29}
	case SqueezeNet:
		return []int{1, 4, 7, 9, 10, 11, 12}
	case Embedded:
		return embeddedTaps
	}
	panic(fmt.Sprintf("perceptual: LPIPS has no weights for network %q", string(n)))
}

// unitEps is added to the lengths of feature vectors, as in the LPIPS code.
const unitEps = 1e-10

// LPIPS is the learned perceptual distance of Zhang et al. 2018, version 0.1.
// Gradients flow to both images. It is only read, so that goroutines may share
// it, each with its own tape.
type LPIPS struct {
	features *Features
	lin      frozen // channel weights [1,C,1,1] of each tap
	taps     []int
	input    standardize
	eq8      bool
	source   string
	random   bool
}

// NewLPIPS reads trunk and channel weights and puts them on b. Unknown options
// and files that are missing (see [ErrNoWeights]), damaged or of another network
// are an error.
func NewLPIPS(b kernels.Backend, w *Weights, o LPIPSOptions) (*LPIPS, error) {
	o, err := o.resolve(w)
	if err != nil {
		return nil, err
	}
	l, err := EmptyLPIPS(b, o)
	if err != nil {
		return nil, err
	}
	n := l.features.network
	trunk, err := w.trunk(n)
	if err != nil {
		return nil, err
	}
	channels, err := w.channels(n)
	if err != nil {
		return nil, err
	}
	l.features.weights.set(trunk)
	l.lin.set(channels)
	l.source = fmt.Sprintf("%s: %s", n, trunk.source)
	if channels.source != trunk.source {
		l.source += ", " + channels.source
	}
	l.random = trunk.random || channels.random
	return l, nil
}

// EmptyLPIPS returns an LPIPS whose weights are zero, to be filled through
// [LPIPS.State]. Unknown options are an error; "auto" is, too.
func EmptyLPIPS(b kernels.Backend, o LPIPSOptions) (*LPIPS, error) {
	n, err := o.network()
	if err != nil {
		return nil, err
	}
	return &LPIPS{
		features: emptyFeatures(b, n),
		lin:      newFrozen(b, n.lpipsBlueprint().params),
		taps:     n.lpipsTaps(),
		input:    newLPIPSScaling(b),
		eq8:      o.Order == "eq8",
	}, nil
}

// Net names the network as [LPIPSOptions] does, never "auto".
func (l *LPIPS) Net() string { return lpipsNames[l.features.network] }

// Source tells in words where the weights come from; empty for weights that
// were filled in through State.
func (l *LPIPS) Source() string { return l.source }

// Random tells that [NewLPIPS] was given weights that were never trained;
// callers must say so loudly.
func (l *LPIPS) Random() bool { return l.random }

// State lists the weights: the trunk's as "features.0.weight" and so on, the
// channels' as "lin0.model.1.weight". All are buffers: nothing trains them.
func (l *LPIPS) State() []nn.Entry {
	return append(nn.Prefix("features", l.features.State()), l.lin.entries...)
}

// MinSize is the smallest side of images in pixels.
func (l *LPIPS) MinSize() int { return l.features.network.MinSize(l.taps[len(l.taps)-1]) }

// Spatial returns the distance of every pixel, [N,1,H,W], for RGB images x and y
// [N,3,H,W] in [-1,1]: the sum over taps of each tap's map brought to the size
// of the images.
func (l *LPIPS) Spatial(t *autograd.Tape, x, y *autograd.Tensor) *autograd.Tensor {
	h, w := x.Dim(2), x.Dim(3)
	return l.total(t, x, y, func(d *autograd.Tensor) *autograd.Tensor { return t.ResizeBilinear(d, h, w) })
}

// Scalar returns the distance of every pair of images, [N,1,1,1]: the sum over
// taps of each tap's spatial mean, before any up-sampling.
func (l *LPIPS) Scalar(t *autograd.Tape, x, y *autograd.Tensor) *autograd.Tensor {
	return l.total(t, x, y, func(d *autograd.Tensor) *autograd.Tensor { return t.Mean(d, 2, 3) })
}

// total sums fold of every tap's distance.
func (l *LPIPS) total(t *autograd.Tape, x, y *autograd.Tensor, fold func(d *autograd.Tensor) *autograd.Tensor) *autograd.Tensor {
	return scoped(t, func() *autograd.Tensor {
		var sum *autograd.Tensor
		l.each(t, x, y, func(_ int, d *autograd.Tensor) {
			part := scoped(t, func() *autograd.Tensor { return fold(d) })
			if sum == nil {
				sum = part
				return
			}
			old := sum
			sum = t.Add(old, part)
			old.Release()
			part.Release()
		})
		return sum
	})
}

// each visits the distance [N,1,h,w] at every tap.
func (l *LPIPS) each(t *autograd.Tape, x, y *autograd.Tensor, visit func(tap int, d *autograd.Tensor)) {
	checkPair("LPIPS", x, y)
	pair := l.start(t, x, y)
	for i, tap := range l.taps {
		pair.next(t, tap)
		d := scoped(t, func() *autograd.Tensor {
			fa, fb := pair.features(t)
			if l.eq8 {
				return l.upsampledDistance(t, i, fa, fb, x.Dim(2), x.Dim(3))
			}
			return l.tapDistance(t, i, fa, fb)
		})
		visit(i, d)
		d.Release()
	}
	pair.release()
}

// tapDistance is one tap of LPIPS, [N,1,h,w] of features [N,C,h,w].
func (l *LPIPS) tapDistance(t *autograd.Tape, tap int, fa, fb *autograd.Tensor) *autograd.Tensor {
	return t.UnitDistance(fa, fb, l.lin.byName[linName(tap)], unitEps)
}

// upsampledDistance is one tap of equation 8, [N,1,h,w]. Images go one by one:
// a tap of 384 channels at 256×256 takes 100 MB for each.
func (l *LPIPS) upsampledDistance(t *autograd.Tape, tap int, fa, fb *autograd.Tensor, h, w int) *autograd.Tensor {
	images := make([]*autograd.Tensor, fa.Dim(0))
	for i := range images {
		images[i] = scoped(t, func() *autograd.Tensor {
			difference := t.Sub(t.Narrow(fa, 0, i, 1), t.Narrow(fb, 0, i, 1))
			return t.Conv2d(t.Square(t.ResizeBilinear(difference, h, w)), l.lin.byName[linName(tap)], nil, autograd.Conv2dParams{})
		})
	}
	return t.Concat(0, images...)
}
