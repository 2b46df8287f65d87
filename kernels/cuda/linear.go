package cuda

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// MatMul computes y = op(a)·op(b), or adds it to y: by cuBLASLt where it is found,
// else by a kernel of ours.
func (b *Backend) MatMul(y, a, right kernels.Buffer, s kernels.MatMulShape) {
	const op = "MatMul"
	left, other, dst := b.ptr(op, a, s.M*s.K), b.ptr(op, right, s.K*s.N), b.ptr(op, y, s.M*s.N)
	if b.multiplyByLibrary(op, dst, left, other, s) {
		return
	}
	size, grid := tiling{productTile, productTile, productSlice}.divide(convProduct{m: s.M, n: s.N, k: s.K, times: 1})
	partial, release := b.scratch(op, grid.Z*s.M*s.N, grid.Z > 1)
	defer release()
	launch(b, op, "matmul", grid, struct {
		y, partial, a, b           driver.Ptr
		size                       productSize
		transA, transB, accumulate int32
	}{dst, partial, left, other, size, flag(s.TransA), flag(s.TransB), flag(s.Accumulate)})
	if grid.Z > 1 {
		b.sumPartials(op, dst, partial, s.M*s.N, grid.Z, s.Accumulate)
	}
}

// sumPartials adds a product's parts along K.
func (b *Backend) sumPartials(op string, y, partial driver.Ptr, n, parts int, accumulate bool) {
	launch(b, op, "sum_partials", b.flat(n), struct {
		y, partial driver.Ptr
		n, parts   uint32
		accumulate int32
	}{y, partial, uint32(n), uint32(parts), flag(accumulate)})
}

func flag(v bool) int32 {
	if v {
		return 1
	}
	return 0
}
