package autograd

import (
	"fmt"
	"slices"

	"github.com/org/trustmae/kernels"
)

// Tape computes operations and records what their gradients need.
type Tape struct {
	backend kernels.Backend
	noGrad  bool
	passes  int       // traversals begun, to tell their marks apart
	live    []*Tensor // handles made since Reset, in order
	nodes   []*node   // operations recorded since Reset, in order
	grads   []*Tensor // gradients accumulated in the tape's own leaves
}

// node is a recorded operation with one output.
type node struct {
	op       string
	seq      int // index in Tape.nodes
	inputs   []*Tensor
	saved    []*storage
	backward backwardFunc

	pass   int     // the last traversal that reached the node
	needed bool    // that traversal wants a gradient from behind the node
	dy     *Tensor // gradient of the output gathered so far
}

// backwardFunc returns the gradient of each input from that of the output; nil
// where need is false. It may use operations of the tape freely: handles it
// makes are released for it.
type backwardFunc func(dy *Tensor, need []bool) []*Tensor

// NewTape returns an empty tape that computes on b.
func NewTape(b kernels.Backend) *Tape { return &Tape{backend: b} }

// Backend is what the tape computes on.
func (t *Tape) Backend() kernels.Backend { return t.backend }

// Reset ends every tensor made on the tape and forgets what was recorded.
func (t *Tape) Reset() {
	for _, n := range t.nodes {
		n.release()
	}
	t.releaseFrom(0)
	for _, g := range t.grads {
		g.Release()
	}
	clear(t.nodes)
	clear(t.grads)
	t.nodes, t.grads = t.nodes[:0], t.grads[:0]
}

// releaseFrom releases the handles made since the list of live ones had length
// mark.
func (t *Tape) releaseFrom(mark int) {
	for _, x := range t.live[mark:] {
		x.Release()
	}
	clear(t.live[mark:])
	t.live = t.live[:mark]
}

// NoGrad runs f without recording: results do not require gradients.
func (t *Tape) NoGrad(f func()) {
	defer func(old bool) { t.noGrad = old }(t.noGrad)
	t.noGrad = true
	f()
}

// GradEnabled tells whether operations are being recorded.
func (t *Tape) GradEnabled() bool { return !t.noGrad }

// Input uploads values as a constant of the tape.
func (t *Tape) Input(data []float32, shape ...int) *Tensor {
	x := t.alloc("Input", shape...)
	if len(data) != x.Len() {
		panic(fmt.Sprintf("autograd.Input: %d values, want %d (shape %v)", len(data), x.Len(), shape))
	}
	t.backend.Upload(x.store.buf, data)
	return x
}

// Variable uploads values as a leaf of the tape that [Tape.Grad] can
// differentiate by, such as an image or a latent.
func (t *Tape) Variable(data []float32, shape ...int) *Tensor {
	x := t.Input(data, shape...)
	x.requiresGrad = true
	return x
}

// Empty returns a constant of undefined values, for the caller to write through
// its Buffer before anything reads them.
func (t *Tape) Empty(shape ...int) *Tensor { return t.alloc("Empty", shape...) }

// Full returns a constant tensor of equal values.
func (t *Tape) Full(v float32, shape ...int) *Tensor {
	x := t.alloc("Full", shape...)
	t.backend.Fill(x.store.buf, v)
	return x
}

// Detach returns the values of x without its history; memory is shared.
func (t *Tape) Detach(x *Tensor) *Tensor { return t.view(x, x.shape) }

// Scope runs f and then releases every tensor that f made and did not return.
// It bounds the memory of evaluation loops; what gradients need stays.
func (t *Tape) Scope(f func() []*Tensor) []*Tensor {
	mark := len(t.live)
	kept := f()
	made := t.live[mark:]
	t.live = t.live[:mark] // kept ones move down within the same array
	for _, x := range made {
		if slices.Contains(kept, x) {
			t.live = append(t.live, x)
		} else {
			x.Release()
		}
	}
	clear(made[len(t.live)-mark:])
	return kept
}

// alloc makes a tensor of the tape with undefined values.
func (t *Tape) alloc(op string, shape ...int) *Tensor {
	return t.own(newTensor(t.backend.Alloc(volume(op, shape)), t.backend, slices.Clone(shape)))
}

// like makes a tensor of the shape of x with undefined values.
func (t *Tape) like(x *Tensor) *Tensor {
	return t.own(newTensor(t.backend.Alloc(x.Len()), t.backend, x.shape))
}

// overwritable returns g itself where the caller is the last to use it and
// nothing is recorded, else a new tensor of its shape. Backward rules write
// their result to it, so that one buffer serves a chain of activations.
func (t *Tape) overwritable(g *Tensor) *Tensor {
	if t.noGrad && g.store.unshared() {
		return g
	}
	return t.like(g)
}

// view makes a handle to the memory of x under another shape of equal volume,
// which the caller gives away.
func (t *Tape) view(x *Tensor, shape []int) *Tensor {
	x.Buffer()
	x.store.retain()
	return t.own(&Tensor{shape: shape, store: x.store})
}

// slice makes a handle to part of the memory of x. The caller gives shape away.
func (t *Tape) slice(x *Tensor, offset int, shape []int) *Tensor {
	buf := x.Buffer().Slice(offset, volume("slice", shape))
	x.store.retain()
	y := newTensor(buf, t.backend, shape)
	y.store.parent = x.store
	return t.own(y)
}

func (t *Tape) own(x *Tensor) *Tensor {
	t.live = append(t.live, x)
	return x
}

// record remembers how out was made, if a gradient can flow. saved lists the
// tensors whose values backward reads; their memory is kept for it.
func (t *Tape) record(op string, out *Tensor, inputs, saved []*Tensor, backward backwardFunc) *Tensor {
	if t.noGrad || !slices.ContainsFunc(inputs, (*Tensor).differentiable) {
		return out
	}
	for _, x := range inputs {
		if x != nil && x.node != nil && !t.holds(x.node) {
			panic(fmt.Sprintf("autograd.%s: tensor %v was computed on another tape or before Tape.Reset", op, x.shape))
		}
	}
	n := &node{op: op, seq: len(t.nodes), inputs: inputs, backward: backward, saved: make([]*storage, 0, len(saved))}
	for _, x := range saved {
		if x != nil {
			x.store.save()
			n.saved = append(n.saved, x.store)
		}
	}
	t.nodes = append(t.nodes, n)
	out.node, out.requiresGrad = n, true
	return out
}

// holds tells whether n was recorded on t since the last Reset.
func (t *Tape) holds(n *node) bool { return n.seq < len(t.nodes) && t.nodes[n.seq] == n }

// release drops what the node saved; it can not be differentiated afterwards.
func (n *node) release() {
	for _, s := range n.saved {
		s.unsave()
	}
	n.saved, n.backward = nil, nil
}
