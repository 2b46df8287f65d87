package main

import (
	"github.com/org/trustmae/autograd"
)

const (
	// errorFloor is added to squared errors before their logarithm is taken; half
	// a grey level of 255, squared.
	errorFloor = 1.5e-5

	// sharpness of the soft largest value: at 4, a value that is a third smaller
	// weighs a fifth.
	sharpness = 4
)

// ranking is how often a picture's largest value lies beside the defect: the
// largest value on every defect is compared with the largest one far from defects
// of every picture of the batch, by the map that TrustMAE pools, the distance
// times the squared error. Distances are [N,1,S,S]. The cross-entropy of the
// comparisons, over log 2: 1 for a coin.
func ranking(t *autograd.Tape, distance *autograd.Tensor, b batch) *autograd.Tensor {
	var e *autograd.Tensor
	t.NoGrad(func() {
		x := b.input(t)
		e = t.Mean(t.Square(t.Sub(t.Narrow(x, 0, 0, b.count), t.Narrow(x, 0, b.count, b.count))), 1)
	})
	values := t.Add(t.Log(t.AddScalar(distance, floor)), t.Log(t.AddScalar(e, errorFloor)))
	inside, outside := largest(t, values, b.defect), largest(t, values, b.far)
	better := t.Sub(inside, t.Reshape(outside, 1, b.count, 1, 1)) // [N,N,1,1]
	pairs, count := b.comparisons()
	lost := t.Mul(softplus(t, t.Neg(better)), t.Input(pairs, b.count, b.count, 1, 1))
	return t.MulScalar(t.Sum(lost), 1/float32(max(count, 1)*0.6931472))
}

// largest is a soft maximum of the marked pixels' values, [N,1,1,1].
func largest(t *autograd.Tape, values *autograd.Tensor, marks []float32) *autograd.Tensor {
	shape := values.Shape()
	sum := t.Sum(t.Mul(t.Exp(t.MulScalar(values, sharpness)), t.Input(marks, shape...)), 2, 3)
	return t.MulScalar(t.Log(t.AddScalar(sum, 1e-34)), 1./sharpness)
}

// comparisons marks the pairs of a picture with a defect and one with room far
// from defects, [N,N], and counts them.
func (b batch) comparisons() (pairs []float32, count float64) {
	any := func(marks []float32) bool {
		for _, v := range marks {
			if v != 0 {
				return true
			}
		}
		return false
	}
	n := b.size * b.size
	pairs = make([]float32, b.count*b.count)
	for i := range b.count {
		for k := range b.count {
			if any(b.defect[i*n:(i+1)*n]) && any(b.far[k*n:(k+1)*n]) {
				pairs[i*b.count+k] = 1
				count++
			}
		}
	}
	return pairs, count
}
