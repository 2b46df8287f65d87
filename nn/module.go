package nn

import (
	"fmt"

	"github.com/org/trustmae/autograd"
)

// Module is a layer or a network of layers.
type Module interface {
	// Forward computes the module's output from x. It leaves x to the caller and
	// releases what it makes on the way.
	Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor
	// State lists parameters and buffers in a fixed order under unique names.
	State() []Entry
	// SetTraining switches between training (the initial mode) and evaluation.
	SetTraining(on bool)
}

// Entry is a named tensor of a module.
type Entry struct {
	Name   string // parts joined by dots, such as "encoder.0.weight"
	Tensor *autograd.Tensor
	Buffer bool // written by the module itself, not trained: running statistics
}

// Parameters returns the trained tensors of the modules, in the order of State.
// A tensor that modules share appears once.
func Parameters(modules ...Module) []*autograd.Tensor {
	var params []*autograd.Tensor
	seen := map[*autograd.Tensor]bool{}
	for _, m := range modules {
		for _, e := range m.State() {
			if !e.Buffer && !seen[e.Tensor] {
				seen[e.Tensor] = true
				params = append(params, e.Tensor)
			}
		}
	}
	return params
}

// Prefix returns the entries with name and a dot before their names.
func Prefix(name string, entries []Entry) []Entry {
	out := make([]Entry, len(entries))
	for i, e := range entries {
		e.Name = name + "." + e.Name
		out[i] = e
	}
	return out
}

// stateless is the part of a module that has no tensors and one mode.
type stateless struct{}

// State returns nothing: the module has no tensors.
func (stateless) State() []Entry { return nil }

// SetTraining does nothing: the module computes the same in both modes.
func (stateless) SetTraining(bool) {}

// checkImages panics unless x is [N,channels,H,W].
func checkImages(op string, x *autograd.Tensor, channels int) {
	if len(x.Shape()) != 4 {
		panic(fmt.Sprintf("nn.%s: input of rank %d, want [N,C,H,W] (input %v)", op, len(x.Shape()), x.Shape()))
	}
	if x.Dim(1) != channels {
		panic(fmt.Sprintf("nn.%s: input has %d channels, want %d (input %v)", op, x.Dim(1), channels, x.Shape()))
	}
}

// release gives tensors back that the caller made and does not return.
func release(xs ...*autograd.Tensor) {
	for _, x := range xs {
		x.Release()
	}
}

// fill sets every value of a leaf.
func fill(x *autograd.Tensor, v float32) { x.Backend().Fill(x.Buffer(), v) }
