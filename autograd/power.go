package autograd

import "github.com/org/trustmae/kernels"

// Square returns x².
func (t *Tape) Square(x *Tensor) *Tensor {
	y := t.unary(kernels.Square, x, 0, 0)
	return t.record("Square", y, []*Tensor{x}, []*Tensor{x}, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.scaled(t.Mul(dy, x), 2)}
	})
}

// Sqrt returns √x. Its gradient at 0 is infinite: add a small number first.
func (t *Tape) Sqrt(x *Tensor) *Tensor {
	y := t.unary(kernels.Sqrt, x, 0, 0)
	return t.record("Sqrt", y, []*Tensor{x}, []*Tensor{y}, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.scaled(t.Div(dy, y), 0.5)}
	})
}

// Reciprocal returns 1/x.
func (t *Tape) Reciprocal(x *Tensor) *Tensor {
	y := t.unary(kernels.Reciprocal, x, 0, 0)
	return t.record("Reciprocal", y, []*Tensor{x}, []*Tensor{y}, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.scaled(t.Mul(dy, t.Square(y)), -1)}
	})
}

// Exp returns eˣ.
func (t *Tape) Exp(x *Tensor) *Tensor {
	y := t.unary(kernels.Exp, x, 0, 0)
	return t.record("Exp", y, []*Tensor{x}, []*Tensor{y}, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.Mul(dy, y)}
	})
}

// Log returns the natural logarithm of x.
func (t *Tape) Log(x *Tensor) *Tensor {
	y := t.unary(kernels.Log, x, 0, 0)
	return t.record("Log", y, []*Tensor{x}, []*Tensor{x}, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.Div(dy, x)}
	})
}
