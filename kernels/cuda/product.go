package cuda

import "github.com/org/trustmae/kernels/cuda/internal/driver"

// productSize is a matrix product's size, and how much of K one block takes.
type productSize struct{ m, n, k, depth int32 }

// convProduct is a matrix product of m×k by k×n, at most, which is done several
// times. Its result has channels m of the given area.
type convProduct struct{ m, n, k, times, result, area int }

// tiling is what a block computes: a tile of rows and columns, and how much of K it
// has in shared memory.
type tiling struct{ rows, cols, slice int }

// Sizes of a product's work in single precision.
const (
	productTile  = 64
	productSlice = 16
)

// Sizes of a product's work on the tensor cores.
const (
	tensorColumns = 128
	tensorWords   = 16 // of 32 bits, along K
)

// tensorTiling is the tiling for m rows on the tensor cores: as high as computes
// few rows for nothing.
func tensorTiling(m int, p Precision) tiling {
	t := tiling{128, tensorColumns, tensorWords}
	switch {
	case m <= 32:
		t.rows = 32
	case ceilDiv(m, 64)%2 != 0:
		t.rows = 64
	}
	if p == BF16 {
		t.slice *= 2 // two to a word
	}
	return t
}

const (
	manyTiles  = 128 // blocks below which K is divided as well, about a GPU's multiprocessors
	leastDepth = 512 // of K that a block should have
)

// divide cuts a product into blocks. K is cut only where there are few tiles; the
// cut depends on the shape only.
func (t tiling) divide(p convProduct) (productSize, driver.Launch) {
	l := driver.Launch{X: p.times * ceilDiv(p.n, t.cols), Y: ceilDiv(p.m, t.rows), Z: 1, Threads: threads}
	parts := min(ceilDiv(manyTiles, l.X*l.Y), max(p.k/leastDepth, 1))
	depth := ceilDiv(ceilDiv(max(p.k, 1), parts), t.slice) * t.slice
	l.Z = ceilDiv(max(p.k, 1), depth)
	return productSize{int32(p.m), int32(p.n), int32(p.k), int32(depth)}, l
}
