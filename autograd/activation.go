package autograd

import (
	"fmt"

	"github.com/org/trustmae/kernels"
)

// ReLU returns x where x > 0 and 0 elsewhere.
func (t *Tape) ReLU(x *Tensor) *Tensor { return t.LeakyReLU(x, 0) }

// LeakyReLU returns x where x > 0 and slope·x elsewhere.
func (t *Tape) LeakyReLU(x *Tensor, slope float32) *Tensor {
	y := t.unary(kernels.LeakyReLU, x, slope, 0)
	p := y // tells the sign of x, so that x itself can go
	if slope < 0 {
		p = x
	}
	return t.record("LeakyReLU", y, []*Tensor{x}, []*Tensor{p}, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.leakyReLUGrad(p, dy, slope)}
	})
}

// checkSlope checks the slope of an activation that is fused with op: the sign of
// its output must tell that of its input.
func checkSlope(op string, slope float32) {
	if !(slope >= 0) {
		panic(fmt.Sprintf("autograd.%s: slope %g, want at least 0", op, slope))
	}
}

// leakyReLUGrad returns g where p > 0 and slope·g elsewhere. It is linear in g,
// and its own adjoint.
func (t *Tape) leakyReLUGrad(p, g *Tensor, slope float32) *Tensor {
	y := t.rule(kernels.LeakyReLUGrad, p, g, slope)
	return t.record("LeakyReLUGrad", y, []*Tensor{g}, []*Tensor{p}, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.leakyReLUGrad(p, dy, slope)}
	})
}

// Abs returns |x|; its gradient at 0 is 0.
func (t *Tape) Abs(x *Tensor) *Tensor {
	y := t.unary(kernels.Abs, x, 0, 0)
	return t.record("Abs", y, []*Tensor{x}, []*Tensor{x}, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.absGrad(x, dy)}
	})
}

// absGrad returns g · sign(p). It is linear in g, and its own adjoint.
func (t *Tape) absGrad(p, g *Tensor) *Tensor {
	y := t.rule(kernels.AbsGrad, p, g, 0)
	return t.record("AbsGrad", y, []*Tensor{g}, []*Tensor{p}, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.absGrad(p, dy)}
	})
}

// Tanh returns the hyperbolic tangent of x.
func (t *Tape) Tanh(x *Tensor) *Tensor {
	y := t.unary(kernels.Tanh, x, 0, 0)
	return t.record("Tanh", y, []*Tensor{x}, []*Tensor{y}, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.tanhGrad(y, dy)}
	})
}

// tanhGrad returns g · (1 − p²).
func (t *Tape) tanhGrad(p, g *Tensor) *Tensor {
	y := t.rule(kernels.TanhGrad, p, g, 0)
	return t.record("TanhGrad", y, []*Tensor{p, g}, []*Tensor{p, g}, func(dy *Tensor, need []bool) []*Tensor {
		d := make([]*Tensor, 2)
		if need[0] {
			d[0] = t.MulScalar(t.Mul(t.Mul(dy, g), p), -2)
		}
		if need[1] {
			d[1] = t.tanhGrad(p, dy)
		}
		return d
	})
}

// Sigmoid returns 1/(1+e⁻ˣ).
func (t *Tape) Sigmoid(x *Tensor) *Tensor {
	y := t.unary(kernels.Sigmoid, x, 0, 0)
	return t.record("Sigmoid", y, []*Tensor{x}, []*Tensor{y}, func(dy *Tensor, need []bool) []*Tensor {
		return []*Tensor{t.sigmoidGrad(y, dy)}
	})
}

// sigmoidGrad returns g · p · (1 − p).
func (t *Tape) sigmoidGrad(p, g *Tensor) *Tensor {
	y := t.rule(kernels.SigmoidGrad, p, g, 0)
	return t.record("SigmoidGrad", y, []*Tensor{p, g}, []*Tensor{p, g}, func(dy *Tensor, need []bool) []*Tensor {
		d := make([]*Tensor, 2)
		if need[0] {
			d[0] = t.Mul(t.Mul(dy, g), t.affine(p, -2, 1))
		}
		if need[1] {
			d[1] = t.sigmoidGrad(p, dy)
		}
		return d
	})
}

// rule computes one of the kernels' backward rules from the forward value p and
// the gradient g, over g where nothing else reads it.
func (t *Tape) rule(op kernels.BinaryOp, p, g *Tensor, alpha float32) *Tensor {
	y := t.overwritable(g)
	t.backend.Binary(op, y.store.buf, p.Buffer(), g.Buffer(), []int{y.Len()}, unit, unit, alpha)
	return y
}
