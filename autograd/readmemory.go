package autograd

import (
	"fmt"

	"github.com/org/trustmae/kernels"
)

// MemoryParams are the parameters of [Tape.ReadMemory].
type MemoryParams struct {
	K        int     // slots that are mixed, 1 to M
	Eps, Tau float32 // added to the squared distance; scale of distances in the softmax
}

// ReadMemory reads a memory of slots [M,Z] with latents z [R,Z]: y [R,Z] are
// mixtures of the K nearest slots, weights w [R,M] their softmax over −d/tau, and
// d [R,M] all distances √(‖z − m‖² + eps). It is for inference: where an input
// requires a gradient that would be recorded, it panics.
func (t *Tape) ReadMemory(z, slots *Tensor, p MemoryParams) (y, w, d *Tensor) {
	const op = "ReadMemory"
	rows, dim := z.matrix(op)
	count, slotDim := slots.matrix(op)
	if dim != slotDim {
		panic(fmt.Sprintf("autograd.%s: latents of %d values and slots of %d (shapes %v and %v)", op, dim, slotDim, z.shape, slots.shape))
	}
	if p.K < 1 || p.K > count || !(p.Tau > 0) {
		panic(fmt.Sprintf("autograd.%s: %+v, want K from 1 to %d and tau > 0", op, p, count))
	}
	if t.GradEnabled() && (z.requiresGrad || slots.requiresGrad) {
		panic("autograd.ReadMemory: an input requires a gradient, which this operation has not; use it in NoGrad")
	}
	y, w, d = t.like(z), t.alloc(op, rows, count), t.alloc(op, rows, count)
	t.backend.ReadMemory(y.store.buf, w.store.buf, d.store.buf, z.Buffer(), slots.Buffer(),
		kernels.MemoryShape{R: rows, M: count, Z: dim, K: p.K, Eps: p.Eps, Tau: p.Tau})
	return y, w, d
}
