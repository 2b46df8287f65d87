package autograd

import (
	"errors"
	"fmt"
	"slices"

	"github.com/org/trustmae/kernels"
)

// ErrNoGradient tells that a tensor has no gradient where one is needed.
var ErrNoGradient = errors.New("no gradient reaches the tensor")

// Backward adds the gradient of loss, which must hold one value, to every leaf
// that it depends on, or only to the given ones: work that only the others need
// is left out. What was recorded for loss is given back.
func (t *Tape) Backward(loss *Tensor, leaves ...*Tensor) {
	p := pass{tape: t, wanted: leaves}
	p.run("Backward", loss)
}

// GradOptions say what happens to the recorded operations.
type GradOptions struct {
	CreateGraph bool // record the backward pass, so that the result can be differentiated; implies RetainGraph
	RetainGraph bool // keep what was recorded, to differentiate again
}

// Grad returns the gradients of out, which must hold one value, with respect to
// inputs, which may be leaves or intermediate results. Nothing accumulates. An
// input that out does not depend on is an error wrapping ErrNoGradient.
func (t *Tape) Grad(out *Tensor, inputs []*Tensor, o GradOptions) ([]*Tensor, error) {
	if len(inputs) == 0 {
		return nil, nil
	}
	p := pass{tape: t, options: o, wanted: inputs, found: make([]*Tensor, len(inputs))}
	p.run("Grad", out)
	defer p.forget()
	grads := make([]*Tensor, len(inputs))
	for i, x := range inputs {
		g := p.found[slices.Index(inputs, x)]
		switch {
		case g == nil:
			return nil, fmt.Errorf("autograd: gradient with respect to input %d (shape %v): %w", i, x.shape, ErrNoGradient)
		case o.CreateGraph:
			grads[i] = g
		default:
			grads[i] = t.view(g, g.shape)
		}
	}
	return grads, nil
}

// pass is one traversal of the graph.
type pass struct {
	tape    *Tape
	id      int
	options GradOptions
	wanted  []*Tensor // empty: every leaf
	found   []*Tensor // Grad: gradients of wanted tensors; nil: add them to the leaves
	need    []bool    // scratch of step
}

// run computes the gradients of root with respect to wanted tensors.
func (p *pass) run(op string, root *Tensor) {
	t := p.tape
	if root.Len() != 1 {
		panic(fmt.Sprintf("autograd.%s: output of shape %v, want one value", op, root.shape))
	}
	if !root.requiresGrad {
		panic(fmt.Sprintf("autograd.%s: output depends on no parameter or variable, or was computed under NoGrad", op))
	}
	if root.node != nil && !t.holds(root.node) {
		panic(fmt.Sprintf("autograd.%s: output was computed on another tape or before Tape.Reset", op))
	}
	t.passes++
	p.id = t.passes
	finished := false
	defer func(old bool) {
		t.noGrad = old
		if !finished { // a failed device: memory must not stay with the gradients on their way
			p.abandon()
		}
	}(t.noGrad)
	t.noGrad = !p.options.CreateGraph

	mark := len(t.live)
	last := p.plan(root.node)
	p.deliver(root, t.Full(1, root.shape...))
	for i := last; i >= 0; i-- {
		if n := t.nodes[i]; n.pass == p.id {
			p.step(n)
		}
	}
	if !p.options.CreateGraph {
		t.releaseFrom(mark)
	}
	finished = true
}

// plan marks the nodes that root was computed by and finds those that lie
// between it and a wanted tensor. It returns the place of root on the tape, -1
// for a leaf. Inputs always have lower places than outputs.
func (p *pass) plan(root *node) int {
	if root == nil {
		return -1
	}
	nodes := p.tape.nodes[:root.seq+1]
	root.pass = p.id
	for i := root.seq; i >= 0; i-- {
		if nodes[i].pass != p.id {
			continue
		}
		for _, x := range nodes[i].inputs {
			if x != nil && x.node != nil {
				x.node.pass = p.id
			}
		}
	}
	for _, n := range nodes {
		if n.pass == p.id {
			n.needed = slices.ContainsFunc(n.inputs, p.leadsToWanted)
		}
	}
	return root.seq
}

// leadsToWanted tells whether a gradient delivered to x serves a wanted tensor.
func (p *pass) leadsToWanted(x *Tensor) bool {
	return x.differentiable() && (x.node != nil && x.node.needed || p.isWanted(x))
}

