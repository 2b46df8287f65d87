package autograd_test

import (
	"testing"

	ag "github.com/org/trustmae/autograd"
	"github.com/org/trustmae/autograd/gradcheck"
)

type tensors = []*ag.Tensor

// kinked suits functions with corners.
var kinked = gradcheck.Options{Kinks: 0.4}

// unary is a case of one input of 5×7 values in [lo, hi).
func unary(name string, f func(t *ag.Tape, x *ag.Tensor) *ag.Tensor, lo, hi float32, o gradcheck.Options) opCase {
	return opCase{name, func(t *ag.Tape, x tensors) *ag.Tensor { return f(t, x[0]) }, []span{in(lo, hi, 5, 7)}, o}
}

// binary gives the cases of an operation of two inputs: equal shapes and three
// ways of broadcasting.
func binary(name string, f func(t *ag.Tape, a, b *ag.Tensor) *ag.Tensor, lo, hi float32, o gradcheck.Options) []opCase {
	g := func(t *ag.Tape, x tensors) *ag.Tensor { return f(t, x[0], x[1]) }
	return []opCase{
		{name + "/equal", g, []span{in(lo, hi, 3, 5), in(lo, hi, 3, 5)}, o},
		{name + "/channels", g, []span{in(lo, hi, 2, 3, 4, 2), in(lo, hi, 1, 3, 1, 1)}, o},
		{name + "/fewer axes", g, []span{in(lo, hi, 4), in(lo, hi, 2, 3, 4)}, o},
		{name + "/both repeat", g, []span{in(lo, hi, 3, 1, 2), in(lo, hi, 1, 4, 1)}, o},
	}
}

// twice is a function applied to the same tensor on both sides.
func twice(f func(t *ag.Tape, a, b *ag.Tensor) *ag.Tensor) gradcheck.Func {
	return func(t *ag.Tape, x tensors) *ag.Tensor { return f(t, x[0], x[0]) }
}

func elementwiseCases() []opCase {
	cases := []opCase{
		unary("AddScalar", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.AddScalar(x, 3) }, -1, 1, gradcheck.Options{}),
		unary("MulScalar", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.MulScalar(x, -2.5) }, -1, 1, gradcheck.Options{}),
		unary("Neg", (*ag.Tape).Neg, -1, 1, gradcheck.Options{}),
		unary("Square", (*ag.Tape).Square, -1, 1, gradcheck.Options{}),
		unary("Sqrt", (*ag.Tape).Sqrt, 0.3, 2, gradcheck.Options{}),
		unary("Reciprocal", (*ag.Tape).Reciprocal, 0.4, 2, gradcheck.Options{}),
		unary("Exp", (*ag.Tape).Exp, -2, 1, gradcheck.Options{}),
		unary("Log", (*ag.Tape).Log, 0.3, 2, gradcheck.Options{}),
		unary("Tanh", (*ag.Tape).Tanh, -2, 2, gradcheck.Options{}),
		unary("Sigmoid", (*ag.Tape).Sigmoid, -3, 3, gradcheck.Options{}),
		unary("Abs", (*ag.Tape).Abs, -1, 1, kinked),
		unary("ReLU", (*ag.Tape).ReLU, -1, 1, kinked),
		unary("LeakyReLU", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.LeakyReLU(x, 0.2) }, -1, 1, kinked),
		unary("LeakyReLU/falling", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.LeakyReLU(x, -0.3) }, -1, 1, kinked),
		unary("Clamp", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Clamp(x, -0.4, 0.5) }, -1, 1, kinked),
		{"Add/itself", twice((*ag.Tape).Add), []span{in(-1, 1, 3, 4)}, gradcheck.Options{}},
		{"Mul/itself", twice((*ag.Tape).Mul), []span{in(-1, 1, 3, 4)}, gradcheck.Options{}},
		{"Div/itself", twice(func(t *ag.Tape, a, b *ag.Tensor) *ag.Tensor { return t.Div(t.Square(a), b) }), []span{in(0.5, 1, 3, 4)}, gradcheck.Options{}},
	}
	cases = append(cases, binary("Add", (*ag.Tape).Add, -1, 1, gradcheck.Options{})...)
	cases = append(cases, binary("Sub", (*ag.Tape).Sub, -1, 1, gradcheck.Options{})...)
	cases = append(cases, binary("Mul", (*ag.Tape).Mul, -1, 1, gradcheck.Options{})...)
	cases = append(cases, binary("Div", (*ag.Tape).Div, 0.5, 2, gradcheck.Options{})...)
	cases = append(cases, binary("Maximum", (*ag.Tape).Maximum, -1, 1, kinked)...)
	return append(cases, binary("Minimum", (*ag.Tape).Minimum, -1, 1, kinked)...)
}

