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

func newMemoryShape(s kernels.MemoryShape) memoryShape {
	return memoryShape{uint32(s.R), uint32(s.M), uint32(s.Z), uint32(s.K), s.Eps, s.Tau}
}

// warps is a grid with a warp for each of n rows.
func warps(n int) driver.Launch {
	return driver.Launch{X: ceilDiv(n, threads/32), Y: 1, Z: 1, Threads: threads}
}

// ownSquares is of how many slots a block computes the squared lengths for itself. With
// more, all blocks would read thousands of slots again for their eight latents: a
// launch of its own computes them once.
const ownSquares = 1024

// ReadMemory reads a memory of slots: one matrix product, and one launch in which a
// warp does the rest for a latent.
func (b *Backend) ReadMemory(y, w, d, z, m kernels.Buffer, s kernels.MemoryShape) {
	const op = "ReadMemory"
	shape.CheckMemory("cuda."+op, s)
	args := struct {
		y, w, d, z, m, squares driver.Ptr
		s                      memoryShape
	}{
		b.ptr(op, y, s.R*s.Z), b.ptr(op, w, s.R*s.M), b.ptr(op, d, s.R*s.M), b.ptr(op, z, s.R*s.Z), b.ptr(op, m, s.M*s.Z), 0,
		newMemoryShape(s),
	}
	if s.M > ownSquares {
		squares, release := b.scratch(op, s.M, true)
		defer release()
		args.squares = squares
		launch(b, op, "square_slots", warps(s.M), struct {
			squares, m driver.Ptr
			s          memoryShape
		}{squares, args.m, args.s})
	}
	b.MatMul(d, z, m, kernels.MatMulShape{M: s.R, N: s.M, K: s.Z, TransB: true})
	launch(b, op, "read_slots", warps(s.R), args)
}

// MixtureBackward is a matrix product for each gradient, and a launch for the
// softmax's.
func (b *Backend) MixtureBackward(dd, dm, dy, w, m kernels.Buffer, s kernels.MemoryShape) {
	const op = "MixtureBackward"
	shape.CheckMemory("cuda."+op, s)
	weights := b.ptr(op, w, s.R*s.M)
	b.ptr(op, dy, s.R*s.Z)
	b.ptr(op, m, s.M*s.Z)
	if dd != nil {
		b.MatMul(dd, dy, m, kernels.MatMulShape{M: s.R, N: s.M, K: s.Z, TransB: true})
		launch(b, op, "mixture_grad", warps(s.R), struct {
			dd, w driver.Ptr
			s     memoryShape
		}{b.ptr(op, dd, s.R*s.M), weights, newMemoryShape(s)})
	}
	if dm != nil {
		b.MatMul(dm, w, dy, kernels.MatMulShape{M: s.M, N: s.Z, K: s.R, TransA: true})
	}
}

// DistanceBackward is one launch, and a matrix product for each gradient.
func (b *Backend) DistanceBackward(dz, dm, dd, d, z, m kernels.Buffer, s kernels.MemoryShape) {
	const op = "DistanceBackward"
	shape.CheckMemory("cuda."+op, s)
	ratios := b.Alloc(s.R * s.M)
	defer b.Free(ratios)
	launch(b, op, "distance_grad", warps(s.R+s.M), struct {
		ratios, dz, dm, dd, d, z, m driver.Ptr
		s                           memoryShape
	}{
		b.ptr(op, ratios, s.R*s.M), b.optional(op, dz, s.R*s.Z), b.optional(op, dm, s.M*s.Z),
		b.ptr(op, dd, s.R*s.M), b.ptr(op, d, s.R*s.M), b.ptr(op, z, s.R*s.Z), b.ptr(op, m, s.M*s.Z), newMemoryShape(s),
	})
	if dz != nil {
		b.MatMul(dz, ratios, m, kernels.MatMulShape{M: s.R, N: s.Z, K: s.M, Accumulate: true})
	}
	if dm != nil {
		b.MatMul(dm, ratios, z, kernels.MatMulShape{M: s.M, N: s.Z, K: s.R, TransA: true, Accumulate: true})
	}
}
