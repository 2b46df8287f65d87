package cuda

import (
	"sync/atomic"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// function is what a step computes, as the kernel numbers it: kernels.UnaryOp,
// kernels.BinaryOp behind them, and what is neither.
type function uint8

const (
	binaryFunctions = function(kernels.UnaryOps)
	fillFunction    = binaryFunctions + function(kernels.BinaryOps)
	copyFunction    = fillFunction + 1 // the second operand's strides are the output's
	addFunction     = copyFunction + 1 // AddScaled; the second operand is the output
)

// step is an operation on values one by one, y[i] = f(p[i], q[i]) for i < n.
type step struct {
	f       function
	a, b    float32 // its parameters
	n       int
	y, p, q operand
	walk    *operands    // that leads through p and q; nil: each has one stride
	freed   *atomic.Bool // tells when nobody reads y any more but steps that wait
}

// operand is memory that a step reads or writes, and how: value i at i·stride, unless
// the step has a walk. The zero value is none.
type operand struct {
	at, end driver.Ptr
	stride  int
	walked  bool
}

// flat is a buffer whose value i belongs to index i.
func (b *buffer) flat() operand {
	return operand{at: b.ptr, end: b.ptr + driver.Ptr(valueBytes*b.n), stride: 1}
}

// walked is a buffer that is walked along axes, as far as they lead.
func walked(b *buffer, list []shape.Axis) operand {
	last := 0
	for _, a := range list {
		last += (a.Size - 1) * a.Stride
	}
	return operand{
		at: b.ptr, end: b.ptr + driver.Ptr(valueBytes*(last+1)),
		stride: list[len(list)-1].Stride, walked: len(list) > 1,
	}
}

// operands are two walks of several axes.
type operands struct {
	count int32
	size  [maxAxes]int32
	p, q  [maxAxes]int32
}

// newOperands returns nil for a single axis.
func newOperands(p, q []shape.Axis) *operands {
	if len(p) == 1 {
		return nil
	}
	o := &operands{count: int32(len(p))}
	for i := range p {
		o.size[i], o.p[i], o.q[i] = int32(p[i].Size), int32(p[i].Stride), int32(q[i].Stride)
	}
	return o
}

func (o operand) meets(other operand) bool { return o.at < other.end && other.at < o.end }

// alike tells whether both have the value of the same index in the same place.
func (o operand) alike(other operand) bool {
	return o.at == other.at && o.stride == 1 && other.stride == 1 && !o.walked && !other.walked
}

// dependence is what a step needs of an earlier one.
type dependence int

const (
	independent dependence = iota
	byIndex                // the same index is done before
	byAll                  // all of it is done before
)

// on tells how s depends on an earlier step: by reading what that writes, or by
// overwriting what that reads or writes.
func (s *step) on(earlier *step) dependence {
	found := independent
	for _, pair := range [...][2]operand{{earlier.y, s.p}, {earlier.y, s.q}, {earlier.y, s.y}, {earlier.p, s.y}, {earlier.q, s.y}} {
		switch {
		case !pair[0].meets(pair[1]):
		case pair[0].alike(pair[1]):
			found = max(found, byIndex)
		default:
			return byAll
		}
	}
	return found
}
