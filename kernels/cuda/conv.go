package cuda

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// convShape is kernels.ConvShape as kernels take it.
type convShape struct{ n, inC, inH, inW, outC, outH, outW, kh, kw, stride, pad, dil int32 }

func newConvShape(s kernels.ConvShape) convShape {
	return convShape{
		int32(s.N), int32(s.InC), int32(s.InH), int32(s.InW), int32(s.OutC), int32(s.OutH), int32(s.OutW),
		int32(s.KH), int32(s.KW), int32(s.Stride), int32(s.Pad), int32(s.Dil),
	}
}

// Conv2d computes the cross-correlation of x with w, plus bias, activated.
func (b *Backend) Conv2d(y, x, w, bias kernels.Buffer, s kernels.ConvShape, slope float32) {
	const op = "Conv2d"
	dst, src, weights, add := b.ptr(op, y, s.YLen()), b.ptr(op, x, s.XLen()), b.ptr(op, w, s.WLen()), b.optional(op, bias, s.OutC)
	b.correlate(op, "conv_forward", dst, src, weights, add, s, slope, s.OutC, s.N*s.OutH*s.OutW, s.InC*s.KH*s.KW)
}

// ConvTranspose2d computes the transposed convolution of x with w, plus bias,
// activated.
func (b *Backend) ConvTranspose2d(y, x, w, bias kernels.Buffer, s kernels.ConvShape, slope float32) {
	b.backwardData("ConvTranspose2d", y, x, w, bias, s, slope)
}

// Conv2dBackwardData computes the gradient of Conv2d's input.
func (b *Backend) Conv2dBackwardData(dx, dy, w kernels.Buffer, s kernels.ConvShape) {
	b.backwardData("Conv2dBackwardData", dx, dy, w, nil, s, 1)
}

func (b *Backend) backwardData(op string, dx, dy, w, bias kernels.Buffer, s kernels.ConvShape, slope float32) {
	dst, src, weights, add := b.ptr(op, dx, s.XLen()), b.ptr(op, dy, s.YLen()), b.ptr(op, w, s.WLen()), b.optional(op, bias, s.InC)
	b.correlate(op, "conv_backward_data", dst, src, weights, add, s, slope, s.InC, s.N*s.InH*s.InW, s.OutC*s.KH*s.KW)
}

// correlate runs a convolution as a product of m×k weights with k×n values of
// images.
func (b *Backend) correlate(op, kernel string, dst, src, w, bias driver.Ptr, s kernels.ConvShape, slope float32, m, n, k int) {
	size := productSize{int32(m), int32(n), int32(k), int32(k)}
	grid := driver.Launch{X: ceilDiv(n, productTile), Y: ceilDiv(m, productTile), Z: 1, Threads: threads}
	launch(b, op, kernel, grid, struct {
		y, x, w, bias driver.Ptr
		s             convShape
		size          productSize
		slope         float32
	}{dst, src, w, bias, newConvShape(s), size, slope})
}

// Conv2dBackwardWeights computes the gradient of Conv2d's weights.
func (b *Backend) Conv2dBackwardWeights(dw, x, dy kernels.Buffer, s kernels.ConvShape) {
	const op = "Conv2dBackwardWeights"
	dst, src, grad := b.ptr(op, dw, s.WLen()), b.ptr(op, x, s.XLen()), b.ptr(op, dy, s.YLen())
	size, grid := divide(s.OutC, s.InC*s.KH*s.KW, s.N*s.OutH*s.OutW)
	target, release := b.scratch(op, grid.Z*s.WLen(), grid.Z > 1)
	defer release()
	if grid.Z == 1 {
		target = dst
	}
	launch(b, op, "conv_backward_weights", grid, struct {
		partial, x, dy driver.Ptr
		s              convShape
		size           productSize
	}{target, src, grad, newConvShape(s), size})
	if grid.Z > 1 {
		b.sumPartials(op, dst, target, s.WLen(), grid.Z, false)
	}
}
