package cpu

import (
	"slices"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// similarity is what SSIM is made of at a pixel: the filtered a, b, a²+b² and ab.
// The variances are needed only as their sum: one filter for both. The product of the
// means is rounded before it is subtracted, as the sum of their squares is, so that equal
// images have a similarity of exactly 1.
type similarity struct{ above1, above2, below1, below2 float32 }

func newSimilarity(meanA, meanB, squares, products float32, s *kernels.SSIMShape) similarity {
	meanAB, meanSquares := float32(meanA*meanB), meanA*meanA+meanB*meanB
	return similarity{2*meanAB + s.C1, 2*(products-meanAB) + s.C2, meanSquares + s.C1, squares - meanSquares + s.C2}
}

func (m similarity) value() float32 { return m.above1 * m.above2 / (m.below1 * m.below2) }

// gradients returns the derivatives of the value by the filtered a, b, a²+b² and
// ab.
func (m similarity) gradients(meanA, meanB float32) (byA, byB, bySquares, byProducts float32) {
	perBelow := 1 / (m.below1 * m.below2) // the only division
	v := m.above1 * m.above2 * perBelow
	across := 2 * (m.above2 - m.above1) * perBelow    // through the product of the means
	along := 2 * v * (m.below1 - m.below2) * perBelow // through the sum of their squares
	return across*meanB + along*meanA, across*meanA + along*meanB, -v * m.below1 * perBelow, 2 * m.above1 * perBelow
}

// SSIM computes the similarity row by row, from four filtered rows.
func (b *Backend) SSIM(y, x1, x2 kernels.Buffer, s kernels.SSIMShape) {
	const op = "SSIM"
	n := shape.CheckSSIM("cpu."+op, s)
	dst, first, second := b.out(op, y, n), b.in(op, x1, n), b.in(op, x2, n)
	b.filterPairs(first, second, &s, func(at int, meanA, meanB, squares, products []float32) {
		out := dst[at : at+s.W]
		meanA, meanB, squares, products = meanA[:s.W], meanB[:s.W], squares[:s.W], products[:s.W]
		for i := range out {
			out[i] = newSimilarity(meanA[i], meanB[i], squares[i], products[i], &s).value()
		}
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
		for i := lo; i < hi; i++ {
			p, q := x1[i], x2[i]
			squares[i], products[i] = p*p+q*q, p*q
		}
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
	grad, first, second := b.in(op, dy, n), b.in(op, x1, n), b.in(op, x2, n)
	room := b.Alloc(4 * n)
	defer b.Free(room)
	maps := b.out(op, room, 4*n)
	byA, byB, bySquares, byProducts := maps[:n], maps[n:2*n], maps[2*n:3*n], maps[3*n:]
	b.filterPairs(first, second, &s, func(at int, meanA, meanB, squares, products []float32) {
		g := grad[at : at+s.W]
		meanA, meanB, squares, products = meanA[:len(g)], meanB[:len(g)], squares[:len(g)], products[:len(g)]
		toA, toB, toSquares, toProducts := byA[at:][:len(g)], byB[at:][:len(g)], bySquares[at:][:len(g)], byProducts[at:][:len(g)]
		for i, v := range g {
			gA, gB, gS, gP := newSimilarity(meanA[i], meanB[i], squares[i], products[i], &s).gradients(meanA[i], meanB[i])
			toA[i], toB[i], toSquares[i], toProducts[i] = v*gA, v*gB, v*gS, v*gP
		}
	})
	mirrored := slices.Clone(s.Taps)
	slices.Reverse(mirrored)
	outA, outB := b.optionalOut(op, d1, n), b.optionalOut(op, d2, n)
	if outA == nil {
		byA = nil
	}
	if outB == nil {
		byB = nil
	}
	b.filterRows([4][]float32{byA, byB, bySquares, byProducts}, mirrored, &s, func(at int, rows [4][]float32) {
		p, q := first[at:at+s.W], second[at:at+s.W]
		if outA != nil {
			combineGradients(outA[at:at+s.W], rows[0], rows[2], rows[3], p, q)
		}
		if outB != nil {
			combineGradients(outB[at:at+s.W], rows[1], rows[2], rows[3], q, p)
		}
	})
}

// combineGradients computes d, the gradient of x, from those of its mean, of x²+y²
// and of xy.
func combineGradients(d, mean, squares, products, x, y []float32) {
	mean, squares, products, x, y = mean[:len(d)], squares[:len(d)], products[:len(d)], x[:len(d)], y[:len(d)]
	for i := range d {
		d[i] = mean[i] + 2*x[i]*squares[i] + y[i]*products[i]
	}
}
