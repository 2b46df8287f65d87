package autograd

import (
	"fmt"
	"slices"
)

// Reshape returns x under another shape of the same number of values; one size
// may be -1 and is computed. Memory is shared.
func (t *Tape) Reshape(x *Tensor, shape ...int) *Tensor {
	y := t.view(x, inferred(x, shape))
	return t.record("Reshape", y, []*Tensor{x}, nil, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.Reshape(dy, x.shape...)}
	})
}

// inferred replaces a size of -1 and checks the number of values.
func inferred(x *Tensor, shape []int) []int {
	known, unknown := 1, -1
	for i, d := range shape {
		switch {
		case d == -1 && unknown < 0:
			unknown = i
		case d < 1:
			panic(fmt.Sprintf("autograd.Reshape: shape %v, want positive sizes and at most one -1", shape))
		default:
			known *= d
		}
	}
	full := slices.Clone(shape)
	if unknown >= 0 {
		full[unknown] = x.Len() / known
		known *= full[unknown]
	}
	if known != x.Len() {
		panic(fmt.Sprintf("autograd.Reshape: shape %v does not hold the %d values of input %v", shape, x.Len(), x.shape))
	}
	return full
}

// Permute reorders the axes: axis i of the result is axis perm[i] of x.
func (t *Tape) Permute(x *Tensor, perm ...int) *Tensor {
	inverse := make([]int, len(x.shape))
	shape := make([]int, len(x.shape))
	for i := range inverse {
		inverse[i] = slices.Index(perm, i)
	}
	if len(perm) != len(x.shape) || slices.Contains(inverse, -1) {
		panic(fmt.Sprintf("autograd.Permute: axes %v, want an order of the %d axes of input %v", perm, len(x.shape), x.shape))
	}
	for i, a := range perm {
		shape[i] = x.shape[a]
	}
	y := t.alloc("Permute", shape...)
	t.backend.Permute(y.store.buf, x.Buffer(), x.shape, perm)
	return t.record("Permute", y, []*Tensor{x}, nil, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.Permute(dy, inverse...)}
	})
}