func shapeCases() []opCase {
	image := []span{in(-1, 1, 2, 3, 5, 4)}
	one := func(name string, f func(t *ag.Tape, x *ag.Tensor) *ag.Tensor) opCase {
		return opCase{name, func(t *ag.Tape, x tensors) *ag.Tensor { return f(t, x[0]) }, image, gradcheck.Options{}}
	}
	concat := func(axis int) gradcheck.Func {
		return func(t *ag.Tape, x tensors) *ag.Tensor { return t.Concat(axis, x...) }
	}
	return []opCase{
		one("Sum", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Sum(x) }),
		one("Sum/0,2,3", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Sum(x, 0, 2, 3) }),
		one("Sum/-1", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Sum(x, -1) }),
		one("Mean", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Mean(x) }),
		one("Mean/1", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Mean(x, 1) }),
		one("Reshape", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Reshape(x, 6, -1) }),
		one("Permute", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Permute(x, 2, 0, 3, 1) }),
		one("Narrow/0", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Narrow(x, 0, 1, 1) }),
		one("Narrow/1", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Narrow(x, 1, 1, 2) }),
		one("Narrow/-1", func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Narrow(x, -1, 2, 2) }),
		{"Concat/0", concat(0), []span{in(-1, 1, 2, 3), in(-1, 1, 1, 3), in(-1, 1, 3, 3)}, gradcheck.Options{}},
		{"Concat/1", concat(1), []span{in(-1, 1, 2, 1, 3), in(-1, 1, 2, 4, 3)}, gradcheck.Options{}},
		{"Concat/itself", func(t *ag.Tape, x tensors) *ag.Tensor { return t.Concat(1, x[0], x[0]) }, []span{in(-1, 1, 2, 3)}, gradcheck.Options{}},
		{"Expand", func(t *ag.Tape, x tensors) *ag.Tensor { return t.Expand(x[0], 2, 3, 4, 5) }, []span{in(-1, 1, 3, 1, 5)}, gradcheck.Options{}},
	}
}

func matMulCases() []opCase {
	var cases []opCase
	for _, c := range []struct {
		name string
		p    ag.MatMulParams
		a, b []int
	}{
		{"MatMul", ag.MatMulParams{}, []int{3, 5}, []int{5, 4}},
		{"MatMul/TransA", ag.MatMulParams{TransA: true}, []int{5, 3}, []int{5, 4}},
		{"MatMul/TransB", ag.MatMulParams{TransB: true}, []int{3, 5}, []int{4, 5}},
		{"MatMul/both", ag.MatMulParams{TransA: true, TransB: true}, []int{5, 3}, []int{4, 5}},
	} {
		f := func(t *ag.Tape, x tensors) *ag.Tensor { return t.MatMul(x[0], x[1], c.p) }
		cases = append(cases, opCase{c.name, f, []span{in(-1, 1, c.a...), in(-1, 1, c.b...)}, gradcheck.Options{}})
	}
	return cases
}

// conv2d applies a convolution, with bias if there is a third input.
func conv2d(p ag.Conv2dParams) gradcheck.Func {
	return func(t *ag.Tape, x tensors) *ag.Tensor { return t.Conv2d(x[0], x[1], third(x), p) }
}

func convTranspose2d(p ag.ConvTranspose2dParams) gradcheck.Func {
	return func(t *ag.Tape, x tensors) *ag.Tensor { return t.ConvTranspose2d(x[0], x[1], third(x), p) }
}

// activatedConv2d is conv2d with a fused LeakyReLU.
func activatedConv2d(slope float32, p ag.Conv2dParams) gradcheck.Func {
	return func(t *ag.Tape, x tensors) *ag.Tensor { return t.Conv2dLeakyReLU(x[0], x[1], third(x), slope, p) }
}

func activatedConvTranspose2d(slope float32, p ag.ConvTranspose2dParams) gradcheck.Func {
	return func(t *ag.Tape, x tensors) *ag.Tensor {
		return t.ConvTranspose2dLeakyReLU(x[0], x[1], third(x), slope, p)
	}
}

func third(x tensors) *ag.Tensor {
	if len(x) < 3 {
		return nil
	}
	return x[2]
}

