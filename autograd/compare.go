package autograd

import "github.com/org/trustmae/kernels"

// LessEqual returns 1 where a ≤ b and 0 elsewhere, broadcast, without gradient.
func (t *Tape) LessEqual(a, b *Tensor) *Tensor {
	return t.binary("LessEqual", kernels.LessEqual, a, b)
}

// Maximum returns the larger of a and b, broadcast; NaN if either is. Where they
// are equal each receives half of the gradient, as in PyTorch.
func (t *Tape) Maximum(a, b *Tensor) *Tensor {
	return t.extremum("Maximum", kernels.Max, a, b, 0.5)
}

// Minimum returns the smaller of a and b, broadcast; NaN if either is. Where
// they are equal each receives half of the gradient, as in PyTorch.
func (t *Tape) Minimum(a, b *Tensor) *Tensor {
	return t.extremum("Minimum", kernels.Min, a, b, -0.5)
}

// extremum computes Maximum (half = 0.5) or Minimum (half = −0.5).
func (t *Tape) extremum(name string, op kernels.BinaryOp, a, b *Tensor, half float32) *Tensor {
	y := t.binary(name, op, a, b)
	return t.record(name, y, []*Tensor{a, b}, []*Tensor{a, b}, func(dy *Tensor, need []bool) []*Tensor {
		sign := t.Sub(t.LessEqual(b, a), t.LessEqual(a, b)) // of a − b
		g := make([]*Tensor, 2)
		if need[0] {
			g[0] = t.sumTo(t.Mul(dy, t.affine(sign, half, 0.5)), a.shape)
		}
		if need[1] {
			g[1] = t.sumTo(t.Mul(dy, t.affine(sign, -half, 0.5)), b.shape)
		}
		return g
	})
}
