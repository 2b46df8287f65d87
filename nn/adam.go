package nn

import (
	"fmt"
	"strconv"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
)

// AdamOptions are the options of [NewAdam], taken as they are but for those that
// name a default. TrustMAE trains with Beta1 0.
type AdamOptions struct {
	LR           float64 // learning rate
	Beta1, Beta2 float64 // decay of the moments; both 0: PyTorch's 0.9 and 0.999
	Eps          float64 // 0: 1e-8
	WeightDecay  float64 // L2 penalty, added to the gradient
}

// Adam is the optimiser of Kingma and Ba 2015 with PyTorch's bias correction. With
// Beta1 0 the first moment is the gradient, weight decay included: it takes no memory
// of its own, and a step leaves it in the gradient's place.
type Adam struct {
	params    []*autograd.Tensor
	first     []*autograd.Tensor // moment of every parameter; nil where Beta1 is 0
	second    []*autograd.Tensor // moment of every parameter
	constants *autograd.Tensor   // of the present step, on the device; nil without parameters
	options   AdamOptions
	steps     int
}

// NewAdam returns an optimiser of params, which must be distinct.
func NewAdam(params []*autograd.Tensor, o AdamOptions) *Adam {
	if o.Beta1 == 0 && o.Beta2 == 0 {
		o.Beta1, o.Beta2 = 0.9, 0.999
	}
	if o.Eps == 0 {
		o.Eps = 1e-8
	}
	inUnit := func(beta float64) bool { return beta >= 0 && beta < 1 }
	if !(o.LR >= 0) || !inUnit(o.Beta1) || !inUnit(o.Beta2) || !(o.Eps >= 0) || !(o.WeightDecay >= 0) {
		panic(fmt.Sprintf("nn.NewAdam: options %+v, want betas in [0,1), the others ≥ 0", o))
	}
	a := &Adam{params: params, options: o}
	seen := map[*autograd.Tensor]int{}
	for i, p := range params {
		if j, twice := seen[p]; twice {
			panic(fmt.Sprintf("nn.NewAdam: parameters %d and %d are the same tensor (shape %v)", j, i, p.Shape()))
		}
		seen[p] = i
		b := p.Backend()
		if packer, ok := b.(kernels.Packer); ok {
			packer.Changing(p.Buffer())
		}
		if o.Beta1 != 0 {
			a.first = append(a.first, autograd.NewConstant(b, p.Shape()...))
		}
		a.second = append(a.second, autograd.NewConstant(b, p.Shape()...))
	}
	if len(params) > 0 {
		a.constants = autograd.NewConstant(params[0].Backend(), kernels.AdamConstants)
	}
	return a
}

// Step updates every parameter from its gradient. If one has none, nothing is
// changed and the error, which wraps [autograd.ErrNoGradient], names it. It is
// Advance and then Apply.
func (a *Adam) Step() error {
	if err := a.checkGradients(); err != nil {
		return err
	}
	a.Advance()
	a.update()
	return nil
}

// Advance counts a step and brings its constants, bias correction and learning
// rate, to the device for Apply. The two halves of Step are apart for work that a
// backend records and repeats: that holds the Apply, and Advance goes before.
func (a *Adam) Advance() {
	a.steps++
	if a.constants == nil {
		return
	}
	a.constants.Set(kernels.AdamStep{
		LR: a.options.LR, Beta1: a.options.Beta1, Beta2: a.options.Beta2,
		Eps: a.options.Eps, WeightDecay: a.options.WeightDecay, Step: a.steps,
	}.Constants())
}

// Apply updates every parameter from its gradient by the constants of the last
// Advance. Its error is Step's.
func (a *Adam) Apply() error {
	err := a.checkGradients()
	if err == nil {
		a.update()
	}
	return err
}

func (a *Adam) update() {
	if a.constants == nil {
		return
	}
	n := len(a.params)
	p, g, m, v := make([]kernels.Buffer, n), make([]kernels.Buffer, n), make([]kernels.Buffer, n), make([]kernels.Buffer, n)
	for i, x := range a.params {
		p[i], g[i], v[i] = x.Buffer(), x.Grad().Buffer(), a.second[i].Buffer()
		m[i] = g[i]
		if a.first != nil {
			m[i] = a.first[i].Buffer()
		}
	}
	a.constants.Backend().Adam(p, g, m, v, a.constants.Buffer())
}

// checkGradients names a parameter that has no gradient.
func (a *Adam) checkGradients() error {
	for i, p := range a.params {
		if p.Grad() == nil {
			return fmt.Errorf("nn: parameter %d (shape %v) is not part of the loss, leave it out of the optimiser: %w", i, p.Shape(), autograd.ErrNoGradient)
		}
	}
	return nil
}

// ZeroGrad forgets the gradients of all parameters.
func (a *Adam) ZeroGrad() {
	for _, p := range a.params {
		p.ZeroGrad()
	}
}

// LR returns the learning rate.
func (a *Adam) LR() float64 { return a.options.LR }

// SetLR changes the learning rate of the steps to come.
func (a *Adam) SetLR(lr float64) { a.options.LR = lr }

// StepCount returns the number of steps taken, which bias correction needs.
func (a *Adam) StepCount() int { return a.steps }

// SetStepCount restores the number of steps taken. With the tensors of State it
// makes a resumed training continue with the same bits.
func (a *Adam) SetStepCount(n int) { a.steps = n }

// State lists the moments as PyTorch names them, "0.exp_avg" and "0.exp_avg_sq"
// for the first parameter and so on; with Beta1 0 only the second, as the first is
// nothing that the next step depends on.
func (a *Adam) State() []Entry {
	var entries []Entry
	for i, second := range a.second {
		var moments []Entry
		if a.first != nil {
			moments = append(moments, Entry{Name: "exp_avg", Tensor: a.first[i], Buffer: true})
		}
		moments = append(moments, Entry{Name: "exp_avg_sq", Tensor: second, Buffer: true})
		entries = append(entries, Prefix(strconv.Itoa(i), moments)...)
	}
	return entries
}
