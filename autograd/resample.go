package autograd

import (
	"fmt"
	"slices"
)

// ResizeBilinear brings the last two axes of x to h×w, as PyTorch's interpolate
// does with align_corners=false and without antialiasing.
func (t *Tape) ResizeBilinear(x *Tensor, h, w int) *Tensor {
	planes, oldH, oldW := x.planes("ResizeBilinear")
	y := t.alloc("ResizeBilinear", x.resized(h, w)...)
	t.backend.ResizeBilinear(y.store.buf, x.Buffer(), planes, oldH, oldW, h, w)
	return t.record("ResizeBilinear", y, []*Tensor{x}, nil, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.resizeAdjoint(dy, oldH, oldW)}
	})
}

// resizeAdjoint is the adjoint of resizing from h×w to the size of dy.
func (t *Tape) resizeAdjoint(dy *Tensor, h, w int) *Tensor {
	planes, newH, newW := dy.planes("ResizeBilinear")
	dx := t.alloc("ResizeBilinear", dy.resized(h, w)...)
	t.backend.ResizeBilinearBackward(dx.store.buf, dy.Buffer(), planes, h, w, newH, newW)
	return t.record("ResizeBilinearBackward", dx, []*Tensor{dy}, nil, func(g *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.ResizeBilinear(g, newH, newW)}
	})
}

// PadReflect mirrors pad values around the last two axes of x, without repeating
// the edge; pad must be smaller than both.
func (t *Tape) PadReflect(x *Tensor, pad int) *Tensor {
	planes, h, w := x.planes("PadReflect")
	if pad < 0 || pad >= h || pad >= w {
		panic(fmt.Sprintf("autograd.PadReflect: padding %d, want it from 0 to below height and width (input %v)", pad, x.shape))
	}
	y := t.alloc("PadReflect", x.resized(h+2*pad, w+2*pad)...)
	t.backend.PadReflect(y.store.buf, x.Buffer(), planes, h, w, pad)
	return t.record("PadReflect", y, []*Tensor{x}, nil, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.padAdjoint(dy, pad)}
	})
}

// padAdjoint is the adjoint of PadReflect.
func (t *Tape) padAdjoint(dy *Tensor, pad int) *Tensor {
	planes, h, w := dy.planes("PadReflect")
	h, w = h-2*pad, w-2*pad
	dx := t.alloc("PadReflect", dy.resized(h, w)...)
	t.backend.PadReflectBackward(dx.store.buf, dy.Buffer(), planes, h, w, pad)
	return t.record("PadReflectBackward", dx, []*Tensor{dy}, nil, func(g *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.PadReflect(g, pad)}
	})
}

// FilterSeparable correlates the last two axes of x with taps along each, zero
// padded, so that the size stays. The number of taps must be odd.
func (t *Tape) FilterSeparable(x *Tensor, taps []float32) *Tensor {
	planes, h, w := x.planes("FilterSeparable")
	if len(taps)%2 == 0 {
		panic(fmt.Sprintf("autograd.FilterSeparable: %d taps, want an odd number", len(taps)))
	}
	y := t.like(x)
	t.backend.FilterSeparable(y.store.buf, x.Buffer(), planes, h, w, taps)
	return t.record("FilterSeparable", y, []*Tensor{x}, nil, func(dy *Tensor, need []bool) []*Tensor {
		mirrored := slices.Clone(taps)
		slices.Reverse(mirrored)
		return []*Tensor{t.FilterSeparable(dy, mirrored)}
	})
}

// planes splits a shape into a number of images and their size.
func (x *Tensor) planes(op string) (n, h, w int) {
	if len(x.shape) < 2 {
		panic(fmt.Sprintf("autograd.%s: input %v, want at least two axes", op, x.shape))
	}
	h, w = x.Dim(-2), x.Dim(-1)
	return x.Len() / (h * w), h, w
}

// resized returns the shape of x with other image sizes.
func (x *Tensor) resized(h, w int) []int {
	shape := slices.Clone(x.shape)
	shape[len(shape)-2], shape[len(shape)-1] = h, w
	return shape
}
