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
	shape, aStride, bStride := collapse(y.shape, a.shape, b.shape)
	t.backend.Binary(op, y.store.buf, a.Buffer(), b.Buffer(), shape, aStride, bStride, 0)
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

// collapse describes the operands a and b of a broadcast in as few axes as
// possible: strides are 0 along repeated axes, and neighbouring axes that both
// operands walk alike become one.
func collapse(y, a, b []int) (shape, aStride, bStride []int) {
	store := make([]int, 0, 3*len(y))
	shape, aStride, bStride = store[0:0:len(y)], store[len(y):len(y):2*len(y)], store[2*len(y):2*len(y)]
	var last [2]bool // does the axis before repeat a, b?
	for i, d := range y {
		if d == 1 {
			continue
		}
		repeats := [2]bool{axisSize(a, i-len(y)) == 1, axisSize(b, i-len(y)) == 1}
		if n := len(shape); n > 0 && repeats == last {
			shape[n-1] *= d
			continue
		}
		shape = append(shape, d)
		last = repeats
		aStride, bStride = append(aStride, flag(!repeats[0])), append(bStride, flag(!repeats[1]))
	}
	if len(shape) == 0 {
		return unit, unit, unit
	}
	aStep, bStep := 1, 1
	for i := len(shape) - 1; i >= 0; i-- {
		if aStride[i] != 0 {
			aStride[i] = aStep
			aStep *= shape[i]
		}
		if bStride[i] != 0 {
			bStride[i] = bStep
			bStep *= shape[i]
		}
	}
	return shape, aStride, bStride
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
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
	flat, stride, _ := collapse(y.shape, x.shape, x.shape)
	t.backend.Binary(kernels.Max, y.store.buf, x.Buffer(), x.Buffer(), flat, stride, stride, 0) // max(v, v) = v
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
