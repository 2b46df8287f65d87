package cpu

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// Permute writes x with its axes reordered.
func (b *Backend) Permute(y, x kernels.Buffer, sizes, perm []int) {
	src := b.in("Permute", x, shape.Product(sizes))
	dst := b.out("Permute", y, len(src))
	if len(src) == 0 {
		return
	}
	axes := shape.Permute("cpu.Permute", sizes, perm)
	last := axes[len(axes)-1]
	if last.From == 1 {
		b.copyRows(dst, src, axes)
		return
	}
	// The output's inner axis and the input's make matrices to transpose; all
	// other axes only place them.
	var inner shape.Permuted
	var outer []shape.Permuted
	for _, a := range axes[:len(axes)-1] {
		if a.From == 1 {
			inner = a
		} else {
			outer = append(outer, a)
		}
	}
	from, to := walks(outer)
	step := max(grain/inner.Size/alignment*alignment, alignment)
	cuts := (last.Size + step - 1) / step
	matrices := len(src) / (last.Size * inner.Size)
	group := max(grain/(min(step, last.Size)*inner.Size), 1)
	b.pool.run((matrices*cuts+group-1)/group, func(chunk int) {
		for unit := chunk * group; unit < min((chunk+1)*group, matrices*cuts); unit++ {
			matrix, lo := unit/cuts, unit%cuts*step
			b.table.vector.transpose(dst[shape.Offset(to, matrix)+lo:], src[shape.Offset(from, matrix)+lo*last.From:],
				min(step, last.Size-lo), inner.Size, inner.To, last.From)
		}
	})
}

// walks splits axes into the input's and the output's walk.
func walks(axes []shape.Permuted) (from, to []shape.Axis) {
	for _, a := range axes {
		from, to = append(from, shape.Axis{Size: a.Size, Stride: a.From}), append(to, shape.Axis{Size: a.Size, Stride: a.To})
	}
	return from, to
}

// copyRows permutes where the inner axis stays in place.
func (b *Backend) copyRows(dst, src []float32, axes []shape.Permuted) {
	cols := axes[len(axes)-1].Size
	from, _ := walks(axes[:len(axes)-1])
	b.spreadRows(len(dst)/cols, cols, func(row, lo, hi int) {
		copy(dst[row*cols+lo:row*cols+hi], src[shape.Offset(from, row)+lo:])
	})
}

func transposeGeneric(y, x []float32, rows, cols, yStride, xStride int) {
	const tile = 16 // a cache line in both directions
	for r0 := 0; r0 < rows; r0 += tile {
		for c0 := 0; c0 < cols; c0 += tile {
			for c := c0; c < min(c0+tile, cols); c++ {
				for r := r0; r < min(r0+tile, rows); r++ {
					y[c*yStride+r] = x[r*xStride+c]
				}
			}
		}
	}
}
