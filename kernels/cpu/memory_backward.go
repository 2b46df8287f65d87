package cpu

import (
	"math"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// MixtureBackward takes dy through the mixture to the weights, and through the
// softmax to the distances: dd = −w·(q − Σwq)/Tau with q = dy·mᵀ.
func (b *Backend) MixtureBackward(dd, dm, dy, w, m kernels.Buffer, s kernels.MemoryShape) {
	const op = "MixtureBackward"
	shape.CheckMemory("cpu."+op, s)
	weights := b.in(op, w, s.R*s.M)
	b.in(op, dy, s.R*s.Z)
	b.in(op, m, s.M*s.Z)
	if dd != nil {
		b.MatMul(dd, dy, m, kernels.MatMulShape{M: s.R, N: s.M, K: s.Z, TransB: true})
		out := b.out(op, dd, s.R*s.M)
		b.pool.run(ceilDiv(s.R, memoryGroup), func(chunk int) {
			for r := chunk * memoryGroup; r < min((chunk+1)*memoryGroup, s.R); r++ {
				softmaxGradient(out[r*s.M:(r+1)*s.M], weights[r*s.M:(r+1)*s.M], -1/s.Tau)
			}
		})
	}
	if dm != nil {
		b.MatMul(dm, w, dy, kernels.MatMulShape{M: s.M, N: s.Z, K: s.R, TransA: true})
	}
}

// softmaxGradient turns the gradients g of weights w into those of what the softmax
// was taken of, times scale.
func softmaxGradient(g, w []float32, scale float32) {
	w = w[:len(g)]
	var sum float64
	for j, v := range w {
		sum += float64(v) * float64(g[j])
	}
	mean := float32(sum)
	for j, v := range w {
		if v != 0 {
			g[j] = scale * (v * (g[j] - mean))
		} else {
			g[j] = 0
		}
	}
}

// DistanceBackward sums (z−m)·dd/d over slots and over latents, as two matrix
// products each with what they leave out.
func (b *Backend) DistanceBackward(dz, dm, dd, d, z, m kernels.Buffer, s kernels.MemoryShape) {
	const op = "DistanceBackward"
	shape.CheckMemory("cpu."+op, s)
	pairs := s.R * s.M
	grads, distances := b.in(op, dd, pairs), b.in(op, d, pairs)
	latents, slots := b.in(op, z, s.R*s.Z), b.in(op, m, s.M*s.Z)
	room := b.Alloc(pairs)
	defer b.Free(room)
	ratios := b.out(op, room, pairs) // −dd/d
	least := float32(math.Sqrt(float64(s.Eps)))
	b.serial(func() {
		for i, v := range distances {
			ratios[i] = 0
			if v > least || v != v {
				ratios[i] = -grads[i] / v
			}
		}
	})
	if dz != nil {
		b.scaledRows(b.out(op, dz, s.R*s.Z), latents, ratios, s.R, s.M, s.M, 1)
		b.MatMul(dz, room, m, kernels.MatMulShape{M: s.R, N: s.Z, K: s.M, Accumulate: true})
	}
	if dm != nil {
		b.scaledRows(b.out(op, dm, s.M*s.Z), slots, ratios, s.M, s.R, 1, s.M)
		b.MatMul(dm, room, z, kernels.MatMulShape{M: s.M, N: s.Z, K: s.R, TransA: true, Accumulate: true})
	}
}

// scaledRows computes y, the rows of x times minus the sum of count ratios: row r's
// begin at r·rowStride and lie stride apart.
func (b *Backend) scaledRows(y, x, ratios []float32, rows, count, rowStride, stride int) {
	cols := len(x) / rows
	b.pool.run(ceilDiv(rows, memoryGroup), func(chunk int) {
		for r := chunk * memoryGroup; r < min((chunk+1)*memoryGroup, rows); r++ {
			var sum float64
			for i := range count {
				sum += float64(ratios[r*rowStride+i*stride])
			}
			b.table.vector.unary[kernels.Affine](y[r*cols:(r+1)*cols], x[r*cols:(r+1)*cols], float32(-sum), 0)
		}
	})
}
