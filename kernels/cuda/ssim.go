package cuda

import (
	"slices"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// ssimImages are what SSIM compares, as kernels take it.
type ssimImages struct {
	a, b   driver.Ptr
	planes uint32
	h, w   int32
	c1, c2 float32
	taps   filterTaps
	_      uint32 // C++ aligns them to their addresses
}

func newSSIMImages(op string, p, q driver.Ptr, s kernels.SSIMShape) ssimImages {
	return ssimImages{a: p, b: q, planes: uint32(s.Planes), h: int32(s.H), w: int32(s.W), c1: s.C1, c2: s.C2, taps: newTaps(op, s.Taps)}
}

// SSIM compares images in one launch.
func (b *Backend) SSIM(y, x1, x2 kernels.Buffer, s kernels.SSIMShape) {
	const op = "SSIM"
	n := shape.CheckSSIM("cuda."+op, s)
	launch(b, op, "ssim", filterTiles(s.Planes, s.H, s.W), struct {
		y      driver.Ptr
		images ssimImages
	}{b.ptr(op, y, n), newSSIMImages(op, b.ptr(op, x1, n), b.ptr(op, x2, n), s)})
}

// SSIMBackward computes the gradients of the filtered images, and in a second
// launch, which filters these, those of a and b.
func (b *Backend) SSIMBackward(d1, d2, dy, x1, x2 kernels.Buffer, s kernels.SSIMShape) {
	const op = "SSIMBackward"
	n := shape.CheckSSIM("cuda."+op, s)
	grad, da, db := b.ptr(op, dy, n), b.optional(op, d1, n), b.optional(op, d2, n)
	images := newSSIMImages(op, b.ptr(op, x1, n), b.ptr(op, x2, n), s)
	maps, release := b.scratch(op, 4*n, true)
	defer release()
	launch(b, op, "ssim_grad_maps", filterTiles(s.Planes, s.H, s.W), struct {
		maps, dy driver.Ptr
		n        uint32
		_        uint32
		images   ssimImages
	}{maps: maps, dy: grad, n: uint32(n), images: images})
	slices.Reverse(images.taps.at[:images.taps.count])
	launch(b, op, "ssim_grad", filterTiles(s.Planes, s.H, s.W), struct {
		da, db, maps driver.Ptr
		n            uint32
		_            uint32
		images       ssimImages
	}{da: da, db: db, maps: maps, n: uint32(n), images: images})
}
