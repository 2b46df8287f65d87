package cuda

import (
	"fmt"
	"math"
	"slices"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

var _ kernels.Imaging = (*Backend)(nil)

// mostTurns is how many photos a launch turns: its arguments hold them.
const mostTurns = 64

// turn is kernels.Turn as kernels take it.
type turn struct {
	flipH, flipV, quarters int32
	_                      int32
	sine, cosine           float64 // 0 without an angle
}

func newTurn(t kernels.Turn) (out turn) {
	if t.Quarters < 0 || t.Quarters > 3 || t.Degrees != 0 && t.Quarters != 0 {
		panic(fmt.Sprintf("cuda.TurnPhotos: %d quarters and %g degrees, want 0 to 3, or degrees alone", t.Quarters, t.Degrees))
	}
	out.quarters = int32(t.Quarters)
	if t.FlipH {
		out.flipH = 1
	}
	if t.FlipV {
		out.flipV = 1
	}
	if t.Degrees != 0 {
		out.sine, out.cosine = math.Sincos(t.Degrees * math.Pi / 180)
	}
	return out
}

// TurnPhotos turns photos and brings their values to [-1,1].
func (b *Backend) TurnPhotos(y, x kernels.Buffer, size int, turns []kernels.Turn) {
	const op = "TurnPhotos"
	if size < 1 || len(turns) == 0 {
		panic(fmt.Sprintf("cuda.%s: %d photos of side %d, want at least one of one pixel", op, len(turns), size))
	}
	photo := 3 * size * size
	dst, src := b.ptr(op, y, photo*len(turns)), b.ptr(op, x, photo*len(turns))
	for part := range slices.Chunk(turns, mostTurns) {
		var list [mostTurns]turn
		for i, t := range part {
			list[i] = newTurn(t)
		}
		n := photo * len(part)
		launch(b, op, "turn_photos", b.flat(n), struct {
			y, x  driver.Ptr
			turns [mostTurns]turn
			size  int32
			n     uint32
		}{dst, src, list, int32(size), uint32(n)})
		dst, src = dst+driver.Ptr(valueBytes*n), src+driver.Ptr(valueBytes*n)
	}
}

// ResizeAntialiased resizes along rows, then along columns.
func (b *Backend) ResizeAntialiased(y, x kernels.Buffer, planes, h, w, oh, ow int) {
	const op = "ResizeAntialiased"
	shape.CheckResize("cuda."+op, planes, h, w, oh, ow)
	dst, src := b.ptr(op, y, planes*oh*ow), b.ptr(op, x, planes*h*w)
	switch {
	case h == oh && w == ow:
		b.Copy2d(y, x, 1, x.Len(), x.Len(), x.Len())
	case h == oh:
		b.resizeAxis(dst, src, planes*h, w, ow, 1)
	case w == ow:
		b.resizeAxis(dst, src, planes, h, oh, w)
	default:
		mid := b.Alloc(planes * h * ow)
		defer b.Free(mid)
		across := b.ptr(op, mid, planes*h*ow)
		b.resizeAxis(across, src, planes*h, w, ow, 1)
		b.resizeAxis(dst, across, planes, h, oh, ow)
	}
}

// resizeAxis brings the middle axis of x [outer,size,inner] to m.
func (b *Backend) resizeAxis(y, x driver.Ptr, outer, size, m, inner int) {
	n := outer * m * inner
	launch(b, "ResizeAntialiased", "resize_axis", b.flat(n), struct {
		y, x           driver.Ptr
		size, m, inner int32
		n              uint32
	}{y, x, int32(size), int32(m), int32(inner), uint32(n)})
}
