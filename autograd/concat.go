package autograd

import (
	"fmt"
	"slices"
)

// Concat joins tensors along axis; their other sizes must be equal.
func (t *Tape) Concat(axis int, xs ...*Tensor) *Tensor {
	if len(xs) == 0 {
		panic("autograd.Concat: no tensors")
	}
	axis = xs[0].axis("Concat", axis)
	shape := slices.Clone(xs[0].shape)
	for _, x := range xs[1:] {
		if !equalBut(axis, x.shape, shape) {
			panic(fmt.Sprintf("autograd.Concat: shapes %v and %v differ in more than axis %d", xs[0].shape, x.shape, axis))
		}
		shape[axis] += x.shape[axis]
	}
	y := t.alloc("Concat", shape...)
	for start, i := 0, 0; i < len(xs); i++ {
		b := block(shape, axis, start, xs[i].shape[axis])
		t.backend.Copy2d(y.store.buf.Slice(b.offset, b.span), xs[i].Buffer(), b.rows, b.cols, b.stride, b.cols)
		start += xs[i].shape[axis]
	}
	inputs := slices.Clone(xs)
	return t.record("Concat", y, inputs, nil, func(dy *Tensor, need []bool) []*Tensor {
		g := make([]*Tensor, len(inputs))
		for start, i := 0, 0; i < len(inputs); i++ {
			length := inputs[i].shape[axis]
			if need[i] {
				g[i] = t.Narrow(dy, axis, start, length)
			}
			start += length
		}
		return g
	})
}

// equalBut tells whether two shapes agree in all axes but one.
func equalBut(axis int, a, b []int) bool {
	return len(a) == len(b) && slices.Equal(a[:axis], b[:axis]) && slices.Equal(a[axis+1:], b[axis+1:])
}

// Narrow returns the part of x with positions [start, start+length) along axis.
// Along axis 0 memory is shared.
func (t *Tape) Narrow(x *Tensor, axis, start, length int) *Tensor {
	axis = x.axis("Narrow", axis)
	if start < 0 || length < 1 || start+length > x.shape[axis] {
		panic(fmt.Sprintf("autograd.Narrow: [%d, %d) of axis %d of input %v", start, start+length, axis, x.shape))
	}
	shape := slices.Clone(x.shape)
	shape[axis] = length
	b := block(x.shape, axis, start, length)
	var y *Tensor
	if b.rows == 1 {
		y = t.slice(x, b.offset, shape)
	} else {
		y = t.alloc("Narrow", shape...)
		t.backend.Copy2d(y.store.buf, x.Buffer().Slice(b.offset, b.span), b.rows, b.cols, b.cols, b.stride)
	}
	return t.record("Narrow", y, []*Tensor{x}, nil, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.widen(dy, axis, start, x.shape)}
	})
}

// widen is the adjoint of Narrow: x within zeros of the given shape.
func (t *Tape) widen(x *Tensor, axis, start int, shape []int) *Tensor {
	length := x.shape[axis]
	y := t.Full(0, shape...)
	b := block(shape, axis, start, length)
	t.backend.Copy2d(y.store.buf.Slice(b.offset, b.span), x.Buffer(), b.rows, b.cols, b.stride, b.cols)
	return t.record("Widen", y, []*Tensor{x}, nil, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.Narrow(dy, axis, start, length)}
	})
}

// part is a range of one axis as rows within a larger tensor.
type part struct {
	rows, cols, stride int
	offset, span       int // from the first to past the last value
}

// block describes positions [start, start+length) of an axis.
func block(shape []int, axis, start, length int) part {
	rows, inner := 1, 1
	for _, d := range shape[:axis] {
		rows *= d
	}
	for _, d := range shape[axis+1:] {
		inner *= d
	}
	b := part{rows: rows, cols: length * inner, stride: shape[axis] * inner, offset: start * inner}
	b.span = (rows-1)*b.stride + b.cols
	return b
}
