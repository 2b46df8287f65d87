package nn

import (
	"strconv"

	"github.com/org/trustmae/autograd"
)

// Sequential feeds each module the output of the one before; empty, it returns
// its input. State names begin with the module's index: "0.weight".
type Sequential []Module

// Forward releases every intermediate result as soon as the next module has
// used it, so that only what gradients need stays in memory. A convolution and the
// ReLU or LeakyReLU behind it are one pass, with the same results.
func (s Sequential) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	input := x
	for i := 0; i < len(s); {
		y, done := s[i:].first(t, x)
		if x != input && x != y {
			x.Release()
		}
		x, i = y, i+done
	}
	return x
}

// first returns the output of the first module, or of the first two where they are
// one pass, and their number.
func (s Sequential) first(t *autograd.Tape, x *autograd.Tensor) (y *autograd.Tensor, done int) {
	if c, ok := s[0].(*Conv2d); ok && c.slope == 1 && len(s) > 1 {
		e := epilogue{slope: 1}
		if e.activation(s[1]) {
			return c.forward(t, x, e.slope), 2
		}
	}
	return s[0].Forward(t, x), 1
}

// State lists the entries of all modules.
func (s Sequential) State() []Entry {
	var entries []Entry
	for i, m := range s {
		entries = append(entries, Prefix(strconv.Itoa(i), m.State())...)
	}
	return entries
}

// SetTraining switches every module.
func (s Sequential) SetTraining(on bool) {
	for _, m := range s {
		m.SetTraining(on)
	}
}
