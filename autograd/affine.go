package autograd

import "github.com/org/trustmae/kernels"

// AddScalar returns x + c.
func (t *Tape) AddScalar(x *Tensor, c float32) *Tensor { return t.affine(x, 1, c) }

// MulScalar returns c · x.
func (t *Tape) MulScalar(x *Tensor, c float32) *Tensor { return t.affine(x, c, 0) }

// Neg returns −x.
func (t *Tape) Neg(x *Tensor) *Tensor { return t.affine(x, -1, 0) }

// affine returns a·x + b.
func (t *Tape) affine(x *Tensor, a, b float32) *Tensor {
	y := t.unary(kernels.Affine, x, a, b)
	return t.record("Affine", y, []*Tensor{x}, nil, func(dy *Tensor, need []bool) []*Tensor {
		if a == 1 {
			return []*Tensor{dy}
		}
		return []*Tensor{t.scaled(dy, a)}
	})
}

// unary computes op of every value.
func (t *Tape) unary(op kernels.UnaryOp, x *Tensor, a, b float32) *Tensor {
	y := t.like(x)
	t.backend.Unary(op, y.store.buf, x.Buffer(), a, b)
	return y
}

// scaled returns c·g and may write it over g: for gradients and temporaries of
// backward rules that nothing else reads.
func (t *Tape) scaled(g *Tensor, c float32) *Tensor {
	if !t.noGrad {
		return t.affine(g, c, 0)
	}
	y := t.overwritable(g)
	t.backend.Unary(kernels.Affine, y.store.buf, g.Buffer(), c, 0)
	return y
}
