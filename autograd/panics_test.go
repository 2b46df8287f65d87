package autograd_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	ag "github.com/org/trustmae/autograd"
)

// TestMistakes pins what programmers read when shapes are wrong.
func TestMistakes(t *testing.T) {
	b := newBackend(t)
	tape, other := ag.NewTape(b), ag.NewTape(b)
	of := func(shape ...int) *ag.Tensor { return ag.NewParameter(b, shape...) }
	view := tape.Reshape(of(4), 2, 2)
	tape.Reset()
	for want, f := range map[string]func(){
		"autograd.NewConstant: shape [2 0], want positive sizes": func() {
			ag.NewConstant(b, 2, 0)
		},
		"autograd.Input: 3 values, want 4 (shape [2 2])": func() {
			tape.Input([]float32{1, 2, 3}, 2, 2)
		},
		"autograd.Tensor.Set: 1 values, want 4 (shape [4])": func() {
			of(4).Set([]float32{1})
		},
		"autograd.Tensor.Item: shape [4], want one value": func() {
			of(4).Item()
		},
		"autograd.Tensor.Read: room for 2 values, want 4 (shape [4])": func() {
			of(4).Read(make([]float32, 2))
		},
		"autograd.Tensor.Set: tensor is the result of an operation, want a leaf": func() {
			tape.Square(of(1)).Set([]float32{1})
		},

		"autograd.Backward: output of shape [4], want one value": func() {
			tape.Backward(of(4))
		},
		"autograd.Backward: output depends on no parameter or variable, or was computed under NoGrad": func() {
			tape.Backward(tape.Full(1, 1))
		},
		"autograd.Backward: output was computed on another tape or before Tape.Reset": func() {
			tape.Backward(other.Square(of(1)))
		},
		"autograd.Square: tensor [1] was computed on another tape or before Tape.Reset": func() {
			tape.Square(other.Tanh(of(1)))
		},
		"autograd.Tanh: tensor [2 2] was computed on another tape or before Tape.Reset": func() {
			tape.Tanh(view)
		},
		"autograd.Add: shapes [2 3] and [4] do not broadcast": func() {
			tape.Add(of(2, 3), of(4))
		},
		"autograd.Expand: shape [2 3] does not broadcast to [2 1]": func() {
			tape.Expand(of(2, 3), 2, 1)
		},
		"autograd.Sum: axis 2 of input [2 3], want one of 2 axes": func() {
			tape.Sum(of(2, 3), 2)
		},
		"autograd.Mean: axis 1 given twice (input [2 3])": func() {
			tape.Mean(of(2, 3), 1, -1)
		},
		"autograd.Reshape: shape [4 -1] does not hold the 6 values of input [2 3]": func() {
			tape.Reshape(of(2, 3), 4, -1)
		},
		"autograd.Reshape: shape [-1 -1], want positive sizes and at most one -1": func() {
			tape.Reshape(of(2, 3), -1, -1)
		},
		"autograd.Permute: axes [0 0], want an order of the 2 axes of input [2 3]": func() {
			tape.Permute(of(2, 3), 0, 0)
		},
		"autograd.Concat: shapes [2 3] and [3 4] differ in more than axis 0": func() {
			tape.Concat(0, of(2, 3), of(3, 4))
		},
		"autograd.Concat: no tensors": func() {
			tape.Concat(0)
		},
		"autograd.Narrow: [1, 4) of axis 1 of input [2 3]": func() {
			tape.Narrow(of(2, 3), 1, 1, 3)
		},
		"autograd.MatMul: shapes [2 3] and [2 3] with {TransA:false TransB:false} do not match": func() {
			tape.MatMul(of(2, 3), of(2, 3), ag.MatMulParams{})
		},
		"autograd.MatMul: shapes [2] and [2 3], want two matrices": func() {
			tape.MatMul(of(2), of(2, 3), ag.MatMulParams{})
		},
		"autograd.Clamp: limits 1 and 0, want lower ≤ upper": func() {
			tape.Clamp(of(1), 1, 0)
		},
		"autograd.Conv2d: input has 4 channels, want 3 (input [2 4 8 8], weights [5 3 3 3])": func() {
			tape.Conv2d(of(2, 4, 8, 8), of(5, 3, 3, 3), nil, ag.Conv2dParams{})
		},
		"autograd.Conv2d: bias of shape [4], want [5] (weights [5 4 3 3])": func() {
			tape.Conv2d(of(2, 4, 8, 8), of(5, 4, 3, 3), of(4), ag.Conv2dParams{})
		},
		"autograd.Conv2d: input [4 8 8] and weights [5 4 3 3], want four axes each": func() {
			tape.Conv2d(of(4, 8, 8), of(5, 4, 3, 3), nil, ag.Conv2dParams{})
		},
		"autograd.Conv2d: slope -1, want at least 0": func() {
			tape.Conv2dLeakyReLU(of(1, 1, 3, 3), of(1, 1, 3, 3), nil, -1, ag.Conv2dParams{})
		},
		"autograd.ConvTranspose2d: input has 4 channels, want 5 (input [2 4 8 8], weights [5 4 3 3])": func() {
			tape.ConvTranspose2d(of(2, 4, 8, 8), of(5, 4, 3, 3), nil, ag.ConvTranspose2dParams{})
		},
		"autograd.ConvTranspose2d: output padding 1, want it from 0 to below the stride 1": func() {
			tape.ConvTranspose2d(of(1, 1, 2, 2), of(1, 1, 3, 3), nil, ag.ConvTranspose2dParams{OutputPadding: 1})
		},
		"autograd.ConvTranspose2d: output of 0×0, want at least 1×1 (input [1 1 1 1], weights [1 1 2 2], {Stride:0 Padding:1 OutputPadding:0 Dilation:0})": func() {
			tape.ConvTranspose2d(of(1, 1, 1, 1), of(1, 1, 2, 2), nil, ag.ConvTranspose2dParams{Padding: 1})
		},
		"autograd.MaxPool2d: kernel 2, stride 2, padding 2, want a padding of at most half the kernel": func() {
			tape.MaxPool2d(of(1, 1, 4, 4), ag.MaxPool2dParams{Kernel: 2, Padding: 2})
		},
		"autograd.MaxPool2d: input [1 1 2 2] is smaller than the kernel 3 with padding 0": func() {
			tape.MaxPool2d(of(1, 1, 2, 2), ag.MaxPool2dParams{Kernel: 3})
		},
		"autograd.PadReflect: padding 2, want it from 0 to below height and width (input [1 1 2 4])": func() {
			tape.PadReflect(of(1, 1, 2, 4), 2)
		},
		"autograd.ResizeBilinear: input [4], want at least two axes": func() {
			tape.ResizeBilinear(of(4), 2, 2)
		},
		"autograd.SSIM: shapes [1 2 3 3] and [1 2 3 4], want equal ones": func() {
			tape.SSIM(of(1, 2, 3, 3), of(1, 2, 3, 4), ag.SSIMParams{Taps: []float32{1}, C1: 1, C2: 1})
		},
		"autograd.SSIM: {Taps:[1 1] C1:1 C2:0}, want an odd number of taps, and C1 and C2 above 0": func() {
			tape.SSIM(of(1, 2, 3, 3), of(1, 2, 3, 3), ag.SSIMParams{Taps: []float32{1, 1}, C1: 1})
		},
		"autograd.UnitDistance: shapes [1 2 3 3] and [1 2 3 4], want [N,C,H,W] both": func() {
			tape.UnitDistance(of(1, 2, 3, 3), of(1, 2, 3, 4), of(1, 2, 1, 1), 0)
		},
		"autograd.UnitDistance: weights of shape [2], want [1 2 1 1] (input [1 2 3 3])": func() {
			tape.UnitDistance(of(1, 2, 3, 3), of(1, 2, 3, 3), of(2), 0)
		},
		"autograd.ReadMemory: latents of 3 values and slots of 4 (shapes [2 3] and [5 4])": func() {
			tape.ReadMemory(of(2, 3), of(5, 4), ag.MemoryParams{K: 1, Tau: 1})
		},
		"autograd.ReadMemory: {K:6 Eps:0 Tau:1}, want K from 1 to 5 and tau > 0": func() {
			tape.ReadMemory(of(2, 3), of(5, 3), ag.MemoryParams{K: 6, Tau: 1})
		},
		"autograd.FilterSeparable: 4 taps, want an odd number": func() {
			tape.FilterSeparable(of(4, 4), make([]float32, 4))
		},
		"autograd.BatchNorm: gamma or beta of shape [2], want [3]": func() {
			tape.BatchNorm(of(2, 3), of(2), nil, 1e-5, 1)
		},
		"autograd.BatchNorm: slope -1, want at least 0": func() {
			tape.BatchNorm(of(2, 3), nil, nil, 1e-5, -1)
		},
		"autograd.InstanceNorm: input [3], want [N,C,...]": func() {
			tape.InstanceNorm(of(3), 1e-5, 1)
		},
		"autograd.BatchNormInference: statistics of shapes [3] and [2], want [3] (input [2 3])": func() {
			tape.BatchNormInference(of(2, 3), of(3), of(2), nil, nil, 1e-5, 1)
		},
		"autograd.Softmax: input [3], want [rows,cols]": func() {
			tape.Softmax(of(3), nil)
		},
		"autograd.Softmax: mask of shape [3 2], want that of the input, [2 3]": func() {
			tape.Softmax(of(2, 3), of(3, 2))
		},
		"autograd.SmallestK: k = 4, want 1 to 3 (input [2 3])": func() {
			tape.SmallestK(of(2, 3), 4)
		},
	} {
		assert.PanicsWithValue(t, want, f, want)
	}
}
