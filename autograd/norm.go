package autograd

import (
	"fmt"

	"github.com/org/trustmae/kernels"
)

// BatchNorm normalises every channel of x [N,C,...] by its mean and biased
// variance over all other axes, scales by gamma [C], adds beta [C] (each may be
// nil) and multiplies negative results by slope, which fuses the activation:
// 1 for none, 0 for ReLU. mean and variance [C] carry no gradient; they are for
// running statistics (where PyTorch uses the unbiased variance). Of x and y only x
// is kept for the backward pass, which computes y again where it is needed.
func (t *Tape) BatchNorm(x, gamma, beta *Tensor, eps, slope float32) (y, mean, variance *Tensor) {
	s := normShape("BatchNorm", x, eps, slope)
	gamma, beta = t.scaleAndShift("BatchNorm", s.C, gamma, beta)
	mean, variance = t.alloc("BatchNorm", s.C), t.alloc("BatchNorm", s.C)
	y = t.like(x)
	t.backend.Norm(y.store.buf, mean.store.buf, variance.store.buf, x.Buffer(), gamma.buffer(), beta.buffer(), s)
	again := func(y kernels.Buffer) {
		t.backend.NormApply(y, x.Buffer(), mean.Buffer(), variance.Buffer(), gamma.buffer(), beta.buffer(), s)
	}
	saved := []*Tensor{x, mean, variance, gamma, beta}
	y = t.record("BatchNorm", y, []*Tensor{x, gamma, beta}, saved, func(dy *Tensor, need []bool) []*Tensor {
		if t.GradEnabled() {
			return t.normRule(dy, x, gamma, beta, s, need)
		}
		return t.normBackward(dy, x, mean, variance, gamma, beta, s)
	})
	t.recomputable(y, saved, again)
	return y, mean, variance
}

// InstanceNorm normalises every channel of every image of x [N,C,...] by its own
// mean and biased variance and multiplies negative results by slope (1: none,
// 0: ReLU).
func (t *Tape) InstanceNorm(x *Tensor, eps, slope float32) *Tensor {
	s := normShape("InstanceNorm", x, eps, slope)
	flat := t.Reshape(x, 1, s.N*s.C, s.HW)
	y, mean, variance := t.BatchNorm(flat, nil, nil, eps, slope)
	out := t.Reshape(y, x.shape...)
	for _, temporary := range []*Tensor{flat, y, mean, variance} {
		temporary.Release()
	}
	return out
}

// normShape checks the arguments of a normalisation.
func normShape(op string, x *Tensor, eps, slope float32) kernels.NormShape {
	if len(x.shape) < 2 {
		panic(fmt.Sprintf("autograd.%s: input %v, want [N,C,...]", op, x.shape))
	}
	checkSlope(op, slope)
	n, c := x.shape[0], x.shape[1]
	return kernels.NormShape{N: n, C: c, HW: x.Len() / (n * c), Eps: eps, Slope: slope}
}

// scaleAndShift checks gamma and beta and stands in for one that is missing.
func (t *Tape) scaleAndShift(op string, c int, gamma, beta *Tensor) (*Tensor, *Tensor) {
	for _, p := range []*Tensor{gamma, beta} {
		if p != nil && (len(p.shape) != 1 || p.shape[0] != c) {
			panic(fmt.Sprintf("autograd.%s: gamma or beta of shape %v, want [%d]", op, p.shape, c))
		}
	}
	switch {
	case gamma == nil && beta != nil:
		gamma = t.Full(1, c)
	case gamma != nil && beta == nil:
		beta = t.Full(0, c)
	}
	return gamma, beta
}

// normBackward is the fused rule.
func (t *Tape) normBackward(dy, x, mean, variance, gamma, beta *Tensor, s kernels.NormShape) []*Tensor {
	dx := t.overwritable(dy)
	var dgamma, dbeta *Tensor
	if gamma != nil {
		dgamma, dbeta = t.like(gamma), t.like(gamma)
	}
	t.backend.NormBackward(dx.store.buf, dgamma.buffer(), dbeta.buffer(), dy.Buffer(), x.Buffer(),
		mean.Buffer(), variance.Buffer(), gamma.buffer(), beta.buffer(), s)
	return []*Tensor{dx, dgamma, dbeta}
}

// normRule is the same rule in operations that can be differentiated. With
// x̂ = (x − mean)/σ and g the gradient of x̂,
//
//	dx = (g − mean(g) − x̂·mean(g·x̂)) / σ
func (t *Tape) normRule(dy, x, gamma, beta *Tensor, s kernels.NormShape, need []bool) []*Tensor {
	shape := x.shape
	x, dy = t.Reshape(x, s.N, s.C, s.HW), t.Reshape(dy, s.N, s.C, s.HW)
	centred := t.Sub(x, t.Mean(x, 0, 2))
	perSigma := t.Reciprocal(t.Sqrt(t.AddScalar(t.Mean(t.Square(centred), 0, 2), s.Eps)))
	xhat := t.Mul(centred, perSigma)
	g := t.activationRule(dy, xhat, gamma, beta, s)
	d := make([]*Tensor, 3)
	if gamma != nil && need[1] {
		d[1] = t.Reshape(t.Sum(t.Mul(g, xhat), 0, 2), s.C)
	}
	if beta != nil && need[2] {
		d[2] = t.Reshape(t.Sum(g, 0, 2), s.C)
	}
	if need[0] {
		if gamma != nil {
			g = t.Mul(g, t.Reshape(gamma, 1, s.C, 1))
		}
		along := t.Mul(xhat, t.Mean(t.Mul(g, xhat), 0, 2))
		dx := t.Mul(t.Sub(t.Sub(g, t.Mean(g, 0, 2)), along), perSigma)
		d[0] = t.Reshape(dx, shape...)
	}
	return d
}

// activationRule takes dy back through the fused activation.
func (t *Tape) activationRule(dy, xhat, gamma, beta *Tensor, s kernels.NormShape) *Tensor {
	if s.Slope == 1 {
		return dy
	}
	sign := xhat // of the activation's input, a constant
	if gamma != nil {
		t.NoGrad(func() {
			sign = t.Add(t.Mul(xhat, t.Reshape(gamma, 1, s.C, 1)), t.Reshape(beta, 1, s.C, 1))
		})
	}
	return t.leakyReLUGrad(sign, dy, s.Slope)
}
