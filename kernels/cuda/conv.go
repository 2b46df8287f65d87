package cuda

import (
	"fmt"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// Conv2d computes the cross-correlation of x with w, plus bias, activated.
func (b *Backend) Conv2d(y, x, w, bias kernels.Buffer, s kernels.ConvShape, slope float32) {
	const op = "Conv2d"
	b.run(op, convolution{
		direction: driver.Forward, shape: s, slope: slope,
		y: b.ptr(op, y, s.YLen()), x: b.ptr(op, x, s.XLen()), w: b.ptr(op, w, s.WLen()), bias: b.optional(op, bias, s.OutC),
	})
}

// ConvTranspose2d computes the transposed convolution of x with w, plus bias,
// activated.
func (b *Backend) ConvTranspose2d(y, x, w, bias kernels.Buffer, s kernels.ConvShape, slope float32) {
	const op = "ConvTranspose2d"
	b.run(op, convolution{
		direction: driver.BackwardData, shape: s, slope: slope,
		y: b.ptr(op, y, s.XLen()), x: b.ptr(op, x, s.YLen()), w: b.ptr(op, w, s.WLen()), bias: b.optional(op, bias, s.InC),
	})
}

// Conv2dBackwardData computes the gradient of Conv2d's input.
func (b *Backend) Conv2dBackwardData(dx, dy, w kernels.Buffer, s kernels.ConvShape) {
	const op = "Conv2dBackwardData"
	b.run(op, convolution{
		direction: driver.BackwardData, shape: s, slope: 1,
		y: b.ptr(op, dx, s.XLen()), x: b.ptr(op, dy, s.YLen()), w: b.ptr(op, w, s.WLen()),
	})
}

// Conv2dBackwardWeights computes the gradient of Conv2d's weights.
func (b *Backend) Conv2dBackwardWeights(dw, x, dy kernels.Buffer, s kernels.ConvShape) {
	const op = "Conv2dBackwardWeights"
	b.run(op, convolution{
		direction: driver.BackwardWeights, shape: s, slope: 1,
		y: b.ptr(op, dw, s.WLen()), x: b.ptr(op, x, s.XLen()), w: b.ptr(op, dy, s.YLen()),
	})
}

// convolution is a call: the result y and the operands in the order of their
// operation. bias may be 0.
type convolution struct {
	direction     driver.Direction
	shape         kernels.ConvShape
	y, x, w, bias driver.Ptr
	slope         float32
}

// convShape is kernels.ConvShape as kernels take it.
type convShape struct{ n, inC, inH, inW, outC, outH, outW, kh, kw, stride, pad, dil int32 }

func newConvShape(s kernels.ConvShape) convShape {
	return convShape{
		int32(s.N), int32(s.InC), int32(s.InH), int32(s.InW), int32(s.OutC), int32(s.OutH), int32(s.OutW),
		int32(s.KH), int32(s.KW), int32(s.Stride), int32(s.Pad), int32(s.Dil),
	}
}

// convArguments is the kernels' ConvArguments, one argument.
type convArguments struct {
	y, x, w, bias driver.Ptr
	s             convShape
	size          productSize
	slope         float32
}

// tensorKernel is the kernel of a convolution on the tensor cores: by instructions of a
// warp, or of a warpgroup. Where there is none by warpgroups, the name is no kernel's.
func (c convolution) tensorKernel(p Precision, by int) string {
	infix := ""
	if by == warpgroups {
		infix = "wgmma_"
	}
	return fmt.Sprintf("%v_%v_%s%d", c.direction, p, infix, tensorTiling(c.product().m, p).rows)
}

// multiply runs a convolution as a matrix product by a kernel of ours: own or
// warpgroups.
func (b *Backend) multiply(op string, c convolution, by int) {
	p := c.product()
	t := tiling{productTile, productTile, productSlice}
	kernel := c.direction.String()
	if b.precision != F32 {
		t = tensorTiling(p.m, b.precision)
		kernel = c.tensorKernel(b.precision, by)
	}
	size, grid := t.divide(p)
	args := convArguments{c.y, c.x, c.w, c.bias, newConvShape(c.shape), size, c.slope}
	if grid.Z == 1 {
		launch(b, op, kernel, grid, struct{ all convArguments }{args})
		return
	}
	partial, release := b.scratch(op, grid.Z*p.result, true)
	defer release()
	args.y, args.bias, args.slope = partial, 0, 1
	launch(b, op, kernel, grid, struct{ all convArguments }{args})
	b.finish(op, c, partial, grid.Z)
}

// finish adds up the parts of a convolution's result, which may be one that lies
// where it belongs, adds the bias and activates.
func (b *Backend) finish(op string, c convolution, partial driver.Ptr, parts int) {
	p := c.product()
	launch(b, op, "conv_sum", b.flat(p.result), struct {
		y, partial, bias         driver.Ptr
		n, parts, channels, area uint32
		slope                    float32
	}{c.y, partial, c.bias, uint32(p.result), uint32(parts), uint32(p.m), uint32(p.area), c.slope})
}

// product is the matrix product that a convolution is.
func (c convolution) product() convProduct {
	s := c.shape
	switch c.direction {
	case driver.Forward:
		return convProduct{m: s.OutC, n: s.N * s.OutH * s.OutW, k: s.InC * s.KH * s.KW, times: 1, result: s.YLen(), area: s.OutH * s.OutW}
	case driver.BackwardData:
		// Inputs that lie stride apart are a product of their own: the same taps, every
		// period-th, reach them. The first such product is the largest.
		period := s.Stride / gcd(s.Stride, s.Dil)
		return convProduct{
			m: s.InC, n: s.N * ceilDiv(s.InH, s.Stride) * ceilDiv(s.InW, s.Stride), k: s.OutC * ceilDiv(s.KH, period) * ceilDiv(s.KW, period),
			times: s.Stride * s.Stride, result: s.XLen(), area: s.InH * s.InW,
		}
	default:
		return convProduct{m: s.OutC, n: s.InC * s.KH * s.KW, k: s.N * s.OutH * s.OutW, times: 1, result: s.WLen(), area: 1}
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