func convCases() []opCase {
	x, w, bias := in(-1, 1, 2, 3, 7, 6), in(-1, 1, 4, 3, 3, 3), in(-1, 1, 4)
	few := in(-1, 1, 1, 3, 4, 4) // few outputs, so that few kinks
	tx, tw, tbias := in(-1, 1, 2, 3, 4, 3), in(-1, 1, 3, 4, 4, 4), in(-1, 1, 4)
	return []opCase{
		{"Conv2d", conv2d(ag.Conv2dParams{}), []span{x, w}, gradcheck.Options{}},
		{"Conv2d/bias", conv2d(ag.Conv2dParams{Padding: 1}), []span{x, w, bias}, gradcheck.Options{}},
		{"Conv2d/stride", conv2d(ag.Conv2dParams{Stride: 2, Padding: 1}), []span{x, w}, gradcheck.Options{}},
		{"Conv2d/dilation", conv2d(ag.Conv2dParams{Dilation: 2, Padding: 2}), []span{x, w}, gradcheck.Options{}},
		{"Conv2d/1x1", conv2d(ag.Conv2dParams{}), []span{x, in(-1, 1, 4, 3, 1, 1), bias}, gradcheck.Options{}},
		{"Conv2d/ReLU", activatedConv2d(0, ag.Conv2dParams{}), []span{few, w}, kinked},
		{"Conv2d/LeakyReLU", activatedConv2d(0.2, ag.Conv2dParams{Stride: 2, Padding: 1}), []span{few, w, bias}, kinked},
		{"ConvTranspose2d/ReLU", activatedConvTranspose2d(0, ag.ConvTranspose2dParams{Stride: 2, Padding: 2}), []span{few, tw, tbias}, kinked},
		{"ConvTranspose2d/LeakyReLU", activatedConvTranspose2d(0.2, ag.ConvTranspose2dParams{Padding: 3}), []span{few, tw}, kinked},
		{"ConvTranspose2d", convTranspose2d(ag.ConvTranspose2dParams{}), []span{tx, tw}, gradcheck.Options{}},
		{"ConvTranspose2d/bias", convTranspose2d(ag.ConvTranspose2dParams{Stride: 2, Padding: 1}), []span{tx, tw, tbias}, gradcheck.Options{}},
		{"ConvTranspose2d/output padding", convTranspose2d(ag.ConvTranspose2dParams{Stride: 2, Padding: 1, OutputPadding: 1}), []span{tx, in(-1, 1, 3, 4, 3, 3)}, gradcheck.Options{}},
		{"ConvTranspose2d/dilation", convTranspose2d(ag.ConvTranspose2dParams{Dilation: 2, Padding: 1}), []span{tx, in(-1, 1, 3, 4, 3, 3)}, gradcheck.Options{}},
	}
}

func maxPool(p ag.MaxPool2dParams) gradcheck.Func {
	return func(t *ag.Tape, x tensors) *ag.Tensor { return t.MaxPool2d(x[0], p) }
}

func resize(h, w int) gradcheck.Func {
	return func(t *ag.Tape, x tensors) *ag.Tensor { return t.ResizeBilinear(x[0], h, w) }
}

func imageCases() []opCase {
	image := []span{in(-1, 1, 2, 3, 7, 6)}
	return []opCase{
		{"MaxPool2d", maxPool(ag.MaxPool2dParams{Kernel: 2}), image, kinked},
		{"MaxPool2d/overlap", maxPool(ag.MaxPool2dParams{Kernel: 3, Stride: 2, Padding: 1}), image, kinked},
		{"MaxPool2d/ceil", maxPool(ag.MaxPool2dParams{Kernel: 3, Stride: 2, CeilMode: true}), image, kinked},
		{"ResizeBilinear/up", resize(11, 13), image, gradcheck.Options{}},
		{"ResizeBilinear/down", resize(3, 4), image, gradcheck.Options{}},
		{"UnitLength", func(t *ag.Tape, x tensors) *ag.Tensor { return t.UnitLength(x[0], 1e-3) }, image, gradcheck.Options{}},
		{"ReadMemory", func(t *ag.Tape, x tensors) *ag.Tensor {
			y, _, d := t.ReadMemory(x[0], x[1], ag.MemoryParams{K: 2, Eps: 1e-6, Tau: 0.7})
			return t.Concat(0, t.Reshape(y, y.Len()), t.Reshape(d, d.Len()))
		}, []span{in(-1, 1, 3, 5), in(-1, 1, 4, 5)}, gradcheck.Options{}},
		{"SSIM", func(t *ag.Tape, x tensors) *ag.Tensor {
			return t.SSIM(x[0], x[1], ag.SSIMParams{Taps: []float32{0.2, 0.5, 0.3}, C1: 0.1, C2: 0.3})
		}, []span{in(-1, 1, 2, 4, 5), in(-1, 1, 2, 4, 5)}, gradcheck.Options{}},
		{"UnitDistance", func(t *ag.Tape, x tensors) *ag.Tensor { return t.UnitDistance(x[0], x[1], x[2], 1e-3) },
			[]span{in(-1, 1, 2, 3, 3, 2), in(-1, 1, 2, 3, 3, 2), in(0.5, 1.5, 1, 3, 1, 1)}, gradcheck.Options{}},
		{"PadReflect", func(t *ag.Tape, x tensors) *ag.Tensor { return t.PadReflect(x[0], 3) }, image, gradcheck.Options{}},
		{"FilterSeparable", func(t *ag.Tape, x tensors) *ag.Tensor {
			return t.FilterSeparable(x[0], []float32{0.1, 0.2, 0.5, -0.3, 0.4})
		}, image, gradcheck.Options{}},
	}
}

