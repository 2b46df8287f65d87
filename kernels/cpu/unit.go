package cpu

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// Sizes of UnitDistance: a chunk's places are few enough for both inputs to stay
// in the second-level cache between the pass for the lengths and that for the
// differences; sums over more channels than unitRun are partial.
const (
	unitTarget = 32 << 10 // values of each input
	unitRun    = 64
)

// UnitDistance compares the channel vectors of p and q at length 1.
func (b *Backend) UnitDistance(y, p, q, w kernels.Buffer, s kernels.UnitShape) {
	const op = "UnitDistance"
	size := shape.CheckUnit("cpu."+op, s)
	left, right := b.in(op, p, size), b.in(op, q, size)
	weights := b.in(op, w, s.C)
	dst := b.out(op, y, s.N*s.HW)
	group := min(max(unitTarget/s.C/alignment, 1)*alignment, s.HW)
	cuts := ceilDiv(s.HW, group)
	b.pool.run(s.N*cuts, func(chunk int) {
		image, lo := chunk/cuts, chunk%cuts*group
		n := min(group, s.HW-lo)
		room := b.scratch(2 * n)
		defer room.release()
		at := image*s.C*s.HW + lo
		b.unitDistance(dst[image*s.HW+lo:][:n], left[at:], right[at:], weights, room.data[:n], room.data[n:2*n], s)
	})
}

// unitDistance computes the places of y; channels lie s.HW values apart.
func (b *Backend) unitDistance(y, p, q, w, pScale, qScale []float32, s kernels.UnitShape) {
	k := &b.table.vector
	b.unitScales(pScale, p, s)
	b.unitScales(qScale, q, s)
	clear(y)
	for c := 0; c < s.C; c += unitRun {
		k.gapColumns(y, p[c*s.HW:], q[c*s.HW:], pScale, qScale, w[c:min(c+unitRun, s.C)], s.HW)
	}
}

// unitScales computes 1/(‖x‖+eps) for the places of scale.
func (b *Backend) unitScales(scale, x []float32, s kernels.UnitShape) {
	k := &b.table.vector
	clear(scale)
	for c := 0; c < s.C; c += unitRun {
		k.squareColumns(scale, x[c*s.HW:], min(unitRun, s.C-c), s.HW)
	}
	k.unary[kernels.Sqrt](scale, scale, 0, 0)
	k.unary[kernels.Affine](scale, scale, 1, s.Eps)
	k.unary[kernels.Reciprocal](scale, scale, 0, 0)
}

func squareColumnsGeneric(acc, x []float32, rows, stride int) {
	for i := range acc {
		var sum float32
		for r := range rows {
			v := x[r*stride+i]
			sum += v * v
		}
		acc[i] += sum
	}
}

func gapColumnsGeneric(y, p, q, pScale, qScale, w []float32, stride int) {
	for i := range y {
		var sum float32
		for r, weight := range w {
			gap := p[r*stride+i]*pScale[i] - q[r*stride+i]*qScale[i]
			sum += weight * gap * gap
		}
		y[i] += sum
	}
}
