package nn

import "github.com/org/trustmae/autograd"

// ReLU is max(x, 0). After a norm, its Slope option does the same in one pass.
type ReLU struct{ stateless }

// Forward maps x of any shape.
func (ReLU) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor { return t.ReLU(x) }

// LeakyReLU is x where positive, Slope·x elsewhere.
type LeakyReLU struct {
	stateless
	Slope float32
}

// Forward maps x of any shape.
func (l LeakyReLU) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	return t.LeakyReLU(x, l.Slope)
}

// Tanh is the hyperbolic tangent.
type Tanh struct{ stateless }

// Forward maps x of any shape.
func (Tanh) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor { return t.Tanh(x) }

// Sigmoid is 1/(1+e⁻ˣ).
type Sigmoid struct{ stateless }

// Forward maps x of any shape.
func (Sigmoid) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor { return t.Sigmoid(x) }
