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
	squares, acc := make([]float32, s.M), new([2]float64)
	b.serial(func() {
		for j := range squares {
			squares[j] = b.squaredLength(slots[j*s.Z:(j+1)*s.Z], acc)
		}
	})
	b.pool.run(ceilDiv(s.R, memoryGroup), func(chunk int) {
		values := b.scratch(2 * s.M)
		defer values.release()
		keys, list := borrow[uint32](b, 2*s.M)
		defer list.release()
		sums, pair := borrow[[2]float64](b, 1)
		defer pair.release()
		room := readRoom{mask: values.data[:s.M], scores: values.data[s.M:], keys: keys, acc: &sums[0]}
		for r := chunk * memoryGroup; r < min((chunk+1)*memoryGroup, s.R); r++ {
			read := latentRead{latents[r*s.Z : (r+1)*s.Z], distances[r*s.M : (r+1)*s.M], weights[r*s.M : (r+1)*s.M], mixtures[r*s.Z : (r+1)*s.Z]}
			b.readLatent(read, slots, squares, room, s)
		}
	})
}

// squaredLength returns ‖x‖². acc is scratch.
func (b *Backend) squaredLength(x []float32, acc *[2]float64) float32 {
	*acc = [2]float64{}
	b.table.vector.moments(acc, x, 0)
	return float32(acc[1])
}

// readRoom is scratch of the reads of a chunk.
type readRoom struct {
	mask, scores []float32
	keys         []uint32
	acc          *[2]float64
}

// latentRead is one latent and what reading the memory gives it.
type latentRead struct {
	z []float32
	d []float32 // on entry z·m of every slot m
	w []float32
	y []float32
}

// readLatent computes one read. squares are the slots' ‖m‖².
func (b *Backend) readLatent(read latentRead, slots, squares []float32, room readRoom, s kernels.MemoryShape) {
	k := &b.table.vector
	k.unary[kernels.Affine](room.scores, squares, 1, b.squaredLength(read.z, room.acc))
	k.weighted(read.d, room.scores, read.d, 1, -2)
	k.unary[kernels.LeakyReLU](read.d, read.d, 0, 0)
	k.unary[kernels.Affine](read.d, read.d, 1, s.Eps)
	k.unary[kernels.Sqrt](read.d, read.d, 0, 0)

	smallestK(room.mask, read.d, room.keys, s.K)
	k.unary[kernels.Affine](room.scores, read.d, -1/s.Tau, 0)
	b.softmaxRow(read.w, room.scores, room.mask, room.acc)
	clear(read.y)
	for j, on := range room.mask {
		if on != 0 {
			k.addScaled(read.y, slots[j*s.Z:(j+1)*s.Z], read.w[j])
		}
	}
}
