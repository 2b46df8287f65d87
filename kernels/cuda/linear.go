package cuda

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// productSize is a matrix product's size, and how much of K one block takes.
type productSize struct{ m, n, k, depth int32 }

// Sizes of a product's work.
const (
	productTile  = 64  // rows and columns of a block's tile
	productSlice = 16  // of K in shared memory
	manyTiles    = 128 // blocks below which K is divided as well, about a GPU's multiprocessors
	leastDepth   = 512 // of K that a block should have
)

// divide cuts a product into blocks. K is cut only where there are few tiles; the
// cut depends on the shape only.
func divide(m, n, k int) (productSize, driver.Launch) {
	l := driver.Launch{X: ceilDiv(n, productTile), Y: ceilDiv(m, productTile), Z: 1, Threads: threads}
	parts := min(ceilDiv(manyTiles, l.X*l.Y), max(k/leastDepth, 1))
	depth := ceilDiv(ceilDiv(max(k, 1), parts), productSlice) * productSlice
	l.Z = ceilDiv(max(k, 1), depth)
	return productSize{int32(m), int32(n), int32(k), int32(depth)}, l
}

// MatMul computes y = op(a)·op(b), or adds it to y.
func (b *Backend) MatMul(y, a, right kernels.Buffer, s kernels.MatMulShape) {
	const op = "MatMul"
	left, other, dst := b.ptr(op, a, s.M*s.K), b.ptr(op, right, s.K*s.N), b.ptr(op, y, s.M*s.N)
	size, grid := divide(s.M, s.N, s.K)
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
