package autograd

import "github.com/org/trustmae/kernels"

// Add returns a + b, broadcast.
func (t *Tape) Add(a, b *Tensor) *Tensor {
	y := t.binary("Add", kernels.Add, a, b)
	return t.record("Add", y, []*Tensor{a, b}, nil, func(dy *Tensor, need []bool) []*Tensor {
		g := make([]*Tensor, 2)
		if need[0] {
			g[0] = t.sumTo(dy, a.shape)
		}
		if need[1] {
			g[1] = t.sumTo(dy, b.shape)
		}
		return g
	})
}

// Sub returns a − b, broadcast.
func (t *Tape) Sub(a, b *Tensor) *Tensor {
	y := t.binary("Sub", kernels.Sub, a, b)
	return t.record("Sub", y, []*Tensor{a, b}, nil, func(dy *Tensor, need []bool) []*Tensor {
		g := make([]*Tensor, 2)
		if need[0] {
			g[0] = t.sumTo(dy, a.shape)
		}
		if need[1] {
			g[1] = t.Neg(t.sumTo(dy, b.shape))
		}
		return g
	})
}

// Mul returns a · b, element by element, broadcast.
func (t *Tape) Mul(a, b *Tensor) *Tensor {
	y := t.binary("Mul", kernels.Mul, a, b)
	saved := []*Tensor{keepIf(b.requiresGrad, a), keepIf(a.requiresGrad, b)}
	return t.record("Mul", y, []*Tensor{a, b}, saved, func(dy *Tensor, need []bool) []*Tensor {
		g := make([]*Tensor, 2)
		if need[0] {
			g[0] = t.sumTo(t.Mul(dy, b), a.shape)
		}
		if need[1] {
			g[1] = t.sumTo(t.Mul(dy, a), b.shape)
		}
		return g
	})
}

// Div returns a / b, broadcast.
func (t *Tape) Div(a, b *Tensor) *Tensor {
	y := t.binary("Div", kernels.Div, a, b)
	saved := []*Tensor{b, keepIf(b.requiresGrad, y)}
	return t.record("Div", y, []*Tensor{a, b}, saved, func(dy *Tensor, need []bool) []*Tensor {
		da := t.Div(dy, b)
		g := make([]*Tensor, 2)
		if need[0] {
			g[0] = t.sumTo(da, a.shape)
		}
		if need[1] { // ∂(a/b)/∂b = −(a/b)/b
			g[1] = t.Neg(t.sumTo(t.Mul(da, y), b.shape))
		}
		return g
	})
}

// keepIf returns x if its values will be wanted, else nil.
func keepIf(wanted bool, x *Tensor) *Tensor {
	if wanted {
		return x
	}
	return nil
}
