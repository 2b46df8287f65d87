package cuda

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// rows is a grid with a block for every row; short rows take few threads.
func rows(n, cols int) driver.Launch {
	return driver.Launch{X: n, Y: 1, Z: 1, Threads: min(ceilDiv(cols, 32)*32, threads)}
}

// Softmax computes the softmax of every row over the columns that mask allows.
func (b *Backend) Softmax(y, x, mask kernels.Buffer, n, cols int) {
	const op = "Softmax"
	launch(b, op, "softmax", rows(n, cols), struct {
		y, x, mask driver.Ptr
		cols       uint32
	}{b.ptr(op, y, n*cols), b.ptr(op, x, n*cols), b.optional(op, mask, n*cols), uint32(cols)})
}

// SmallestK marks the k smallest values of every row. NaN counts as larger than
// every number.
func (b *Backend) SmallestK(mask, x kernels.Buffer, n, cols, k int) {
	const op = "SmallestK"
	shape.CheckSmallest("cuda."+op, cols, k)
	launch(b, op, "smallest_k", rows(n, cols), struct {
		mask, x driver.Ptr
		cols, k uint32
	}{b.ptr(op, mask, n*cols), b.ptr(op, x, n*cols), uint32(cols), uint32(k)})
}
