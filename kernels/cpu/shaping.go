package cpu

import (
	"fmt"

	"github.com/org/trustmae/kernels"
)

// permuted is one axis of a permutation.
type permuted struct{ size, from, to int } // strides in the input and output

// Permute writes x with its axes reordered.
func (b *Backend) Permute(y, x kernels.Buffer, shape, perm []int) {
	src := b.in("Permute", x, product(shape))
	dst := b.out("Permute", y, len(src))
	if len(src) == 0 {
		return
	}
	axes := permutedAxes(shape, perm)
	last := axes[len(axes)-1]
	if last.from == 1 {
		b.copyRows(dst, src, axes)
		return
	}
	// The output's inner axis and the input's make matrices to transpose; all
	// other axes only place them.
	var inner permuted
	var outer []permuted
	for _, a := range axes[:len(axes)-1] {
		if a.from == 1 {
			inner = a
		} else {
			outer = append(outer, a)
		}
	}
	from, to := walks(outer)
	step := max(grain/inner.size/alignment*alignment, alignment)
	cuts := (last.size + step - 1) / step
	matrices := len(src) / (last.size * inner.size)
	group := max(grain/(min(step, last.size)*inner.size), 1)
	b.pool.run((matrices*cuts+group-1)/group, func(chunk int) {
		for unit := chunk * group; unit < min((chunk+1)*group, matrices*cuts); unit++ {
			matrix, lo := unit/cuts, unit%cuts*step
			b.table.vector.transpose(dst[offsetOf(to, matrix)+lo:], src[offsetOf(from, matrix)+lo*last.from:],
				min(step, last.size-lo), inner.size, inner.to, last.from)
		}
	})
}

// permutedAxes lists the axes in the output's order without those of size 1,
// neighbours that stay neighbours joined.
func permutedAxes(shape, perm []int) []permuted {
	if len(perm) != len(shape) {
		panic(fmt.Sprintf("cpu.Permute: order %v, want one entry for each axis of shape %v", perm, shape))
	}
	strides, seen := make([]int, len(shape)), make([]bool, len(shape))
	for i, stride := len(shape)-1, 1; i >= 0; i-- {
		strides[i] = stride
		stride *= shape[i]
	}
	var axes []permuted
	for _, p := range perm {
		if p < 0 || p >= len(shape) || seen[p] {
			panic(fmt.Sprintf("cpu.Permute: order %v, want every axis of shape %v once", perm, shape))
		}
		seen[p] = true
		if shape[p] == 1 {
			continue
		}
		if k := len(axes) - 1; k >= 0 && axes[k].from == strides[p]*shape[p] {
			axes[k] = permuted{size: axes[k].size * shape[p], from: strides[p]}
		} else {
			axes = append(axes, permuted{size: shape[p], from: strides[p]})
		}
	}
	if len(axes) == 0 {
		axes = []permuted{{size: 1, from: 1}}
	}
	for i, stride := len(axes)-1, 1; i >= 0; i-- {
		axes[i].to = stride
		stride *= axes[i].size
	}
	return axes
}

// walks splits axes into the input's and the output's walk.
func walks(axes []permuted) (from, to []axis) {
	for _, a := range axes {
		from, to = append(from, axis{a.size, a.from}), append(to, axis{a.size, a.to})
	}
	return from, to
}

// copyRows permutes where the inner axis stays in place.
func (b *Backend) copyRows(dst, src []float32, axes []permuted) {
	cols := axes[len(axes)-1].size
	from, _ := walks(axes[:len(axes)-1])
	b.spreadRows(len(dst)/cols, cols, func(row, lo, hi int) {
		copy(dst[row*cols+lo:row*cols+hi], src[offsetOf(from, row)+lo:])
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