func normCases() []opCase {
	x, gamma, beta := in(-1, 2, 3, 2, 4, 3), in(0.5, 1.5, 2), in(-1, 1, 2)
	batch := func(slope float32) gradcheck.Func {
		return func(t *ag.Tape, x tensors) *ag.Tensor {
			var gamma, beta *ag.Tensor
			if len(x) == 3 {
				gamma, beta = x[1], x[2]
			}
			y, _, _ := t.BatchNorm(x[0], gamma, beta, 1e-5, slope)
			return y
		}
	}
	instance := func(slope float32) gradcheck.Func {
		return func(t *ag.Tape, x tensors) *ag.Tensor { return t.InstanceNorm(x[0], 1e-5, slope) }
	}
	inference := func(slope float32) gradcheck.Func {
		return func(t *ag.Tape, x tensors) *ag.Tensor {
			mean, variance := t.Input([]float32{0.3, -0.2}, 2), t.Input([]float32{0.5, 1.5}, 2)
			if len(x) == 1 {
				return t.BatchNormInference(x[0], mean, variance, nil, nil, 1e-5, slope)
			}
			return t.BatchNormInference(x[0], mean, variance, x[1], x[2], 1e-5, slope)
		}
	}
	return []opCase{
		{"BatchNorm", batch(1), []span{x, gamma, beta}, gradcheck.Options{}},
		{"BatchNorm/ReLU", batch(0), []span{x, gamma, beta}, gradcheck.Options{Step: 0.004, Kinks: 0.5}},
		{"BatchNorm/plain", batch(0.2), []span{x}, kinked},
		{"BatchNorm/rows", batch(1), []span{in(-1, 2, 6, 2), gamma, beta}, gradcheck.Options{}},
		{"BatchNorm/gamma only", func(t *ag.Tape, x tensors) *ag.Tensor {
			y, _, _ := t.BatchNorm(x[0], x[1], nil, 1e-5, 1)
			return y
		}, []span{x, gamma}, gradcheck.Options{}},
		{"BatchNorm/beta only", func(t *ag.Tape, x tensors) *ag.Tensor {
			y, _, _ := t.BatchNorm(x[0], nil, x[1], 1e-5, 1)
			return y
		}, []span{x, beta}, gradcheck.Options{}},
		{"InstanceNorm", instance(1), []span{x}, gradcheck.Options{}},
		{"InstanceNorm/LeakyReLU", instance(0.2), []span{x}, kinked},
		{"BatchNormInference", inference(1), []span{x, gamma, beta}, gradcheck.Options{}},
		{"BatchNormInference/LeakyReLU", inference(0.2), []span{x, gamma, beta}, kinked},
		{"BatchNormInference/plain", inference(0), []span{x}, kinked},
	}
}

func softmaxCases() []opCase {
	return []opCase{
		{"Softmax", func(t *ag.Tape, x tensors) *ag.Tensor { return t.Softmax(x[0], nil) }, []span{in(-2, 2, 4, 6)}, gradcheck.Options{}},
		{"Softmax/mask", func(t *ag.Tape, x tensors) *ag.Tensor {
			return t.Softmax(x[0], t.SmallestK(t.Input(ramp(24), 4, 6), 3))
		}, []span{in(-2, 2, 4, 6)}, gradcheck.Options{}},
	}
}

// ramp returns n values that rise and fall in no simple order.
func ramp(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i * 7 % 11)
	}
	return x
}

// TestGradients holds the gradient of every operation with respect to every
// input against numeric differences.
func TestGradients(t *testing.T) {
	b := newBackend(t)
	for _, group := range [][]opCase{elementwiseCases(), shapeCases(), matMulCases(), convCases(), imageCases(), normCases(), softmaxCases()} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) { gradcheck.Check(t, c.copied(), c.leaves(b), c.o) })
		}
	}
}
