package autograd

import (
	"fmt"

	"github.com/org/trustmae/kernels"
)

// Sum adds x up over the given axes, which stay with size 1; negative axes count
// from the last. Without axes it adds everything up, to shape [1].
func (t *Tape) Sum(x *Tensor, axes ...int) *Tensor {
	y := t.reduce("Sum", kernels.Sum, x, axes)
	return t.record("Sum", y, []*Tensor{x}, nil, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.Expand(dy, x.shape...)}
	})
}

// Mean averages x over the given axes, which stay with size 1; negative axes
// count from the last. Without axes it averages everything, to shape [1].
func (t *Tape) Mean(x *Tensor, axes ...int) *Tensor {
	y := t.reduce("Mean", kernels.Sum, x, axes)
	scale := float32(y.Len()) / float32(x.Len())
	t.backend.Unary(kernels.Affine, y.store.buf, y.store.buf, scale, 0)
	return t.record("Mean", y, []*Tensor{x}, nil, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.Expand(t.MulScalar(dy, scale), x.shape...)}
	})
}

// reduce folds x over axes.
func (t *Tape) reduce(name string, op kernels.ReduceOp, x *Tensor, axes []int) *Tensor {
	if len(axes) == 0 {
		y := t.alloc(name, 1)
		t.backend.Reduce(op, y.store.buf, x.Buffer(), []int{x.Len()}, []bool{true})
		return y
	}
	reduced := make([]bool, len(x.shape))
	shape := append([]int(nil), x.shape...)
	for _, a := range axes {
		a = x.axis(name, a)
		if reduced[a] {
			panic(fmt.Sprintf("autograd.%s: axis %d given twice (input %v)", name, a, x.shape))
		}
		reduced[a], shape[a] = true, 1
	}
	y := t.alloc(name, shape...)
	t.backend.Reduce(op, y.store.buf, x.Buffer(), x.shape, reduced)
	return y
}

// axis resolves an axis that may count from the last.
func (x *Tensor) axis(name string, a int) int {
	i := a
	if i < 0 {
		i += len(x.shape)
	}
	if i < 0 || i >= len(x.shape) {
		panic(fmt.Sprintf("autograd.%s: axis %d of input %v, want one of %d axes", name, a, x.shape, len(x.shape)))
	}
	return i
}
