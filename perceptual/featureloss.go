package perceptual

import (
	"fmt"
	"slices"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
)

// FeatureLossOptions are the options of [NewFeatureLoss].
type FeatureLossOptions struct {
	// Net is "vgg19", or "trustmae", the embedded network. "auto" (or "") is VGG-19
	// where the weights hold it, else the embedded one.
	Net    string
	Tap    string // vgg.tap: "conv" (or "") before the ReLU, "relu" after it
	Norm   string // vgg.norm: "none" (or "") feeds VGG-19 [-1,1], "imagenet" standardizes
	Reduce string // l1.reduce: "mean" (or "") of a tap's values, "sum" of them
	Parts  int    // images that go through the network at once; 0: all
}

// check reports options that do not exist.
func (o FeatureLossOptions) check() error {
	checks := []struct {
		name, value string
		allowed     []string
	}{
		{"net", o.Net, []string{"", "auto", string(VGG19), string(Embedded)}},
		{"tap", o.Tap, []string{"", "conv", "relu"}},
		{"norm", o.Norm, []string{"", "none", "imagenet"}},
		{"reduce", o.Reduce, []string{"", "mean", "sum"}},
	}
	for _, c := range checks {
		if !slices.Contains(c.allowed, c.value) {
			return fmt.Errorf("feature loss: %s %q, want one of %v", c.name, c.value, c.allowed[1:])
		}
	}
	if o.Parts < 0 {
		return fmt.Errorf("feature loss: parts of %d images, want 0 (all) or more", o.Parts)
	}
	return nil
}

// tapWeights are λ of TrustMAE's feature loss for conv1_2 to conv5_4, and for the
// five taps of the embedded network.
var tapWeights = [...]float32{1. / 32, 1. / 16, 1. / 8, 1. / 4, 1}

// FeatureLoss is TrustMAE's L_vgg = Σ_l λ_l‖ψ_l(x)−ψ_l(x̂)‖₁ over five layers
// of VGG-19 or of the embedded network, whose input is always standardized. With Parts set it must not be used by two goroutines at once.
type FeatureLoss struct {
	features *Features
	options  FeatureLossOptions
	taps     []int
	input    *standardize                // nil: images are fed as they are
	leaves   map[[4]int]*autograd.Tensor // by shape: the part of a batch being differentiated
}

// NewFeatureLoss reads the network's weights and puts them on b. Unknown options and
// files that are missing (see [ErrNoWeights]), damaged or of another network are
// an error.
func NewFeatureLoss(b kernels.Backend, w *Weights, o FeatureLossOptions) (*FeatureLoss, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	n := Network(o.Net)
	if o.Net == "" || o.Net == "auto" {
		var err error
		if n, err = w.choose(VGG19, VGG19.blueprint()); err != nil {
			return nil, err
		}
	}
	features, err := NewFeatures(b, w, n)
	if err != nil {
		return nil, err
	}
	return newFeatureLoss(features, o), nil
}

// newFeatureLoss makes a loss over VGG-19 or the embedded network with options
// that exist.
func newFeatureLoss(features *Features, o FeatureLossOptions) *FeatureLoss {
	l := &FeatureLoss{
		features: features,
		options:  o,
		taps:     slices.Clone(vgg19Convs),
		leaves:   map[[4]int]*autograd.Tensor{},
	}
	if features.network == Embedded {
		for i, relu := range embeddedTaps {
			l.taps[i] = relu - 1
		}
	}
	if o.Tap == "relu" {
		for i := range l.taps {
			l.taps[i]++
		}
	}
	if o.Norm == "imagenet" || features.network == Embedded {
		l.input = &features.input
	}
	return l
}

// Net names the network as [FeatureLossOptions] does, never "auto".
func (l *FeatureLoss) Net() string { return string(l.features.network) }

// Source tells in words where the weights come from.
func (l *FeatureLoss) Source() string {
	return fmt.Sprintf("%s: %s", l.features.network, l.features.source)
}

// Random tells that the weights were never trained; callers must say so loudly.
func (l *FeatureLoss) Random() bool { return l.features.random }

// State lists the network's weights. All are buffers: nothing trains them.
func (l *FeatureLoss) State() []nn.Entry { return l.features.State() }

// MinSize is the smallest side of images in pixels.
func (l *FeatureLoss) MinSize() int { return l.features.network.MinSize(l.taps[len(l.taps)-1]) }

// Loss returns the loss, shape [1], of reconstructions fake against images real,
// both [N,3,H,W] RGB in [-1,1]. The real side is detached: gradients flow to
// fake only.
//
// With Parts set, larger batches are worked through that many images at a
// time: each part's gradient is computed at once and its activations are given
// back. The result can then be differentiated once, not twice.
func (l *FeatureLoss) Loss(t *autograd.Tape, real, fake *autograd.Tensor) *autograd.Tensor {
	checkPair("FeatureLoss", real, fake)
	if l.options.Parts == 0 || fake.Dim(0) <= l.options.Parts {
		return scoped(t, func() *autograd.Tensor { return l.distance(t, t.Detach(real), fake) })
	}
	return scoped(t, func() *autograd.Tensor { return l.inParts(t, t.Detach(real), fake) })
}

// distance compares the whole of two batches; real is detached.
func (l *FeatureLoss) distance(t *autograd.Tape, real, fake *autograd.Tensor) *autograd.Tensor {
	if l.input != nil {
		real, fake = l.input.apply(t, real), l.input.apply(t, fake)
	}
	last := l.taps[len(l.taps)-1]
	a, b := l.features.start(real, last), l.features.start(fake, last)
	var sum *autograd.Tensor
	for i, tap := range l.taps {
		fa, fb := a.next(t, tap), b.next(t, tap)
		term := scoped(t, func() *autograd.Tensor {
			gap := t.Abs(t.Sub(fa, fb))
			if l.options.Reduce == "sum" {
				return t.MulScalar(t.Sum(gap), tapWeights[i])
			}
			return t.MulScalar(t.Mean(gap), tapWeights[i])
		})
		if sum == nil {
			sum = term
		} else {
			sum = t.Add(sum, term)
		}
	}
	a.release()
	b.release()
	return sum
}

// checkPair panics unless x and y are image batches of one shape.
func checkPair(op string, x, y *autograd.Tensor) {
	if len(x.Shape()) != 4 || x.Dim(1) != 3 || !slices.Equal(x.Shape(), y.Shape()) {
		panic(fmt.Sprintf("perceptual.%s: images of shapes %v and %v, want [N,3,H,W] both", op, x.Shape(), y.Shape()))
	}
}
