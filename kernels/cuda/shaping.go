package cuda

import (
	"fmt"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// Permute writes x with its axes reordered.
func (b *Backend) Permute(y, x kernels.Buffer, sizes, perm []int) {
	const op = "Permute"
	n := shape.Product(sizes)
	src, dst := b.ptr(op, x, n), b.ptr(op, y, n)
	list := shape.Permute("cuda."+op, sizes, perm)
	if b.transpose(dst, src, list) {
		return
	}
	var from []shape.Axis
	for _, a := range list {
		from = append(from, shape.Axis{Size: a.Size, Stride: a.From})
	}
	launch(b, op, "permute", b.flat(n), struct {
		y, x driver.Ptr
		from axes
		n    uint32
	}{dst, src, newAxes("cuda."+op, from), uint32(n)})
}

// transpose permutes where the output's inner axis and the input's differ and
// make matrices worth a tile; all other axes only place them. It reports whether
// it did.
func (b *Backend) transpose(dst, src driver.Ptr, list []shape.Permuted) bool {
	last := list[len(list)-1]
	var inner shape.Permuted
	var to, from []shape.Axis
	for _, a := range list[:len(list)-1] {
		if a.From == 1 {
			inner = a
			continue
		}
		to, from = append(to, shape.Axis{Size: a.Size, Stride: a.To}), append(from, shape.Axis{Size: a.Size, Stride: a.From})
	}
	const tile = 32
	matrices := shape.Volume(to)
	if last.From == 1 || min(inner.Size, last.Size) < tile/4 || ceilDiv(last.Size, tile) > mostBlocks || matrices > mostBlocks {
		return false
	}
	l := driver.Launch{X: ceilDiv(inner.Size, tile), Y: ceilDiv(last.Size, tile), Z: matrices, Threads: threads}
	launch(b, "Permute", "transpose", l, struct {
		y, x             driver.Ptr
		to, from         axes
		rows, cols       int32
		yStride, xStride int32
	}{dst, src, newAxes("cuda.Permute", to), newAxes("cuda.Permute", from),
		int32(last.Size), int32(inner.Size), int32(inner.To), int32(last.From)})
	return true
}

// PadReflect mirrors pad values around every plane.
func (b *Backend) PadReflect(y, x kernels.Buffer, planes, h, w, pad int) {
	const op = "PadReflect"
	shape.CheckPad("cuda."+op, planes, h, w, pad)
	n := planes * (h + 2*pad) * (w + 2*pad)
	b.pad(op, "pad_reflect", b.ptr(op, y, n), b.ptr(op, x, planes*h*w), h, w, pad, n)
}

// PadReflectBackward is the adjoint of PadReflect.
func (b *Backend) PadReflectBackward(dx, dy kernels.Buffer, planes, h, w, pad int) {
	const op = "PadReflectBackward"
	shape.CheckPad("cuda."+op, planes, h, w, pad)
	n := planes * h * w
	b.pad(op, "pad_reflect_backward", b.ptr(op, dx, n), b.ptr(op, dy, planes*(h+2*pad)*(w+2*pad)), h, w, pad, n)
}

func (b *Backend) pad(op, kernel string, y, x driver.Ptr, h, w, pad, n int) {
	launch(b, op, kernel, b.flat(n), struct {
		y, x      driver.Ptr
		h, w, pad int32
		n         uint32
	}{y, x, int32(h), int32(w), int32(pad), uint32(n)})
}

// ResizeBilinear interpolates planes to another size.
func (b *Backend) ResizeBilinear(y, x kernels.Buffer, planes, h, w, oh, ow int) {
	const op = "ResizeBilinear"
	checkResize(op, planes, h, w, oh, ow)
	n := planes * oh * ow
	b.resize(op, "resize_bilinear", b.ptr(op, y, n), b.ptr(op, x, planes*h*w), h, w, oh, ow, n)
}

// ResizeBilinearBackward is the adjoint of ResizeBilinear.
func (b *Backend) ResizeBilinearBackward(dx, dy kernels.Buffer, planes, h, w, oh, ow int) {
	const op = "ResizeBilinearBackward"
	checkResize(op, planes, h, w, oh, ow)
	n := planes * h * w
	b.resize(op, "resize_bilinear_backward", b.ptr(op, dx, n), b.ptr(op, dy, planes*oh*ow), h, w, oh, ow, n)
}

// checkResize panics on empty planes and where positions, fractions of integers,
// would overflow.
func checkResize(op string, planes, h, w, oh, ow int) {
	shape.CheckResize("cuda."+op, planes, h, w, oh, ow)
	const most = 1 << 29
	if (h+1)*(oh+1) > most || (w+1)*(ow+1) > most {
		panic(fmt.Sprintf("cuda.%s: from %d×%d to %d×%d, want the product of both heights, and of both widths, below %d", op, h, w, oh, ow, most))
	}
}

func (b *Backend) resize(op, kernel string, y, x driver.Ptr, h, w, oh, ow, n int) {
	launch(b, op, kernel, b.flat(n), struct {
		y, x         driver.Ptr
		h, w, oh, ow int32
		n            uint32
	}{y, x, int32(h), int32(w), int32(oh), int32(ow), uint32(n)})
}
