package cpu

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// Fill sets every value of y to v.
func (b *Backend) Fill(y kernels.Buffer, v float32) {
	dst := b.out("Fill", y, y.Len())
	b.spread(len(dst), 1, func(lo, hi int) { b.table.vector.fill(dst[lo:hi], v) })
}

// Copy2d copies rows of cols values.
func (b *Backend) Copy2d(y, x kernels.Buffer, rows, cols, yStride, xStride int) {
	if !shape.CheckCopy("cpu.Copy2d", y.Len(), x.Len(), rows, cols, yStride, xStride) {
		return
	}
	dst, src := b.out("Copy2d", y, y.Len()), b.in("Copy2d", x, x.Len())
	if yStride == cols && xStride == cols {
		rows, cols = 1, rows*cols
	}
	b.spreadRows(rows, cols, func(row, lo, hi int) {
		copy(dst[row*yStride+lo:row*yStride+hi], src[row*xStride+lo:])
	})
}

// unaryCost is a function's time against a copy's.
var unaryCost = [kernels.UnaryOps]int{1, 1, 1, 1, 1, 1, 4, 4, 4, 4, 1, 1}

// Unary computes y = op(x).
func (b *Backend) Unary(op kernels.UnaryOp, y, x kernels.Buffer, alpha, beta float32) {
	shape.CheckUnary("cpu.Unary", op)
	src := b.in("Unary", x, x.Len())
	dst := b.out("Unary", y, len(src))
	f := b.table.vector.unary[op]
	b.spread(len(dst), unaryCost[op], func(lo, hi int) { f(dst[lo:hi], src[lo:hi], alpha, beta) })
}

// AddScaled computes y += alpha·x.
func (b *Backend) AddScaled(y, x kernels.Buffer, alpha float32) {
	src := b.in("AddScaled", x, x.Len())
	dst := b.out("AddScaled", y, len(src))
	b.spread(len(dst), 1, func(lo, hi int) { b.table.vector.addScaled(dst[lo:hi], src[lo:hi], alpha) })
}
