package autograd

import (
	"fmt"
	"slices"

	"github.com/org/trustmae/kernels"
)

// Tensor is a handle to a contiguous, row-major block of float32 values with a
// shape. Tensors are immutable but for leaves, which [Tensor.Set] and optimisers
// write.
type Tensor struct {
	shape        []int
	store        *storage
	node         *node // operation that made it; nil for leaves and constants
	requiresGrad bool
	released     bool

	grad *Tensor // accumulated gradient of a leaf; nil where there is none
}

// storage is memory shared by tensor handles and by recorded operations that
// saved it; the last reference gives it back.
type storage struct {
	buf        kernels.Buffer // nil: given back, or shelved
	backend    kernels.Backend
	length     int
	refs       int
	saves      int      // those of refs that are recorded operations'
	persistent bool     // a leaf's: not counted, so that tapes can share it
	parent     *storage // what buf is a slice of, or nil
	recipe     *recipe  // how to compute the values again, or nil
	shelved    bool     // buf can be computed again from recipe
}

func (s *storage) retain() {
	if !s.persistent {
		s.refs++
	}
}

func (s *storage) release() {
	if s.persistent || s.refs == 0 {
		return
	}
	if s.refs--; s.refs > 0 {
		return
	}
	switch {
	case s.parent != nil:
		s.parent.release()
	case s.buf != nil:
		s.backend.Free(s.buf)
	}
	s.buf, s.shelved = nil, false
	if s.recipe != nil {
		for _, source := range s.recipe.sources {
			source.release()
		}
		s.recipe = nil
	}
}

// save is retain for a recorded operation.
func (s *storage) save() {
	s.retain()
	if !s.persistent {
		s.saves++
	}
}

// unsave ends a save.
func (s *storage) unsave() {
	if !s.persistent {
		s.saves--
	}
	s.release()
}

// unshared tells whether one reference is left and the memory is whole.
func (s *storage) unshared() bool { return s.refs == 1 && s.parent == nil && !s.persistent }

// newTensor returns a handle with the only reference to buf.
func newTensor(buf kernels.Buffer, b kernels.Backend, shape []int) *Tensor {
	both := &struct { // one allocation
		tensor Tensor
		store  storage
	}{}
	both.store = storage{buf: buf, backend: b, length: buf.Len(), refs: 1}
	both.tensor = Tensor{shape: shape, store: &both.store}
	return &both.tensor
}

// newLeaf returns a handle to memory that tapes share.
func newLeaf(op string, b kernels.Backend, shape []int) *Tensor {
	x := newTensor(b.AllocPersistent(volume(op, shape)), b, slices.Clone(shape))
	x.store.persistent = true
	return x
}

// NewParameter returns a leaf of zeros that gradients accumulate in.
func NewParameter(b kernels.Backend, shape ...int) *Tensor {
	x := newLeaf("NewParameter", b, shape)
	b.Fill(x.store.buf, 0)
	x.requiresGrad = true
	return x
}

// NewConstant returns a leaf of zeros without gradient, such as running
// statistics.
func NewConstant(b kernels.Backend, shape ...int) *Tensor {
	x := newLeaf("NewConstant", b, shape)
	b.Fill(x.store.buf, 0)
	return x
}

// volume is the number of values of a shape, all of whose sizes must be
// positive.
func volume(op string, shape []int) int {
	n := 1
	for _, d := range shape {
		if d < 1 {
			panic(fmt.Sprintf("autograd.%s: shape %v, want positive sizes", op, shape))
		}
		n *= d
	}
	return n
}

// Shape returns the sizes of the axes; it must not be changed.
func (x *Tensor) Shape() []int { return x.shape }

// Dim returns the size of axis i; negative i counts from the last axis.
func (x *Tensor) Dim(i int) int {
	if i < 0 {
		i += len(x.shape)
	}
	return x.shape[i]
}

// Len is the number of values.
func (x *Tensor) Len() int {
	n := 1
	for _, d := range x.shape {
		n *= d
	}
	return n
}

// RequiresGrad tells whether gradients flow to x: a parameter, or computed from
// one while recording.
func (x *Tensor) RequiresGrad() bool { return x.requiresGrad }

// differentiable is RequiresGrad for operands that may be nil.
func (x *Tensor) differentiable() bool { return x != nil && x.requiresGrad }

// buffer is Buffer for operands that may be nil.
func (x *Tensor) buffer() kernels.Buffer {
	if x == nil {
		return nil
	}
	return x.Buffer()
}

// Grad returns the gradient accumulated in a leaf since the last ZeroGrad, or
// nil where there is none. It ends at the next ZeroGrad.
func (x *Tensor) Grad() *Tensor { return x.grad }

// ZeroGrad forgets the accumulated gradient and gives its memory back.
func (x *Tensor) ZeroGrad() {
	if x.grad != nil {
		x.grad.Release()
		x.grad = nil
	}
}

// Data copies the values to the host.
func (x *Tensor) Data() []float32 {
	out := make([]float32, x.Len())
	x.Read(out)
	return out
}

// Read copies the values to dst, which must have their number.
func (x *Tensor) Read(dst []float32) {
	if len(dst) != x.Len() {
		panic(fmt.Sprintf("autograd.Tensor.Read: room for %d values, want %d (shape %v)", len(dst), x.Len(), x.shape))
	}
	x.store.backend.Download(dst, x.Buffer())
}

// Item returns the value of a tensor that has just one.
func (x *Tensor) Item() float32 {
	if x.Len() != 1 {
		panic(fmt.Sprintf("autograd.Tensor.Item: shape %v, want one value", x.shape))
	}
	return x.Data()[0]
}

// Set overwrites a leaf's values.
func (x *Tensor) Set(data []float32) {
	if x.node != nil {
		panic("autograd.Tensor.Set: tensor is the result of an operation, want a leaf")
	}
	if len(data) != x.Len() {
		panic(fmt.Sprintf("autograd.Tensor.Set: %d values, want %d (shape %v)", len(data), x.Len(), x.shape))
	}
	x.store.backend.Upload(x.Buffer(), data)
}

// Buffer gives the backend's memory, for optimisers and fused operations.
func (x *Tensor) Buffer() kernels.Buffer {
	if x.store.shelved {
		x.store.unshelve()
	}
	if x.store.buf == nil {
		panic(fmt.Sprintf("autograd: tensor %v used after Release or Tape.Reset", x.shape))
	}
	return x.store.buf
}

// Backend is where the values live.
func (x *Tensor) Backend() kernels.Backend { return x.store.backend }

// Release tells that the caller will not use x again. Memory that no recorded
// operation saved goes back at once. Leaves are not affected; a second call does
// nothing.
func (x *Tensor) Release() {
	if x.released || x.store.persistent {
		return
	}
	x.released = true
	x.store.release()
	x.store.shelve()
}

// String describes the tensor without its values.
func (x *Tensor) String() string { return fmt.Sprintf("Tensor%v", x.shape) }
