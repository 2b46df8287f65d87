package autograd

import (
	"fmt"

	"github.com/org/trustmae/kernels"
)

// Clamp returns x limited to [lo, hi]. The gradient passes where x lies within,
// limits included, as in PyTorch.
func (t *Tape) Clamp(x *Tensor, lo, hi float32) *Tensor {
	if !(lo <= hi) {
		panic(fmt.Sprintf("autograd.Clamp: limits %g and %g, want lower ≤ upper", lo, hi))
	}
	y := t.unary(kernels.Clamp, x, lo, hi)
	return t.record("Clamp", y, []*Tensor{x}, []*Tensor{x}, func(dy *Tensor, need []bool) []*Tensor {
		over := t.LessEqual(t.Full(lo, 1), x)
		under := t.LessEqual(x, t.Full(hi, 1))
		return []*Tensor{t.Mul(dy, t.Mul(over, under))}
	})
}
