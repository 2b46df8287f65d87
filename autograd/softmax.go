package autograd

import (
	"fmt"
	"slices"
)

// Softmax returns the softmax of every row of x [rows,cols]. With a mask of the
// same shape only columns whose mask is not 0 take part; the others become 0.
func (t *Tape) Softmax(x, mask *Tensor) *Tensor {
	rows, cols := x.matrix("Softmax")
	if mask != nil && !slices.Equal(mask.shape, x.shape) {
		panic(fmt.Sprintf("autograd.Softmax: mask of shape %v, want that of the input, %v", mask.shape, x.shape))
	}
	y := t.like(x)
	t.backend.Softmax(y.store.buf, x.Buffer(), mask.buffer(), rows, cols)
	return t.record("Softmax", y, []*Tensor{x}, []*Tensor{y}, func(dy *Tensor, need []bool) []*Tensor {
		weighted := t.Mul(dy, y)
		return []*Tensor{t.Sub(weighted, t.Mul(y, t.Sum(weighted, 1)))}
	})
}

// SmallestK returns 1 at the k smallest values of every row of x [rows,cols],
// ties in favour of lower columns, and 0 elsewhere, without gradient.
func (t *Tape) SmallestK(x *Tensor, k int) *Tensor {
	rows, cols := x.matrix("SmallestK")
	if k < 1 || k > cols {
		panic(fmt.Sprintf("autograd.SmallestK: k = %d, want 1 to %d (input %v)", k, cols, x.shape))
	}
	y := t.like(x)
	t.backend.SmallestK(y.store.buf, x.Buffer(), rows, cols, k)
	return y
}

// matrix checks that x has two axes.
func (x *Tensor) matrix(op string) (rows, cols int) {
	if len(x.shape) != 2 {
		panic(fmt.Sprintf("autograd.%s: input %v, want [rows,cols]", op, x.shape))
	}
	return x.shape[0], x.shape[1]
}
