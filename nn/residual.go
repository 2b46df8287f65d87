package nn

import "github.com/org/trustmae/autograd"

// Residual computes x + Body(x), then After on the sum unless it is nil. Body
// must keep the shape. State names begin with "body." and "after.".
type Residual struct {
	Body  Module
	After Module // such as ReLU{} for post-activation; nil for none
}

// NewResidual returns x + body(x). Set After for post-activation.
func NewResidual(body Module) *Residual { return &Residual{Body: body} }

// Forward maps x [N,C,H,W] to the same shape.
func (r *Residual) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	branch := r.Body.Forward(t, x)
	sum := t.Add(x, branch)
	if branch != x {
		branch.Release()
	}
	if r.After == nil {
		return sum
	}
	y := r.After.Forward(t, sum)
	if y != sum {
		sum.Release()
	}
	return y
}

// State lists the entries of Body and After.
func (r *Residual) State() []Entry {
	entries := Prefix("body", r.Body.State())
	if r.After != nil {
		entries = append(entries, Prefix("after", r.After.State())...)
	}
	return entries
}

// SetTraining switches Body and After.
func (r *Residual) SetTraining(on bool) {
	r.Body.SetTraining(on)
	if r.After != nil {
		r.After.SetTraining(on)
	}
}
