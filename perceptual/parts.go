package perceptual

import "github.com/org/trustmae/autograd"

// inParts computes the loss part by part on a tape of its own. What it returns
// has the loss as its value and, recorded on t, the finished gradient with
// respect to fake: value + (Σ g·fake − its own value), whose second term is 0.
func (l *FeatureLoss) inParts(t *autograd.Tape, real, fake *autograd.Tensor) *autograd.Tensor {
	value := t.Full(0, 1)
	var gradient *autograd.Tensor
	if t.GradEnabled() && fake.RequiresGrad() {
		gradient = t.Full(0, fake.Shape()...)
	}
	fixed := t.Detach(fake)
	side := autograd.NewTape(t.Backend())
	images := fake.Dim(0)
	for start := 0; start < images; start += l.options.Parts {
		n := min(l.options.Parts, images-start)
		narrow := func(x *autograd.Tensor) *autograd.Tensor { // shares the memory of x
			if x == nil {
				return nil
			}
			return t.Narrow(x, 0, start, n)
		}
		share := float32(1)
		if l.options.Reduce != "sum" {
			share = float32(n) / float32(images)
		}
		l.onePart(side, narrow(real), narrow(fixed), share, value, narrow(gradient))
		side.Reset()
	}
	if gradient == nil {
		return value
	}
	product := t.Sum(t.Mul(gradient, fake))
	return t.Add(value, t.Sub(product, t.Detach(product)))
}

// onePart adds share times the loss of one part to value and, unless gradient
// is nil, writes its gradient there.
func (l *FeatureLoss) onePart(side *autograd.Tape, real, fake *autograd.Tensor, share float32, value, gradient *autograd.Tensor) {
	backend := side.Backend()
	if gradient == nil {
		side.NoGrad(func() {
			backend.AddScaled(value.Buffer(), l.distance(side, real, fake).Buffer(), share)
		})
		return
	}
	leaf := l.leaf(fake)
	backend.Copy2d(leaf.Buffer(), fake.Buffer(), 1, fake.Len(), fake.Len(), fake.Len())
	loss := side.MulScalar(l.distance(side, real, leaf), share)
	backend.AddScaled(value.Buffer(), loss.Buffer(), 1)
	side.Backward(loss, leaf)
	backend.Copy2d(gradient.Buffer(), leaf.Grad().Buffer(), 1, leaf.Len(), leaf.Len(), leaf.Len())
	leaf.ZeroGrad()
}

// leaf returns a parameter of the shape of x that is kept between calls.
func (l *FeatureLoss) leaf(x *autograd.Tensor) *autograd.Tensor {
	shape := [4]int(x.Shape())
	leaf := l.leaves[shape]
	if leaf == nil {
		leaf = autograd.NewParameter(x.Backend(), shape[:]...)
		l.leaves[shape] = leaf
	}
	return leaf
}
