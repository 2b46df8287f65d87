package nn

import (
	"fmt"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
)

// NormOptions are the options of the batch norms; start from [DefaultNorm], for
// every field is taken as it is.
type NormOptions struct {
	Eps      float32 // added to the variance
	Momentum float32 // weight of the new batch in the running statistics
	Affine   bool    // multiply by a weight and add a bias
	Slope    float32 // activation in the same pass: 1 none, 0 ReLU, else LeakyReLU
}

// DefaultNorm returns PyTorch's defaults (eps 1e-5, momentum 0.1, affine) with
// the slope of the activation that follows: 1 none, 0 ReLU, else LeakyReLU.
func DefaultNorm(slope float32) NormOptions {
	return NormOptions{Eps: 1e-5, Momentum: 0.1, Affine: true, Slope: slope}
}

// check panics where the options were not filled in.
func (o NormOptions) check(op string) {
	if !(o.Eps > 0) || !(o.Momentum >= 0 && o.Momentum <= 1) {
		panic(fmt.Sprintf("nn.%s: eps %v, momentum %v, want eps > 0 and momentum in 0–1; start from nn.DefaultNorm", op, o.Eps, o.Momentum))
	}
}

// BatchNorm2d normalises every channel to mean 0 and variance 1 over batch and
// positions, then applies Weight and Bias and the activation. In training the
// statistics are the batch's (biased variance), and the running ones take them
// in (unbiased variance); in evaluation the running ones are used.
type BatchNorm2d struct {
	Weight, Bias            *autograd.Tensor // [channels]; nil without Affine
	RunningMean, RunningVar *autograd.Tensor // [channels]

	channels int
	options  NormOptions
	training bool
}

// NewBatchNorm2d returns a batch norm with weight 1, bias 0, running mean 0 and
// variance 1.
func NewBatchNorm2d(b kernels.Backend, channels int, o NormOptions) *BatchNorm2d {
	o.check("NewBatchNorm2d")
	n := &BatchNorm2d{
		RunningMean: autograd.NewConstant(b, channels),
		RunningVar:  autograd.NewConstant(b, channels),
		channels:    channels, options: o, training: true,
	}
	fill(n.RunningVar, 1)
	if o.Affine {
		n.Weight, n.Bias = autograd.NewParameter(b, channels), autograd.NewParameter(b, channels)
		fill(n.Weight, 1)
	}
	return n
}

// Forward maps x [N,channels,H,W] to the same shape.
func (n *BatchNorm2d) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	return n.apply(t, x, n.Weight, n.Bias, n.options.Slope)
}

// apply normalises x and updates the running statistics.
func (n *BatchNorm2d) apply(t *autograd.Tape, x, gamma, beta *autograd.Tensor, slope float32) *autograd.Tensor {
	checkImages("BatchNorm2d", x, n.channels)
	if !n.training {
		return t.BatchNormInference(x, n.RunningMean, n.RunningVar, gamma, beta, n.options.Eps, slope)
	}
	count := x.Len() / n.channels
	if count < 2 {
		panic(fmt.Sprintf("nn.BatchNorm2d: 1 value per channel while training, want more (input %v)", x.Shape()))
	}
	y, mean, variance := t.BatchNorm(x, gamma, beta, n.options.Eps, slope)
	m := n.options.Momentum
	unbiased := m * float32(count) / float32(count-1)
	t.Backend().Blend(
		[]kernels.Buffer{n.RunningMean.Buffer(), n.RunningVar.Buffer()},
		[]kernels.Buffer{mean.Buffer(), variance.Buffer()}, 1-m, []float32{m, unbiased})
	release(mean, variance)
	return y
}

// State lists weight, bias, running_mean and running_var. PyTorch's
// num_batches_tracked is not kept: nothing depends on it.
func (n *BatchNorm2d) State() []Entry {
	var entries []Entry
	if n.Weight != nil {
		entries = append(entries, Entry{Name: "weight", Tensor: n.Weight}, Entry{Name: "bias", Tensor: n.Bias})
	}
	return append(entries,
		Entry{Name: "running_mean", Tensor: n.RunningMean, Buffer: true},
		Entry{Name: "running_var", Tensor: n.RunningVar, Buffer: true})
}

// SetTraining chooses between statistics of the batch and running ones.
func (n *BatchNorm2d) SetTraining(on bool) { n.training = on }
