package cpu

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// memoryGroup is how many latents a chunk of a memory read takes.
const memoryGroup = 16

// ReadMemory is one matrix product for all latents, and one pass over them.
func (b *Backend) ReadMemory(y, w, d, z, m kernels.Buffer, s kernels.MemoryShape) {
	const op = "ReadMemory"
	shape.CheckMemory("cpu."+op, s)
	latents, slots := b.in(op, z, s.R*s.Z), b.in(op, m, s.M*s.Z)
	mixtures, weights, distances := b.out(op, y, s.R*s.Z), b.out(op, w, s.R*s.M), b.out(op, d, s.R*s.M)
	b.MatMul(d, z, m, kernels.MatMulShape{M: s.R, N: s.M, K: s.Z, TransB: true})
	squares := make([]float32, s.M)
	for j := range squares {
		squares[j] = b.squaredLength(slots[j*s.Z : (j+1)*s.Z])
	}
	b.pool.run(ceilDiv(s.R, memoryGroup), func(chunk int) {
		room, keys := make([]float32, 2*s.M), make([]uint32, 2*s.M)
		for r := chunk * memoryGroup; r < min((chunk+1)*memoryGroup, s.R); r++ {
			read := latentRead{latents[r*s.Z : (r+1)*s.Z], distances[r*s.M : (r+1)*s.M], weights[r*s.M : (r+1)*s.M], mixtures[r*s.Z : (r+1)*s.Z]}
			b.readLatent(read, slots, squares, room[:s.M], room[s.M:], keys, s)
		}
	})
}

// squaredLength returns ‖x‖².
func (b *Backend) squaredLength(x []float32) float32 {
	var sums [2]float64
	b.table.vector.moments(&sums, x, 0)
	return float32(sums[1])
}

// latentRead is one latent and what reading the memory gives it.
type latentRead struct {
	z []float32
	d []float32 // on entry z·m of every slot m
	w []float32
	y []float32
}

// readLatent computes one read. squares are the slots' ‖m‖²; mask, scores and keys
// are scratch.
func (b *Backend) readLatent(read latentRead, slots, squares, mask, scores []float32, keys []uint32, s kernels.MemoryShape) {
	k := &b.table.vector
	k.unary[kernels.Affine](scores, squares, 1, b.squaredLength(read.z))
	k.weighted(read.d, scores, read.d, 1, -2)
	k.unary[kernels.LeakyReLU](read.d, read.d, 0, 0)
	k.unary[kernels.Affine](read.d, read.d, 1, s.Eps)
	k.unary[kernels.Sqrt](read.d, read.d, 0, 0)

	smallestK(mask, read.d, keys, s.K)
	k.unary[kernels.Affine](scores, read.d, -1/s.Tau, 0)
	var acc [2]float64
	b.softmaxRow(read.w, scores, mask, &acc)
	clear(read.y)
	for j, on := range mask {
		if on != 0 {
			k.addScaled(read.y, slots[j*s.Z:(j+1)*s.Z], read.w[j])
		}
	}
}
