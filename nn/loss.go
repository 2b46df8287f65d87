package nn

import (
	"fmt"
	"slices"

	"github.com/org/trustmae/autograd"
)

// L1 returns the mean of |a−b|, shape [1].
func L1(t *autograd.Tape, a, b *autograd.Tensor) *autograd.Tensor {
	checkSameShape("L1", a, b)
	return scoped(t, func() *autograd.Tensor { return t.Mean(t.Abs(t.Sub(a, b))) })
}

// MSE returns the mean of (a−b)², shape [1].
func MSE(t *autograd.Tape, a, b *autograd.Tensor) *autograd.Tensor {
	checkSameShape("MSE", a, b)
	return scoped(t, func() *autograd.Tensor { return t.Mean(t.Square(t.Sub(a, b))) })
}

// checkSameShape panics where a loss would broadcast.
func checkSameShape(op string, a, b *autograd.Tensor) {
	if !slices.Equal(a.Shape(), b.Shape()) {
		panic(fmt.Sprintf("nn.%s: shapes %v and %v, want equal ones", op, a.Shape(), b.Shape()))
	}
}

// scoped runs f and releases whatever it made but its result.
func scoped(t *autograd.Tape, f func() *autograd.Tensor) *autograd.Tensor {
	return t.Scope(func() []*autograd.Tensor { return []*autograd.Tensor{f()} })[0]
}
