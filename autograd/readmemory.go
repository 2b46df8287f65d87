package autograd

import (
	"fmt"
	"math"

	"github.com/org/trustmae/kernels"
)

// MemoryParams are the parameters of [Tape.ReadMemory].
type MemoryParams struct {
	K        int     // slots that are mixed, 1 to M
	Eps, Tau float32 // added to the squared distance; scale of distances in the softmax
}

// ReadMemory reads a memory of slots [M,Z] with latents z [R,Z]: y [R,Z] are
// mixtures of the K nearest slots, d [R,M] all distances √(‖z − m‖² + eps), and
// weights w [R,M] the softmax of −d/tau over these slots, 0 elsewhere. w carries no
// gradient, nor does the choice of slots; where a distance is √eps, its gradient is 0.
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
	s := kernels.MemoryShape{R: rows, M: count, Z: dim, K: p.K, Eps: p.Eps, Tau: p.Tau}
	y, w, d = t.like(z), t.alloc(op, rows, count), t.alloc(op, rows, count)
	t.backend.ReadMemory(y.store.buf, w.store.buf, d.store.buf, z.Buffer(), slots.Buffer(), s)
	// Two steps for the tape: distances, and mixtures made of these.
	d = t.record(op, d, []*Tensor{z, slots}, []*Tensor{d, z, slots}, func(dd *Tensor, need []bool) []*Tensor {
		if t.GradEnabled() {
			return t.distanceRule(dd, d, z, slots, p.Eps)
		}
		g := t.wanted(need, z, slots)
		t.backend.DistanceBackward(g[0].buffer(), g[1].buffer(), dd.Buffer(), d.Buffer(), z.Buffer(), slots.Buffer(), s)
		return g
	})
	y = t.record(op, y, []*Tensor{d, slots}, []*Tensor{d, w, slots}, func(dy *Tensor, need []bool) []*Tensor {
		if t.GradEnabled() {
			return t.mixtureRule(dy, d, slots, p)
		}
		g := t.wanted(need, d, slots)
		t.backend.MixtureBackward(g[0].buffer(), g[1].buffer(), dy.Buffer(), w.Buffer(), slots.Buffer(), s)
		return g
	})
	return y, w, d
}

// wanted returns room for the gradients of those inputs that need one.
func (t *Tape) wanted(need []bool, inputs ...*Tensor) []*Tensor {
	g := make([]*Tensor, len(inputs))
	for i, x := range inputs {
		if need[i] {
			g[i] = t.like(x)
		}
	}
	return g
}

// distanceRule is the distances' rule in operations that can be differentiated:
// with g = dd/d,
//
//	dz = z·Σ_m g − g·m    dm = m·Σ_z g − gᵀ·z
func (t *Tape) distanceRule(dd, d, z, slots *Tensor, eps float32) []*Tensor {
	var apart *Tensor // 1 where the squared distance is above 0
	t.NoGrad(func() {
		least := t.Full(float32(math.Sqrt(float64(eps))), 1, 1)
		apart = t.AddScalar(t.Neg(t.LessEqual(d, least)), 1)
	})
	g := t.Mul(t.Div(dd, d), apart)
	bySlot := t.Reshape(t.Sum(g, 0), slots.shape[0], 1)
	return []*Tensor{
		t.Sub(t.Mul(z, t.Sum(g, 1)), t.MatMul(g, slots, MatMulParams{})),
		t.Sub(t.Mul(slots, bySlot), t.MatMul(g, z, MatMulParams{TransA: true})),
	}
}

// mixtureRule is the mixtures' rule in operations that can be differentiated.
func (t *Tape) mixtureRule(dy, d, slots *Tensor, p MemoryParams) []*Tensor {
	w := t.Softmax(t.MulScalar(d, -1/p.Tau), t.SmallestK(d, p.K))
	q := t.MatMul(dy, slots, MatMulParams{TransB: true})
	byWeight := t.Mul(w, t.Sub(q, t.Sum(t.Mul(w, q), 1)))
	return []*Tensor{t.MulScalar(byWeight, -1/p.Tau), t.MatMul(w, dy, MatMulParams{TransA: true})}
}
