package cuda

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// ReadMemory reads a memory of slots: one matrix product, and passes over
// matrices of a value for each latent and slot.
func (b *Backend) ReadMemory(y, w, d, z, m kernels.Buffer, s kernels.MemoryShape) {
	const op = "ReadMemory"
	shape.CheckMemory("cuda."+op, s)
	latents, slots := b.ptr(op, z, s.R*s.Z), b.ptr(op, m, s.M*s.Z)
	mixtures, weights, distances := b.ptr(op, y, s.R*s.Z), b.ptr(op, w, s.R*s.M), b.ptr(op, d, s.R*s.M)
	pairs := s.R * s.M
	mask, scores := b.Alloc(pairs), b.Alloc(pairs)
	defer b.Free(mask)
	defer b.Free(scores)

	b.slotDistances(op, d, z, m, latents, slots, distances, s)
	b.SmallestK(mask, d, s.R, s.M, s.K)
	b.Unary(kernels.Affine, scores, d, -1/s.Tau, 0)
	b.Softmax(w, scores, mask, s.R, s.M)
	launch(b, op, "slot_mixtures", b.flat(s.R*s.Z), struct {
		y, weights, mask, m driver.Ptr
		n, slots, dim       uint32
	}{mixtures, weights, b.ptr(op, mask, pairs), slots, uint32(s.R * s.Z), uint32(s.M), uint32(s.Z)})
}

// slotDistances computes d from z and m, whose memory the pointers name.
func (b *Backend) slotDistances(op string, d, z, m kernels.Buffer, latents, slots, distances driver.Ptr, s kernels.MemoryShape) {
	b.MatMul(d, z, m, kernels.MatMulShape{M: s.R, N: s.M, K: s.Z, TransB: true})
	squares := func(x driver.Ptr, n int) (driver.Ptr, kernels.Buffer) {
		sums := b.Alloc(n)
		at := b.ptr(op, sums, n)
		launch(b, op, "row_squares", rows(n, s.Z), struct {
			y, x driver.Ptr
			cols uint32
		}{at, x, uint32(s.Z)})
		return at, sums
	}
	ofLatents, first := squares(latents, s.R)
	defer b.Free(first)
	ofSlots, second := squares(slots, s.M)
	defer b.Free(second)
	launch(b, op, "slot_distances", b.flat(s.R*s.M), struct {
		d, latents, slots driver.Ptr
		n, count          uint32
		eps               float32
	}{distances, ofLatents, ofSlots, uint32(s.R * s.M), uint32(s.M), s.Eps})
}
