package autograd

import "fmt"

// BatchNormInference is BatchNorm with given statistics mean and variance [C],
// which are constants:
//
//	y = act(gamma·(x − mean)/√(variance + eps) + beta)
//
// gamma and beta may be nil.
func (t *Tape) BatchNormInference(x, mean, variance, gamma, beta *Tensor, eps, slope float32) *Tensor {
	const op = "BatchNormInference"
	s := normShape(op, x, eps, slope)
	if mean.Len() != s.C || variance.Len() != s.C {
		panic(fmt.Sprintf("autograd.%s: statistics of shapes %v and %v, want [%d] (input %v)", op, mean.shape, variance.shape, s.C, x.shape))
	}
	gamma, beta = t.scaleAndShift(op, s.C, gamma, beta)
	y := t.like(x)
	t.backend.NormApply(y.store.buf, x.Buffer(), mean.Buffer(), variance.Buffer(), gamma.buffer(), beta.buffer(), s)
	saved := []*Tensor{mean, variance, keepIf(gamma.differentiable(), x), keepIf(x.requiresGrad, gamma), keepIf(slope != 1, y)}
	return t.record(op, y, []*Tensor{x, gamma, beta}, saved, func(dy *Tensor, need []bool) []*Tensor {
		g := dy
		if slope != 1 {
			g = t.leakyReLUGrad(t.Detach(y), dy, slope)
		}
		g = t.Reshape(g, s.N, s.C, s.HW)
		perSigma := t.Reshape(t.Reciprocal(t.Sqrt(t.AddScalar(t.Detach(variance), eps))), 1, s.C, 1)
		d := make([]*Tensor, 3)
		if need[1] {
			centred := t.Sub(t.Reshape(x, s.N, s.C, s.HW), t.Reshape(t.Detach(mean), 1, s.C, 1))
			d[1] = t.Reshape(t.Mul(t.Sum(t.Mul(g, centred), 0, 2), perSigma), s.C)
		}
		if need[2] {
			d[2] = t.Reshape(t.Sum(g, 0, 2), s.C)
		}
		if need[0] {
			scale := perSigma
			if gamma != nil {
				scale = t.Mul(perSigma, t.Reshape(gamma, 1, s.C, 1))
			}
			d[0] = t.Reshape(t.Mul(g, scale), x.shape...)
		}
		return d
	})
}
