package nn

import (
	"fmt"

	"github.com/org/trustmae/autograd"
)

// InstanceNorm2d normalises every channel of every image to mean 0 and variance
// 1 over its positions, then applies the activation. It has no weights and no
// running statistics (PyTorch's defaults), so that both modes compute the same.
type InstanceNorm2d struct {
	stateless
	eps, slope float32
}

// NewInstanceNorm2d returns an instance norm; eps is added to the variance
// (PyTorch: 1e-5), slope is the activation's: 1 none, 0 ReLU, else LeakyReLU.
func NewInstanceNorm2d(eps, slope float32) *InstanceNorm2d {
	if !(eps > 0) {
		panic(fmt.Sprintf("nn.NewInstanceNorm2d: eps %v, want > 0", eps))
	}
	return &InstanceNorm2d{eps: eps, slope: slope}
}

// Forward maps x [N,C,H,W] to the same shape.
func (n *InstanceNorm2d) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	return t.InstanceNorm(x, n.eps, n.slope)
}
