package main

import (
	"math"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
)

// contrast is how well one threshold on the distance tells pixels with defects
// from pixels with harmless changes: a logistic regression on the logarithm of
// the distance, whose two parameters are learnt along with it. One threshold for
// all pictures is what ranks pictures, too.
type contrast struct {
	slope, offset *autograd.Tensor // [1,1,1,1]
}

func newContrast(b kernels.Backend) *contrast {
	c := &contrast{autograd.NewParameter(b, 1, 1, 1, 1), autograd.NewParameter(b, 1, 1, 1, 1)}
	c.slope.Set([]float32{1})
	return c
}

func (c *contrast) state() []nn.Entry {
	return []nn.Entry{{Name: "contrast.slope", Tensor: c.slope}, {Name: "contrast.offset", Tensor: c.offset}}
}

// floor is added to distances before their logarithm is taken: below it, about a
// thousandth of a strong defect's, they are all alike.
const floor = 1e-3

// fewPixels is the size of a defect from which on all its pixels together weigh
// as much as any other defect's.
const fewPixels = 40

// loss is the cross-entropy of the two kinds of pixels, each kind half of it,
// for distances [N,1,S,S] of the batch.
func (c *contrast) loss(t *autograd.Tape, distance *autograd.Tensor, b batch) *autograd.Tensor {
	positive, negative := b.weights()
	logit := t.Add(t.Mul(t.Log(t.AddScalar(distance, floor)), c.slope), c.offset)
	shape := distance.Shape()
	missed := t.Mul(softplus(t, t.Neg(logit)), t.Input(positive, shape...))
	alarmed := t.Mul(softplus(t, logit), t.Input(negative, shape...))
	return t.Add(t.Sum(missed), t.Sum(alarmed))
}

// softplus is log(1+eˣ), without overflow.
func softplus(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	return t.Add(t.ReLU(x), t.Log(t.AddScalar(t.Exp(t.Neg(t.Abs(x))), 1)))
}

// weights gives every pixel its share of the loss: pictures with a defect weigh
// alike whatever its size, but for the smallest; so do all pictures far from
// defects. Each kind adds up to a half.
func (b batch) weights() (positive, negative []float32) {
	positive, negative = spread(b.defect, b.count, fewPixels), spread(b.far, b.count, 1)
	return positive, negative
}

// spread divides a half among the marked pixels.
func spread(marks []float32, count int, least float64) []float32 {
	out := make([]float32, len(marks))
	n, total := len(marks)/count, 0.
	for k := range count {
		part := marks[k*n : (k+1)*n]
		sum := 0.
		for _, v := range part {
			sum += float64(v)
		}
		for i, v := range part {
			out[k*n+i] = float32(float64(v) / math.Max(sum, least))
		}
		total += sum / math.Max(sum, least)
	}
	if total > 0 {
		for i := range out {
			out[i] *= float32(0.5 / total)
		}
	}
	return out
}
