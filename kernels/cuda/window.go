package cuda

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// pool is kernels.PoolShape as kernels take it.
type pool struct{ planes, inH, inW, outH, outW, kernel, stride, pad int32 }

func newPool(s kernels.PoolShape) pool {
	return pool{
		int32(s.Planes), int32(s.InH), int32(s.InW), int32(s.OutH), int32(s.OutW),
		int32(s.Kernel), int32(s.Stride), int32(s.Pad),
	}
}

// MaxPool2d takes the largest value of every window.
func (b *Backend) MaxPool2d(y, x kernels.Buffer, s kernels.PoolShape) {
	const op = "MaxPool2d"
	shape.CheckPool("cuda."+op, s)
	n := s.Planes * s.OutH * s.OutW
	launch(b, op, "max_pool", b.flat(n), struct {
		y, x driver.Ptr
		s    pool
		n    uint32
	}{b.ptr(op, y, n), b.ptr(op, x, s.Planes*s.InH*s.InW), newPool(s), uint32(n)})
}

// MaxPool2dBackward adds every dy to the dx of its window's first largest value.
func (b *Backend) MaxPool2dBackward(dx, dy, x kernels.Buffer, s kernels.PoolShape) {
	const op = "MaxPool2dBackward"
	shape.CheckPool("cuda."+op, s)
	n := s.Planes * s.InH * s.InW
	launch(b, op, "max_pool_backward", b.flat(n), struct {
		dx, dy, x driver.Ptr
		s         pool
		n         uint32
	}{b.ptr(op, dx, n), b.ptr(op, dy, s.Planes*s.OutH*s.OutW), b.ptr(op, x, n), newPool(s), uint32(n)})
}
