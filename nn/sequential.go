package nn

import (
	"strconv"

	"github.com/org/trustmae/autograd"
)

// Sequential feeds each module the output of the one before; empty, it returns
// its input. State names begin with the module's index: "0.weight".
type Sequential []Module

// Forward releases every intermediate result as soon as the next module has
// used it, so that only what gradients need stays in memory.
func (s Sequential) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	input := x
	for _, m := range s {
		y := m.Forward(t, x)
		if x != input && x != y {
			x.Release()
		}
		x = y
	}
	return x
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
