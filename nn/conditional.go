package nn

import (
	"fmt"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
)

// ConditionalBatchNorm2d is a batch norm without weight and bias of its own,
// followed by those of the image's class: rows of an embedding, as in SN-GAN's
// class-conditional generator (Dumoulin et al., "A learned representation for
// artistic style", 2017). With one class it computes the very bits of an affine
// [BatchNorm2d].
type ConditionalBatchNorm2d struct {
	Weight, Bias            *autograd.Tensor // [classes,channels]
	RunningMean, RunningVar *autograd.Tensor // [channels]

	norm   *BatchNorm2d
	slope  float32
	set    int                      // images that SetClasses was told of; 0: none
	oneHot map[int]*autograd.Tensor // [N,classes] by N: the classes last set for N images
}

// NewConditionalBatchNorm2d returns a norm with weight 1, bias 0, running mean 0
// and variance 1. o.Affine must be true: weight and bias are the point.
func NewConditionalBatchNorm2d(b kernels.Backend, classes, channels int, o NormOptions) *ConditionalBatchNorm2d {
	if !o.Affine {
		panic("nn.NewConditionalBatchNorm2d: options without Affine, want it; start from nn.DefaultNorm")
	}
	o.Affine = false
	norm := NewBatchNorm2d(b, channels, o)
	c := &ConditionalBatchNorm2d{
		Weight:      autograd.NewParameter(b, classes, channels),
		Bias:        autograd.NewParameter(b, classes, channels),
		RunningMean: norm.RunningMean, RunningVar: norm.RunningVar,
		norm: norm, slope: o.Slope,
		oneHot: make(map[int]*autograd.Tensor),
	}
	fill(c.Weight, 1)
	return c
}

// SetClasses sets the class of every image of the batches to come; nil means
// class 0 for all. It brings them to the device, in the place of those set before
// for as many images, so that what was recorded since must have been
// differentiated. Goroutines that share the module must agree on it.
func (c *ConditionalBatchNorm2d) SetClasses(ids []int) {
	for _, id := range ids {
		if id < 0 || id >= c.Weight.Dim(0) {
			panic(fmt.Sprintf("nn.ConditionalBatchNorm2d.SetClasses: class %d, want 0–%d", id, c.Weight.Dim(0)-1))
		}
	}
	if c.set = len(ids); c.set == 0 || c.Weight.Dim(0) == 1 {
		return
	}
	x := c.oneHot[len(ids)]
	if x == nil {
		x = autograd.NewConstant(c.Weight.Backend(), len(ids), c.Weight.Dim(0))
		c.oneHot[len(ids)] = x
	}
	x.Set(oneHot(ids, c.Weight.Dim(0)))
}

// oneHot returns the matrix [len(ids),classes] with a 1 at every id.
func oneHot(ids []int, classes int) []float32 {
	m := make([]float32, len(ids)*classes)
	for i, id := range ids {
		m[i*classes+id] = 1
	}
	return m
}

// Forward maps x [N,channels,H,W] to the same shape.
func (c *ConditionalBatchNorm2d) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	checkImages("ConditionalBatchNorm2d", x, c.norm.channels)
	if c.set != 0 && c.set != x.Dim(0) {
		panic(fmt.Sprintf("nn.ConditionalBatchNorm2d: %d classes set, want one per image (input %v)", c.set, x.Shape()))
	}
	if c.Weight.Dim(0) == 1 {
		gamma, beta := t.Reshape(c.Weight, c.norm.channels), t.Reshape(c.Bias, c.norm.channels)
		return c.norm.apply(t, x, gamma, beta, c.slope)
	}
	kept := t.Scope(func() []*autograd.Tensor {
		classes := c.oneHot[c.set]
		if c.set == 0 {
			classes = t.Input(oneHot(make([]int, x.Dim(0)), c.Weight.Dim(0)), x.Dim(0), c.Weight.Dim(0))
		}
		y := c.norm.apply(t, x, nil, nil, 1)
		y = t.Add(t.Mul(y, rows(t, classes, c.Weight)), rows(t, classes, c.Bias))
		if c.slope != 1 {
			y = t.LeakyReLU(y, c.slope)
		}
		return []*autograd.Tensor{y}
	})
	return kept[0]
}

// rows returns the row of table [classes,channels] of every image as
// [N,channels,1,1]: the product with the one-hot matrix [N,classes], which has a
// gradient.
func rows(t *autograd.Tape, oneHot, table *autograd.Tensor) *autograd.Tensor {
	picked := t.MatMul(oneHot, table, autograd.MatMulParams{})
	return t.Reshape(picked, oneHot.Dim(0), table.Dim(1), 1, 1)
}

// State lists weight, bias, running_mean and running_var.
func (c *ConditionalBatchNorm2d) State() []Entry {
	return append([]Entry{{Name: "weight", Tensor: c.Weight}, {Name: "bias", Tensor: c.Bias}}, c.norm.State()...)
}

// SetTraining chooses between statistics of the batch and running ones.
func (c *ConditionalBatchNorm2d) SetTraining(on bool) { c.norm.SetTraining(on) }
