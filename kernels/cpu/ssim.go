package cpu

import (
	"slices"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// SSIM computes the similarity row by row, from four filtered rows.
func (b *Backend) SSIM(y, x1, x2 kernels.Buffer, s kernels.SSIMShape) {
	const op = "SSIM"
	n := shape.CheckSSIM("cpu."+op, s)
	s.Taps = b.kept(s.Taps)
	dst, first, second := b.out(op, y, n), b.in(op, x1, n), b.in(op, x2, n)
	b.filterPairs(first, second, &s, func(at int, meanA, meanB, squares, products []float32) {
		b.table.vector.similarity(dst[at:at+s.W], meanA, meanB, squares, products, s.C1, s.C2)
	})
}

// filterPairs calls f for every row, which begins at value at, with a, b, a²+b² and
// ab filtered.
func (b *Backend) filterPairs(x1, x2 []float32, s *kernels.SSIMShape, f func(at int, meanA, meanB, squares, products []float32)) {
	n := len(x1)
	room := b.Alloc(2 * n)
	defer b.Free(room)
	both := b.out("SSIM", room, 2*n)
	squares, products := both[:n], both[n:]
	b.spread(n, 1, func(lo, hi int) {
		b.table.vector.squaresProducts(squares[lo:hi], products[lo:hi], x1[lo:hi], x2[lo:hi])
	})
	b.filterRows([4][]float32{x1, x2, squares, products}, s.Taps, s, func(at int, rows [4][]float32) {
		f(at, rows[0], rows[1], rows[2], rows[3])
	})
}

// filterRows calls f for every row, which begins at value at, with what filtering
// makes of it in four images. One of them may be nil.
func (b *Backend) filterRows(images [4][]float32, taps []float32, s *kernels.SSIMShape, f func(at int, rows [4][]float32)) {
	all := s.Planes * s.H
	group := max(grain/16/s.W, 1)
	b.pool.run(ceilDiv(all, group), func(chunk int) {
		var rows [4][]float32
		room := b.scratch(len(rows)*s.W + s.W + len(taps) - 1)
		defer room.release()
		for i := range rows {
			rows[i] = room.data[i*s.W : (i+1)*s.W]
		}
		line := room.data[len(rows)*s.W:]
		clear(line)
		for r := chunk * group; r < min((chunk+1)*group, all); r++ {
			for i, image := range images {
				if image != nil {
					b.filterRow(rows[i], image, line, r, s.H, taps)
				}
			}
			f(r*s.W, rows)
		}
	})
}

// SSIMBackward takes dy back to the four filtered images, and these through the
// filter, mirrored, to a and b.
func (b *Backend) SSIMBackward(d1, d2, dy, x1, x2 kernels.Buffer, s kernels.SSIMShape) {
	const op = "SSIMBackward"
	n := shape.CheckSSIM("cpu."+op, s)
	s.Taps = b.kept(s.Taps)
	grad, first, second := b.in(op, dy, n), b.in(op, x1, n), b.in(op, x2, n)
	room := b.Alloc(4 * n)
	defer b.Free(room)
	maps := b.out(op, room, 4*n)
	byA, byB, bySquares, byProducts := maps[:n], maps[n:2*n], maps[2*n:3*n], maps[3*n:]
	b.filterPairs(first, second, &s, func(at int, meanA, meanB, squares, products []float32) {
		b.table.vector.similarityGrad(byA[at:], byB[at:], bySquares[at:], byProducts[at:], grad[at:at+s.W], meanA, meanB, squares, products, s.C1, s.C2)
	})
	combine := b.table.vector.similarityCombine
	mirrored := slices.Clone(s.Taps)
	slices.Reverse(mirrored)
	outA, outB := b.optionalOut(op, d1, n), b.optionalOut(op, d2, n)
	images := [4][]float32{byA, byB, bySquares, byProducts}
	if outA == nil {
		images[0] = nil
	}
	if outB == nil {
		images[1] = nil
	}
	b.filterRows(images, mirrored, &s, func(at int, rows [4][]float32) {
		p, q := first[at:at+s.W], second[at:at+s.W]
		if outA != nil {
			combine(outA[at:at+s.W], rows[0], rows[2], rows[3], p, q)
		}
		if outB != nil {
			combine(outB[at:at+s.W], rows[1], rows[2], rows[3], q, p)
		}
	})
}
