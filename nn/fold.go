package nn

import (
	"fmt"
	"math"

	"github.com/org/trustmae/autograd"
)

// Fold returns modules that compute what s does in evaluation with fewer passes
// over memory: batch norms become part of the weights and bias of the
// convolutions before them, spectral norm of their weights, and a ReLU or
// LeakyReLU is applied as the convolution stores its result. Conditional batch
// norms of more than one class stay as they are, for their weights depend on the
// image.
//
// The result is a snapshot: convolutions have weights of their own and do not
// follow s, while modules that were not folded are shared with it. Norms that are
// still in training mode panic.
func Fold(s Sequential) Sequential {
	var out Sequential
	for i := 0; i < len(s); {
		conv, ok := s[i].(foldable)
		if !ok {
			out = append(out, foldInside(s[i]))
			i++
			continue
		}
		e := epilogue{slope: 1}
		i += 1 + e.gather(s[i+1:])
		out = append(out, conv.fold(e))
	}
	return out
}

// foldInside folds the modules within m.
func foldInside(m Module) Module {
	switch m := m.(type) {
	case Sequential:
		return Fold(m)
	case *Residual:
		folded := &Residual{Body: foldInside(m.Body)}
		if m.After != nil {
			folded.After = foldInside(m.After)
		}
		return folded
	}
	return m
}

// foldable is a convolution.
type foldable interface {
	Module
	// fold returns a copy whose results are e of the convolution's.
	fold(e epilogue) Module
}

// epilogue is what is done to the channels of a convolution: scale·y + shift,
// then the activation of the given slope, 1 for none.
type epilogue struct {
	scale, shift []float64 // of each channel; nil: 1 and 0
	slope        float32
}

// gather takes as many of the modules behind a convolution as fold into it, and
// returns their number.
func (e *epilogue) gather(behind Sequential) int {
	n := 0
	if n < len(behind) && e.norm(behind[n]) {
		n++
	}
	if n < len(behind) && e.slope == 1 && e.activation(behind[n]) {
		n++
	}
	return n
}

// norm takes a batch norm.
func (e *epilogue) norm(m Module) bool {
	switch m := m.(type) {
	case *BatchNorm2d:
		*e = m.epilogue(m.Weight, m.Bias, m.options.Slope)
		return true
	case *ConditionalBatchNorm2d:
		if m.Weight.Dim(0) == 1 {
			*e = m.norm.epilogue(m.Weight, m.Bias, m.slope)
			return true
		}
	}
	return false
}

// activation takes a ReLU or LeakyReLU.
func (e *epilogue) activation(m Module) bool {
	switch m := m.(type) {
	case ReLU:
		e.slope = 0
		return true
	case LeakyReLU:
		if m.Slope >= 0 { // the convolution's activation has no others
			e.slope = m.Slope
			return true
		}
	}
	return false
}

// epilogue returns what the norm does with its running statistics, weight gamma
// and bias beta.
func (n *BatchNorm2d) epilogue(gamma, beta *autograd.Tensor, slope float32) epilogue {
	if n.training {
		panic("nn.Fold: batch norm in training mode, want SetTraining(false) first")
	}
	mean, variance := n.RunningMean.Data(), n.RunningVar.Data()
	e := epilogue{make([]float64, n.channels), make([]float64, n.channels), slope}
	for c := range e.scale {
		e.scale[c] = 1 / math.Sqrt(float64(variance[c])+float64(n.options.Eps))
	}
	if gamma != nil {
		for c, g := range gamma.Data() {
			e.scale[c] *= float64(g)
		}
		for c, b := range beta.Data() {
			e.shift[c] = float64(b)
		}
	}
	for c, scale := range e.scale {
		e.shift[c] -= float64(mean[c]) * scale
	}
	return e
}

func (c *Conv2d) fold(e epilogue) Module {
	folded := &Conv2d{inChannels: c.inChannels, options: c.options, slope: e.slope}
	folded.Weight, folded.Bias = e.apply(c.spectral, c.Weight, c.Bias, 0)
	return folded
}

func (c *ConvTranspose2d) fold(e epilogue) Module {
	folded := &ConvTranspose2d{inChannels: c.inChannels, options: c.options, slope: e.slope}
	folded.Weight, folded.Bias = e.apply(c.spectral, c.Weight, c.Bias, 1)
	return folded
}

// apply returns a convolution's weight and bias with scale and shift of the
// output channels, which outAxis of the weight counts. The bias may be nil.
func (e epilogue) apply(s *spectralNorm, weight, bias *autograd.Tensor, outAxis int) (newWeight, newBias *autograd.Tensor) {
	w := evaluated(s, weight)
	channels := weight.Dim(outAxis)
	if e.scale != nil && len(e.scale) != channels {
		panic(fmt.Sprintf("nn.Fold: batch norm of %d channels behind a convolution with %d (weight %v)", len(e.scale), channels, weight.Shape()))
	}
	shift := make([]float64, channels)
	if bias != nil {
		for c, v := range bias.Data() {
			shift[c] = float64(v)
		}
	}
	if e.scale != nil {
		area := weight.Dim(2) * weight.Dim(3)
		run := area // values of one output channel in a row
		if outAxis == 0 {
			run *= weight.Dim(1)
		}
		for i, v := range w {
			w[i] = float32(float64(v) * e.scale[i/run%channels])
		}
		for c := range shift {
			shift[c] = shift[c]*e.scale[c] + e.shift[c]
		}
	}
	newWeight = constant(weight, w)
	if bias != nil || e.scale != nil {
		values := make([]float32, channels)
		for c, v := range shift {
			values[c] = float32(v)
		}
		newBias = autograd.NewConstant(weight.Backend(), channels)
		newBias.Set(values)
	}
	return newWeight, newBias
}

// evaluated returns the values of a weight with spectral norm, which may be nil,
// applied.
func evaluated(s *spectralNorm, weight *autograd.Tensor) (values []float32) {
	if s == nil {
		return weight.Data()
	}
	if s.training {
		panic("nn.Fold: spectral norm in training mode, want SetTraining(false) first")
	}
	t := autograd.NewTape(weight.Backend())
	defer t.Reset()
	t.NoGrad(func() { values = s.normalize(t, weight).Data() })
	return values
}

// constant returns values as a leaf of the shape and on the backend of x.
func constant(x *autograd.Tensor, values []float32) *autograd.Tensor {
	c := autograd.NewConstant(x.Backend(), x.Shape()...)
	c.Set(values)
	return c
}
