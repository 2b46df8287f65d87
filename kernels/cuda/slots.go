package cuda

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// memoryShape is kernels.MemoryShape as kernels take it.
type memoryShape struct {
	latents, slots, dim, k uint32
	eps, tau               float32
}

// ReadMemory reads a memory of slots: one matrix product, and one launch in which a
// warp does the rest for a latent.
func (b *Backend) ReadMemory(y, w, d, z, m kernels.Buffer, s kernels.MemoryShape) {
	const op, latents = "ReadMemory", threads / 32 // of a block
	shape.CheckMemory("cuda."+op, s)
	args := struct {
		y, w, d, z, m driver.Ptr
		s             memoryShape
	}{
		b.ptr(op, y, s.R*s.Z), b.ptr(op, w, s.R*s.M), b.ptr(op, d, s.R*s.M), b.ptr(op, z, s.R*s.Z), b.ptr(op, m, s.M*s.Z),
		memoryShape{uint32(s.R), uint32(s.M), uint32(s.Z), uint32(s.K), s.Eps, s.Tau},
	}
	b.MatMul(d, z, m, kernels.MatMulShape{M: s.R, N: s.M, K: s.Z, TransB: true})
	launch(b, op, "read_slots", driver.Launch{X: ceilDiv(s.R, latents), Y: 1, Z: 1, Threads: threads}, args)
}
