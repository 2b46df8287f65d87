package cpu

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// Binary computes y = op(p, q) with broadcasting by strides.
func (b *Backend) Binary(op kernels.BinaryOp, y, p, q kernels.Buffer, sizes, pStride, qStride []int, alpha float32) {
	shape.CheckBinary("cpu.Binary", op)
	dst := b.out("Binary", y, shape.Product(sizes))
	if len(dst) == 0 {
		return
	}
	ps := b.strided("Binary", p, sizes, pStride)
	qs := b.strided("Binary", q, sizes, qStride)
	pAxes, qAxes := shape.Merge(sizes, pStride, qStride)
	f := b.table.vector.binary[op]
	last := len(pAxes) - 1
	inner, pStep, qStep := pAxes[last].Size, pAxes[last].Stride, qAxes[last].Stride
	b.spreadRows(len(dst)/inner, inner, func(row, lo, hi int) {
		pOff := shape.Offset(pAxes[:last], row) + lo*pStep
		qOff := shape.Offset(qAxes[:last], row) + lo*qStep
		out := dst[row*inner+lo : row*inner+hi]
		if pStep <= 1 && qStep <= 1 {
			f(out, operand(ps, pOff, pStep, len(out)), operand(qs, qOff, qStep, len(out)), alpha)
			return
		}
		b.scatteredBinary(f, out, ps[pOff:], qs[qOff:], pStep, qStep, alpha)
	})
}

// strided returns an operand's values after checking that the walk stays inside.
func (b *Backend) strided(op string, x kernels.Buffer, sizes, stride []int) []float32 {
	data := b.in(op, x, x.Len())
	shape.CheckStrided("cpu."+op, len(data), sizes, stride)
	return data
}

// operand is a run of n values, or the one value that repeats.
func operand(x []float32, offset, step, n int) []float32 {
	if step == 0 {
		n = 1
	}
	return x[offset : offset+n]
}

// scatteredBinary gathers operands with gaps into small runs first.
func (b *Backend) scatteredBinary(f func(y, p, q []float32, alpha float32), y, p, q []float32, pStep, qStep int, alpha float32) {
	const run = 512
	room := b.scratch(2 * run)
	defer room.release()
	buf := room.data
	for lo := 0; lo < len(y); lo += run {
		n := min(run, len(y)-lo)
		u := gather(buf[:n], p[lo*pStep:], pStep)
		v := gather(buf[run:run+n], q[lo*qStep:], qStep)
		f(y[lo:lo+n], u, v, alpha)
	}
}

// gather fills dst with every step-th value of x.
func gather(dst, x []float32, step int) []float32 {
	for i := range dst {
		dst[i] = x[i*step]
	}
	return dst
}
