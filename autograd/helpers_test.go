package autograd_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/autograd/gradcheck"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cpu"
)

// newBackend returns a processor backend of its own.
func newBackend(t testing.TB) kernels.Backend { return newBackendOf(t, 2) }

// newBackendOf returns one with a number of threads. With one thread, its memory
// depends on the tape alone: each thread that joins in takes some more.
func newBackendOf(t testing.TB, threads int) kernels.Backend {
	t.Helper()
	b, err := cpu.New(cpu.Options{Threads: threads})
	require.NoError(t, err)
	return b
}

// span describes random inputs of a case.
type span struct {
	lo, hi float32
	shape  []int
}

// in is shorthand for a span.
func in(lo, hi float32, shape ...int) span { return span{lo, hi, shape} }

// opCase is an operation to check.
type opCase struct {
	name   string
	f      gradcheck.Func
	inputs []span
	o      gradcheck.Options
}

// leaves makes the inputs of a case.
func (c opCase) leaves(b kernels.Backend) []*autograd.Tensor {
	xs := make([]*autograd.Tensor, len(c.inputs))
	for i, s := range c.inputs {
		xs[i] = gradcheck.Leaf(b, uint64(i+1), s.lo, s.hi, s.shape...)
	}
	return xs
}

// copied gives f tensors of the tape instead of leaves, so that an input whose
// values the rule forgot to save is gone in the backward pass.
func (c opCase) copied() gradcheck.Func {
	return func(t *autograd.Tape, leaves []*autograd.Tensor) *autograd.Tensor {
		xs := make([]*autograd.Tensor, len(leaves))
		for i, x := range leaves {
			xs[i] = t.AddScalar(x, 0)
		}
		return c.f(t, xs)
	}
}