// isWanted tells whether the gradient of x itself is asked for.
func (p *pass) isWanted(x *Tensor) bool {
	if len(p.wanted) == 0 {
		return x.node == nil
	}
	return slices.Contains(p.wanted, x)
}

// step passes the gradient of n's output on to its inputs.
func (p *pass) step(n *node) {
	if n.dy == nil || !n.needed {
		p.drop(n)
		return
	}
	if n.backward == nil {
		panic(fmt.Sprintf("autograd: %s was differentiated before and given back; use GradOptions.RetainGraph", n.op))
	}
	p.need = p.need[:0]
	for _, x := range n.inputs {
		p.need = append(p.need, p.leadsToWanted(x))
	}
	mark := len(p.tape.live)
	for i, g := range n.backward(n.dy, p.need) {
		if p.need[i] {
			n.check(i, g)
			p.deliver(n.inputs[i], g)
		}
	}
	if !p.options.CreateGraph {
		p.tape.releaseFrom(mark)
	}
	p.drop(n)
}

// check holds a backward rule to its promise.
func (n *node) check(i int, g *Tensor) {
	if g == nil {
		panic(fmt.Sprintf("autograd: backward of %s gives no gradient for input %d", n.op, i))
	}
	if !slices.Equal(g.shape, n.inputs[i].shape) {
		panic(fmt.Sprintf("autograd: backward of %s gives shape %v for input %d, want %v", n.op, g.shape, i, n.inputs[i].shape))
	}
}

// drop forgets the gradient of n's output and, unless it is kept, what n saved.
func (p *pass) drop(n *node) {
	n.forget()
	if !p.options.CreateGraph && !p.options.RetainGraph {
		n.release()
	}
}

// forget drops the gradient of the node's output.
func (n *node) forget() {
	if n.dy != nil {
		n.dy.store.release()
		n.dy = nil
	}
}

// deliver adds g to the gradient of x.
func (p *pass) deliver(x, g *Tensor) {
	if p.isWanted(x) {
		if p.found == nil {
			x.accumulate(p.tape, g)
		} else {
			i := slices.Index(p.wanted, x)
			p.found[i] = p.sum(p.found[i], g)
		}
	}
	if x.node != nil && x.node.needed {
		x.node.dy = p.sum(x.node.dy, g)
	}
}

// sum returns old + g with a reference for the caller, in place of old where
// nobody else holds it.
func (p *pass) sum(old, g *Tensor) *Tensor {
	t := p.tape
	if old == nil {
		g.store.retain()
		return g
	}
	if t.noGrad && old.store.unshared() {
		t.backend.AddScaled(old.Buffer(), g.Buffer(), 1)
		return old
	}
	s := t.Add(old, g)
	s.store.retain()
	old.store.release()
	return s
}

// forget drops the pass's references to gradients of wanted tensors.
func (p *pass) forget() {
	for _, g := range p.found {
		if g != nil {
			g.store.release()
		}
	}
}

// abandon drops everything that an unfinished pass holds.
func (p *pass) abandon() {
	p.forget()
	for _, n := range p.tape.nodes {
		n.forget()
	}
}

// accumulate adds g to the gradient of leaf x. The first one is taken over
// where nobody else holds it.
func (x *Tensor) accumulate(t *Tape, g *Tensor) {
	old := x.grad
	switch {
	case old != nil && old.store.unshared():
		t.backend.AddScaled(old.Buffer(), g.Buffer(), 1)
		return
	case old != nil:
		x.grad = newTensor(t.backend.Alloc(x.Len()), t.backend, x.shape)
		t.backend.Binary(kernels.Add, x.grad.store.buf, old.Buffer(), g.Buffer(), []int{x.Len()}, unit, unit, 0)
		old.Release()
	case g.store.unshared():
		g.store.retain()
		x.grad = &Tensor{shape: x.shape, store: g.store}
	default:
		x.grad = newTensor(t.backend.Alloc(x.Len()), t.backend, x.shape)
		t.backend.Copy2d(x.grad.store.buf, g.Buffer(), 1, x.Len(), x.Len(), x.Len())
	}
	if !x.store.persistent {
		t.grads = append(t.grads, x.grad)
	}
}
