package autograd_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	ag "github.com/org/trustmae/autograd"
	"github.com/org/trustmae/autograd/gradcheck"
	"github.com/org/trustmae/kernels"
)

// normalised is conv, norm, conv, norm over one image and hands the norms'
// outputs to each.
func normalised(tape *ag.Tape, x *ag.Tensor, p tensors, each func(y *ag.Tensor)) *ag.Tensor {
	h := tape.Conv2d(x, p[0], nil, ag.Conv2dParams{Padding: 1})
	y, mean, variance := tape.BatchNorm(h, p[1], p[2], 1e-5, 0.1)
	z := tape.Conv2d(y, p[3], nil, ag.Conv2dParams{Padding: 1})
	n := tape.InstanceNorm(z, 1e-5, 0)
	loss := tape.Mean(tape.Square(n))
	for _, temporary := range []*ag.Tensor{h, mean, variance, z} {
		temporary.Release()
	}
	each(y)
	each(n)
	return loss
}

func normalisedParameters(b kernels.Backend) tensors {
	return tensors{
		gradcheck.Leaf(b, 1, -0.2, 0.2, 4, 3, 3, 3), gradcheck.Leaf(b, 2, 0.9, 1.1, 4),
		gradcheck.Leaf(b, 3, 0, 0.1, 4), gradcheck.Leaf(b, 4, -0.2, 0.2, 4, 4, 3, 3),
	}
}

// TestRecompute: outputs of norms take no memory until the backward pass, which
// gives the very bits that it gives where they were kept.
func TestRecompute(t *testing.T) {
	b := newBackend(t)
	p := normalisedParameters(b)
	const side, images = 16, 2
	run := func(each func(*ag.Tensor)) (inUse int64, grads [][]float32) {
		tape := ag.NewTape(b)
		x := tape.Input(ramp(images*3*side*side), images, 3, side, side)
		before := b.Stats().InUse
		loss := normalised(tape, x, p, each)
		inUse = b.Stats().InUse - before
		tape.Backward(loss)
		for _, w := range p {
			grads = append(grads, w.Grad().Data())
			w.ZeroGrad()
		}
		tape.Reset()
		return inUse, grads
	}
	empty := b.Stats().InUse
	most, want := run(func(*ag.Tensor) {})
	least, got := run((*ag.Tensor).Release)
	assert.Equal(t, want, got)
	const activation = 4 * images * 4 * side * side
	assert.Equal(t, int64(2*activation), most-least, "both outputs are gone")
	assert.Equal(t, empty, b.Stats().InUse)
}

// TestRecomputeLate asks for values after the norm that made them was
// differentiated and given back.
func TestRecomputeLate(t *testing.T) {
	b := newBackend(t)
	p := normalisedParameters(b)
	empty := b.Stats().InUse
	gradient := func(late bool) []float32 {
		tape := ag.NewTape(b)
		x := tape.Input(ramp(3*64), 1, 3, 8, 8)
		h := tape.Conv2d(x, p[0], nil, ag.Conv2dParams{Padding: 1})
		y, _, _ := tape.BatchNorm(h, p[1], p[2], 1e-5, 0)
		first, second := tape.Sum(tape.Square(y)), tape.Sum(tape.Conv2d(y, p[3], nil, ag.Conv2dParams{}))
		if late {
			h.Release()
			y.Release()
			tape.Backward(first, p[0])
		}
		tape.Backward(second, p[3])
		g := p[3].Grad().Data()
		for _, w := range p {
			w.ZeroGrad()
		}
		tape.Reset()
		assert.Equal(t, empty, b.Stats().InUse)
		return g
	}
	assert.Equal(t, gradient(false), gradient(true))
}

// TestGradientsTakenOver: the first gradient of a leaf is not copied, and shares
// no memory with that of another leaf.
func TestGradientsTakenOver(t *testing.T) {
	b := newBackend(t)
	v, w := gradcheck.Leaf(b, 1, -1, 1, 64), gradcheck.Leaf(b, 2, -1, 1, 64)
	tape := ag.NewTape(b)
	step := func() { tape.Backward(tape.Sum(tape.Square(tape.Add(tape.Add(v, w), v)))) }
	empty := b.Stats().InUse
	step()
	once := v.Grad().Data()
	for i := range once {
		assert.InDelta(t, 2*w.Grad().Data()[i], once[i], 1e-5, "v counts twice")
	}
	step()
	for i, g := range v.Grad().Data() {
		assert.InDelta(t, 2*once[i], g, 1e-5, "a second pass adds")
		assert.InDelta(t, once[i], w.Grad().Data()[i], 1e-5)
	}
	tape.Reset()
	assert.Equal(t, empty+2*4*64, b.Stats().InUse, "two gradients")
	v.ZeroGrad()
	w.ZeroGrad()
	assert.Equal(t, empty, b.Stats().InUse)
	assert.Nil(t, v.Grad())
}
