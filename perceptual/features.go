package perceptual

import (
	"fmt"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
)

// Features is a frozen feature network on a backend. Its weights have no
// gradients, but gradients flow through it to the images. It is only read, so
// that goroutines may share it, each with its own tape.
type Features struct {
	network Network
	table   []layer
	weights frozen
	input   standardize // torchvision's, for Images
	source  string
	random  bool
}

// NewFeatures reads the weights of network n and puts them on b. Files that are
// missing (see [ErrNoWeights]), damaged or of another network are an error.
func NewFeatures(b kernels.Backend, w *Weights, n Network) (*Features, error) {
	v, err := w.trunk(n)
	if err != nil {
		return nil, err
	}
	f := emptyFeatures(b, n)
	f.weights.set(v)
	f.source, f.random = v.source, v.random
	return f, nil
}

// emptyFeatures returns a network of zeros.
func emptyFeatures(b kernels.Backend, n Network) *Features {
	return &Features{network: n, table: n.layers(), weights: newFrozen(b, n.params()), input: newImageNet(b)}
}

// Network tells which network computes the features.
func (f *Features) Network() Network { return f.network }

// Source tells where the weights come from, in words for logs and model files:
// a file name, or that they are random and from which seed.
func (f *Features) Source() string { return f.source }

// Random tells that the weights were never trained. Such features find defects
// less well: callers must say so loudly.
func (f *Features) Random() bool { return f.random }

// State lists the weights under torchvision's names without the prefix
// "features.", such as "0.weight"; batch norms are folded into the convolutions
// before them, which have a "bias" instead. All are buffers: nothing trains them.
func (f *Features) State() []nn.Entry { return f.weights.entries }

// Forward returns the outputs of the layers with the given numbers
// (torchvision's, ascending) for images x [N,3,H,W]. Layers after the last one
// are not computed. Images smaller than [Network.MinSize] panic.
func (f *Features) Forward(t *autograd.Tape, x *autograd.Tensor, taps ...int) []*autograd.Tensor {
	outputs := make([]*autograd.Tensor, len(taps))
	walk := f.start(x, taps[len(taps)-1])
	for i, tap := range taps {
		outputs[i] = walk.next(t, tap)
		walk.shared = true // the caller keeps it
	}
	return outputs
}

// Images is Forward for RGB images in [-1,1], which it brings to the mean and
// deviation that torchvision's networks and the embedded one were trained with.
func (f *Features) Images(t *autograd.Tape, x *autograd.Tensor, taps ...int) []*autograd.Tensor {
	input := f.input.apply(t, x)
	outputs := f.Forward(t, input, taps...)
	input.Release()
	return outputs
}

// walk computes a network layer by layer, so that two images can be compared at
// each tap and let go before the next.
type walk struct {
	features *Features
	x        *autograd.Tensor // output of the layer before index
	index    int              // the next layer
	shared   bool             // x is not the walk's to release
}

// start checks x and returns a walk up to layer last that leaves it to the
// caller.
func (f *Features) start(x *autograd.Tensor, last int) *walk {
	f.check(x, last)
	return &walk{features: f, x: x, shared: true}
}

// check panics unless x is images that layer last can be computed of.
func (f *Features) check(x *autograd.Tensor, last int) {
	shape := x.Shape()
	if len(shape) != 4 || shape[1] != 3 {
		panic(fmt.Sprintf("perceptual.%s: input %v, want images [N,3,H,W]", f.network, shape))
	}
	if least := f.network.MinSize(last); min(shape[2], shape[3]) < least {
		panic(fmt.Sprintf("perceptual.%s: images of %d×%d pixels, want at least %d×%d (input %v)",
			f.network, shape[3], shape[2], least, least, shape))
	}
}

// next returns the output of layer tap, which must not lie behind. The walk
// keeps the result and releases it when it goes on, unless shared is set.
func (w *walk) next(t *autograd.Tape, tap int) *autograd.Tensor {
	for w.index <= tap {
		y, following := w.features.layer(t, w.index, tap, w.x)
		w.release()
		w.x, w.shared, w.index = y, false, following
	}
	return w.x
}

// release gives the current output back if it is the walk's own.
func (w *walk) release() {
	if !w.shared {
		w.x.Release()
	}
}

// layer computes one row of the table, and a ReLU that follows a convolution with
// it unless it lies behind last. It returns the number of the next row.
func (f *Features) layer(t *autograd.Tape, index, last int, x *autograd.Tensor) (y *autograd.Tensor, following int) {
	switch l := f.table[index]; l.kind {
	case convLayer:
		p := autograd.Conv2dParams{Stride: l.stride, Padding: l.padding}
		if index < last && f.table[index+1].kind == reluLayer {
			return f.convReLU(t, l.label(index), x, p), index + 2
		}
		return f.conv(t, l.label(index), x, p), index + 1
	case reluLayer:
		return t.ReLU(x), index + 1
	case poolLayer:
		return t.MaxPool2d(x, autograd.MaxPool2dParams{Kernel: l.kernel, Stride: l.stride, Padding: l.padding, CeilMode: l.ceil}), index + 1
	case stageLayer:
		return f.stage(t, l, x), index + 1
	default:
		return f.fire(t, l.label(index), x), index + 1
	}
}

// conv applies the convolution with the named weights.
func (f *Features) conv(t *autograd.Tape, name string, x *autograd.Tensor, p autograd.Conv2dParams) *autograd.Tensor {
	return t.Conv2d(x, f.weights.byName[name+".weight"], f.weights.byName[name+".bias"], p)
}

// convReLU is conv and a ReLU in one pass.
func (f *Features) convReLU(t *autograd.Tape, name string, x *autograd.Tensor, p autograd.Conv2dParams) *autograd.Tensor {
	return t.Conv2dLeakyReLU(x, f.weights.byName[name+".weight"], f.weights.byName[name+".bias"], 0, p)
}

// fire computes SqueezeNet's module: concat(relu(expand1x1(s)),
// relu(expand3x3(s))) of s = relu(squeeze(x)).
func (f *Features) fire(t *autograd.Tape, name string, x *autograd.Tensor) *autograd.Tensor {
	return scoped(t, func() *autograd.Tensor {
		s := f.convReLU(t, name+".squeeze", x, autograd.Conv2dParams{})
		narrow := f.convReLU(t, name+".expand1x1", s, autograd.Conv2dParams{})
		wide := f.convReLU(t, name+".expand3x3", s, autograd.Conv2dParams{Padding: 1})
		return t.Concat(1, narrow, wide)
	})
}

// scoped runs f and releases whatever it made but its result.
func scoped(t *autograd.Tape, f func() *autograd.Tensor) *autograd.Tensor {
	return t.Scope(func() []*autograd.Tensor { return []*autograd.Tensor{f()} })[0]
}

// channelConstant returns values as a constant [1,C,1,1], to be broadcast over
// images.
func channelConstant(b kernels.Backend, values ...float32) *autograd.Tensor {
	c := autograd.NewConstant(b, 1, len(values), 1, 1)
	c.Set(values)
	return c
}
