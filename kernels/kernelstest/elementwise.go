package kernelstest

import (
	"fmt"
	"math"
	"slices"

	"github.com/org/trustmae/kernels"
)

// ulp is the distance of neighbouring float32 values relative to the smaller
// end of their binade.
const ulp = 0x1p-23

func storageCases(s *source) []call {
	var list []call
	for _, n := range lengths {
		list = append(list, fillCase(n, 2.5))
	}
	for _, c := range []copying{
		{1, 1, 1, 1}, {3, 5, 5, 5}, {3, 5, 9, 5}, {4, 7, 7, 11}, {5, 3, 4, 0}, {2, 70000, 70001, 70000}, {3000, 40, 80, 41},
	} {
		list = append(list, copyCase(s, c))
	}
	return list
}

func fillCase(n int, v float32) call {
	want := make([]float64, n)
	for i := range want {
		want[i] = float64(v)
	}
	return call{
		name: fmt.Sprintf("Fill/%d", n), operands: []operand{out(want)}, unsized: true,
		run: func(b kernels.Backend, x []kernels.Buffer) { b.Fill(x[0], v) },
	}
}

// copying is Copy2d's shape.
type copying struct{ rows, cols, yStride, xStride int }

func copyCase(s *source, c copying) call {
	src := s.wild((c.rows-1)*c.xStride + c.cols)
	before := s.normal((c.rows-1)*c.yStride + c.cols)
	want := wide(before)
	for r := range c.rows {
		for i := range c.cols {
			want[r*c.yStride+i] = float64(src[r*c.xStride+i])
		}
	}
	return call{
		name: fmt.Sprintf("Copy2d/%+v", c), operands: []operand{update(before, want), in(src)},
		run: func(b kernels.Backend, x []kernels.Buffer) {
			b.Copy2d(x[0], x[1], c.rows, c.cols, c.yStride, c.xStride)
		},
	}
}

// unary is the reference of every function.
func unary(op kernels.UnaryOp, x, a, b float64) float64 {
	switch op {
	case kernels.Affine:
		return a*x + b
	case kernels.Abs:
		return math.Abs(x)
	case kernels.Sign:
		return sign(x)
	case kernels.Square:
		return x * x
	case kernels.Sqrt:
		return math.Sqrt(x)
	case kernels.Reciprocal:
		return 1 / x
	case kernels.Exp:
		return math.Exp(x)
	case kernels.Log:
		return math.Log(x)
	case kernels.Tanh:
		return math.Tanh(x)
	case kernels.Sigmoid:
		return 1 / (1 + math.Exp(-x))
	case kernels.LeakyReLU:
		return leaky(x, a)
	case kernels.Clamp:
		if x < a {
			x = a
		}
		if x > b {
			x = b
		}
		return x
	}
	panic("kernelstest: no reference for " + op.String())
}

func sign(x float64) float64 {
	if x > 0 {
		return 1
	} else if x < 0 {
		return -1
	}
	return x
}

func leaky(x, slope float64) float64 {
	switch {
	case !(x < 0):
		return x
	case slope == 0:
		return 0
	}
	return slope * x
}

// unaryTolerance: functions of the processor are exact, polynomials are not.
func unaryTolerance(op kernels.UnaryOp) float64 {
	switch op {
	case kernels.Exp, kernels.Tanh, kernels.Sigmoid, kernels.Log:
		return 4 * ulp
	case kernels.Affine:
		return ulp
	}
	return 0
}

func unaryCases(s *source) []call {
	var list []call
	for op := range kernels.UnaryOps {
		for k, n := range lengths {
			list = append(list, unaryCase(s, op, n, []float32{0.2, 0, -1.5}[k%3]))
		}
	}
	return list
}

func unaryCase(s *source, op kernels.UnaryOp, n int, a float32) call {
	const b = float32(0.75)
	if op == kernels.Clamp {
		a = -1
	}
	x := s.wild(n)
	want, scale := make([]float64, n), make([]float64, n)
	for i, v := range x {
		want[i] = unary(op, float64(v), float64(a), float64(b))
		scale[i] = math.Abs(want[i])
		if op == kernels.Affine {
			scale[i] = math.Abs(float64(a)*float64(v)) + math.Abs(float64(b))
		}
	}
	return call{
		name:     fmt.Sprintf("%v/a=%g/%d", op, a, n),
		operands: []operand{outScaled(want, scale), in(x)}, tol: unaryTolerance(op), inPlace: [][2]int{{0, 1}},
		run: func(be kernels.Backend, x []kernels.Buffer) { be.Unary(op, x[0], x[1], a, b) },
	}
}

func updateCases(s *source) []call {
	var list []call
	for _, n := range lengths {
		list = append(list, addScaledCase(s, n))
	}
	return slices.Concat(list, blendCases(s), adamCases(s))
}

func addScaledCase(s *source, n int) call {
	y, x := s.wild(n), s.wild(n)
	want, scale := make([]float64, n), make([]float64, n)
	for i := range want {
		term := float64(float32(0.7)) * float64(x[i])
		want[i], scale[i] = float64(y[i])+term, math.Abs(float64(y[i]))+math.Abs(term)
	}
	o := update(y, want)
	o.scale = scale
	return call{
		name: fmt.Sprintf("AddScaled/%d", n), operands: []operand{o, in(x)}, tol: ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) { b.AddScaled(x[0], x[1], 0.7) },
	}
}
