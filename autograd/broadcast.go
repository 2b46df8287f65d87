package autograd

import (
	"fmt"
	"slices"

	"github.com/org/trustmae/kernels"
)

// unit holds the strides of a flat operand.
var unit = []int{1}

// binary computes op over a and b, broadcast against each other as NumPy does.
func (t *Tape) binary(name string, op kernels.BinaryOp, a, b *Tensor) *Tensor {
	if slices.Equal(a.shape, b.shape) {
		y := t.like(a)
		t.backend.Binary(op, y.store.buf, a.Buffer(), b.Buffer(), []int{y.Len()}, unit, unit, 0)
		return y
	}
	y := t.alloc(name, broadcastShape(name, a.shape, b.shape)...)
	t.backend.Binary(op, y.store.buf, a.Buffer(), b.Buffer(), y.shape, strides(a, y.shape), strides(b, y.shape), 0)
	return y
}

// broadcastShape returns the shape that both a and b stretch to: axes are
// aligned at the end, sizes of 1 repeat.
func broadcastShape(name string, a, b []int) []int {
	if len(a) < len(b) {
		return broadcastShape(name, b, a)
	}
	shape := slices.Clone(a)
	lead := len(a) - len(b)
	for i, d := range b {
		switch have := a[lead+i]; {
		case have == 1:
			shape[lead+i] = d
		case d != 1 && d != have:
			panic(fmt.Sprintf("autograd.%s: shapes %v and %v do not broadcast", name, a, b))
		}
	}
	return shape
}

// strides are those of x within a broadcast to shape: 0 along repeated axes.
func strides(x *Tensor, shape []int) []int {
	out := make([]int, len(shape))
	step := 1
	for i := -1; i >= -len(x.shape); i-- {
		if d := axisSize(x.shape, i); d > 1 {
			out[len(out)+i] = step
			step *= d
		}
	}
	return out
}

// axisSize returns the size of axis i < 0, counted from the end; missing axes
// have size 1.
func axisSize(shape []int, i int) int {
	if i += len(shape); i >= 0 {
		return shape[i]
	}
	return 1
}

// Expand repeats x to the given shape, which x must broadcast to.
func (t *Tape) Expand(x *Tensor, shape ...int) *Tensor {
	if slices.Equal(x.shape, shape) {
		return t.Reshape(x, shape...)
	}
	if wide := broadcastShape("Expand", x.shape, shape); !slices.Equal(wide, shape) {
		panic(fmt.Sprintf("autograd.Expand: shape %v does not broadcast to %v", x.shape, shape))
	}
	y := t.alloc("Expand", shape...)
	walk := strides(x, shape)
	t.backend.Binary(kernels.Max, y.store.buf, x.Buffer(), x.Buffer(), y.shape, walk, walk, 0) // max(v, v) = v
	return t.record("Expand", y, []*Tensor{x}, nil, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.sumTo(dy, x.shape)}
	})
}

// sumTo is the adjoint of broadcasting: it sums g over the axes along which
// shape was repeated.
func (t *Tape) sumTo(g *Tensor, shape []int) *Tensor {
	if slices.Equal(g.shape, shape) {
		return g
	}
	var axes []int
	for i, d := range g.shape {
		if d != 1 && axisSize(shape, i-len(g.shape)) == 1 {
			axes = append(axes, i)
		}
	}
	if len(axes) > 0 {
		g = t.Sum(g, axes...)
	}
	return t.Reshape(g, shape...)
}
