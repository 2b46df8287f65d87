package cpu

import (
	"fmt"

	"github.com/org/trustmae/kernels"
)

// Binary computes y = op(p, q) with broadcasting by strides.
func (b *Backend) Binary(op kernels.BinaryOp, y, p, q kernels.Buffer, shape, pStride, qStride []int, alpha float32) {
	if op < 0 || op >= kernels.BinaryOps {
		panic(fmt.Sprintf("cpu.Binary: operation %d, want 0 to %d", int(op), int(kernels.BinaryOps)-1))
	}
	dst := b.out("Binary", y, product(shape))
	if len(dst) == 0 {
		return
	}
	ps := b.strided("Binary", p, shape, pStride)
	qs := b.strided("Binary", q, shape, qStride)
	pAxes, qAxes := mergeAxes(shape, pStride, qStride)
	f := b.table.vector.binary[op]
	last := len(pAxes) - 1
	inner, pStep, qStep := pAxes[last].size, pAxes[last].stride, qAxes[last].stride
	b.spreadRows(len(dst)/inner, inner, func(row, lo, hi int) {
		pOff := offsetOf(pAxes[:last], row) + lo*pStep
		qOff := offsetOf(qAxes[:last], row) + lo*qStep
		out := dst[row*inner+lo : row*inner+hi]
		if pStep <= 1 && qStep <= 1 {
			f(out, operand(ps, pOff, pStep, len(out)), operand(qs, qOff, qStep, len(out)), alpha)
			return
		}
		scatteredBinary(f, out, ps[pOff:], qs[qOff:], pStep, qStep, alpha)
	})
}

// strided returns an operand's values after checking that the walk stays inside.
func (b *Backend) strided(op string, x kernels.Buffer, shape, stride []int) []float32 {
	if len(stride) != len(shape) {
		panic(fmt.Sprintf("cpu.%s: %d strides %v, want one for each axis of shape %v", op, len(stride), stride, shape))
	}
	data := b.in(op, x, x.Len())
	need := 1
	for i, s := range stride {
		if s < 0 {
			panic(fmt.Sprintf("cpu.%s: stride %d in %v, want ≥ 0", op, s, stride))
		}
		need += (shape[i] - 1) * s
	}
	if len(data) < need {
		panic(fmt.Sprintf("cpu.%s: buffer holds %d values, want at least %d (shape %v, strides %v)", op, len(data), need, shape, stride))
	}
	return data
}

// mergeAxes drops axes of size 1 and joins neighbours that both operands walk
// without a gap, so that the inner axis is as long as possible. At least one
// axis stays.
func mergeAxes(shape, pStride, qStride []int) (p, q []axis) {
	for i, size := range shape {
		if size == 1 {
			continue
		}
		if k := len(p) - 1; k >= 0 && p[k].stride == size*pStride[i] && q[k].stride == size*qStride[i] {
			p[k] = axis{p[k].size * size, pStride[i]}
			q[k] = axis{q[k].size * size, qStride[i]}
			continue
		}
		p, q = append(p, axis{size, pStride[i]}), append(q, axis{size, qStride[i]})
	}
	if len(p) == 0 {
		p, q = []axis{{1, 1}}, []axis{{1, 1}}
	}
	return p, q
}

// operand is a run of n values, or the one value that repeats.
func operand(x []float32, offset, step, n int) []float32 {
	if step == 0 {
		n = 1
	}
	return x[offset : offset+n]
}

// scatteredBinary gathers operands with gaps into small runs first.
func scatteredBinary(f func(y, p, q []float32, alpha float32), y, p, q []float32, pStep, qStep int, alpha float32) {
	const run = 512
	buf := make([]float32, 2*run)
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
