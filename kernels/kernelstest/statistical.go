package kernelstest

import (
	"fmt"
	"math"

	"github.com/org/trustmae/kernels"
)

var reductions = []struct {
	shape   []int
	reduced []bool
}{
	{[]int{}, []bool{}},
	{[]int{1}, []bool{true}},
	{[]int{1, 1}, []bool{true, false}},
	{[]int{1000}, []bool{true}},
	{[]int{300000}, []bool{true}},
	{[]int{1000}, []bool{false}},
	{[]int{33, 17}, []bool{false, true}},
	{[]int{33, 17}, []bool{true, false}},
	{[]int{3, 70000}, []bool{false, true}},
	{[]int{3, 70000}, []bool{true, false}},
	{[]int{70000, 3}, []bool{true, false}},
	{[]int{70000, 3}, []bool{false, true}},
	{[]int{4, 5, 9, 8}, []bool{true, false, true, true}}, // per channel
	{[]int{4, 3, 180, 190}, []bool{true, false, true, true}},
	{[]int{4, 5, 9, 8}, []bool{false, true, false, false}}, // over channels
	{[]int{3, 64, 40, 40}, []bool{false, true, false, false}},
	{[]int{4, 5, 9, 8}, []bool{false, false, true, true}},
	{[]int{4, 5, 9, 8}, []bool{false, true, true, false}},
	{[]int{4, 5, 9, 8}, []bool{true, false, true, false}},
	{[]int{4, 1, 9, 1}, []bool{false, true, true, false}},
	{[]int{2, 3, 2, 3, 2, 3}, []bool{true, false, true, false, false, true}},
	{[]int{5, 2000}, []bool{true, false}},
	{[]int{1500, 130}, []bool{true, false}},
}

func reduceCases(s *source) []call {
	var list []call
	for op := range kernels.ReduceOps {
		for _, c := range reductions {
			n := product(c.shape)
			list = append(list, reduceCase(op, c.shape, c.reduced, s.normal(n), "normal"),
				reduceCase(op, c.shape, c.reduced, s.with(s.normal(n), nan32), "nan"),
				reduceCase(op, c.shape, c.reduced, s.with(s.normal(n), -inf32), "inf"))
		}
		for n := 1; n < 100; n++ {
			list = append(list, reduceCase(op, []int{2, n}, []bool{false, true}, s.normal(2*n), "normal"),
				reduceCase(op, []int{2, n}, []bool{true, false}, s.normal(2*n), "normal"))
		}
	}
	return list
}

func reduceCase(op kernels.ReduceOp, shape []int, reduced []bool, x []float32, kind string) call {
	outputs := 1
	for a, size := range shape {
		if !reduced[a] {
			outputs *= size
		}
	}
	want := make([]float64, outputs)
	if op == kernels.Largest {
		for i := range want {
			want[i] = math.Inf(-1)
		}
	}
	for i, v := range x {
		at, stride, rest := 0, 1, i
		for a := len(shape) - 1; a >= 0; a-- {
			if !reduced[a] {
				at += rest % shape[a] * stride
				stride *= shape[a]
			}
			rest /= shape[a]
		}
		if op == kernels.Largest {
			want[at] = max(want[at], float64(v))
		} else {
			want[at] += float64(v)
		}
	}
	return call{
		// Sums are rounded once: what float64 accumulation gives, to within the
		// smallest sums' cancellation.
		name: fmt.Sprintf("%v/%v,%v,%s", op, shape, reduced, kind), operands: []operand{outScaled(want, sumScale(want))}, tol: ulp,
		run: func(b kernels.Backend, y []kernels.Buffer) { b.Reduce(op, y[0], y[1], shape, reduced) },
	}.withInput(x)
}

// withInput adds an input.
func (c call) withInput(x []float32) call {
	c.operands = append(c.operands, in(x))
	return c
}

// sumScale is the magnitude against which a sum's error counts.
func sumScale(want []float64) []float64 {
	scale := make([]float64, len(want))
	for i, v := range want {
		scale[i] = max(math.Abs(v), 1)
	}
	return scale
}

var normShapes = []kernels.NormShape{
	{N: 1, C: 1, HW: 1, Eps: 1e-5, Slope: 1},
	{N: 2, C: 3, HW: 7, Eps: 1e-5, Slope: 1},
	{N: 2, C: 3, HW: 7, Eps: 1e-5, Slope: 0},
	{N: 3, C: 5, HW: 64, Eps: 1e-5, Slope: 0.2},
	{N: 1, C: 40, HW: 33, Eps: 1e-3, Slope: 0.2},
	{N: 4, C: 2, HW: 1, Eps: 1e-5, Slope: 0},
	{N: 2, C: 1, HW: 70000, Eps: 1e-5, Slope: 0},
	{N: 5, C: 260, HW: 50, Eps: 1e-5, Slope: 0.2},
	{N: 1, C: 3, HW: 15, Eps: 1e-5, Slope: 0},
	{N: 1, C: 3, HW: 16, Eps: 1e-5, Slope: 0.2},
	{N: 1, C: 3, HW: 17, Eps: 1e-5, Slope: 1},
	{N: 1, C: 3, HW: 129, Eps: 1e-5, Slope: 0},
}

func normCases(s *source) []call {
	var list []call
	for _, c := range normShapes {
		n := c.N * c.C * c.HW
		list = append(list, normCase(s, c, true, s.normal(n), "normal"), normCase(s, c, false, shifted(s.normal(n), 1000), "shifted"),
			normCase(s, c, true, shifted(make([]float32, n), 0.1), "constant"), normCase(s, c, true, s.with(s.normal(n), nan32), "nan"),
			normCase(s, c, false, s.with(s.normal(n), inf32), "inf"), normCase(s, c, true, first(s.normal(n), -inf32), "inf at first"))
		for _, affine := range []bool{true, false} {
			list = append(list, applyCase(s, c, affine), gradCase(s, c, affine))
		}
	}
	return list
}

// first puts v in the place by which a backend may judge the others.
func first(x []float32, v float32) []float32 {
	x[0] = v
	return x
}

func shifted(x []float32, by float32) []float32 {
	for i := range x {
		x[i] += by
	}
	return x
}

// moments is the reference of statistics, in two passes.
func moments(c kernels.NormShape, x []float32) (mean, variance []float64) {
	mean, variance = make([]float64, c.C), make([]float64, c.C)
	count := float64(c.N * c.HW)
	for i, v := range x {
		mean[i/c.HW%c.C] += float64(v) / count
	}
	for i, v := range x {
		k := i / c.HW % c.C
		d := float64(v) - mean[k]
		variance[k] += d * d / count
	}
	return mean, variance
}

// normCase checks statistics and result, and that the latter is NormApply's.
func normCase(s *source, c kernels.NormShape, affine bool, x []float32, kind string) call {
	mean, variance := moments(c, x)
	small := make([]float64, c.C)
	for i, v := range mean {
		small[i] = math.Sqrt(variance[i])/8 + math.Abs(v)
	}
	// The variance must be accurate in itself, however large the mean.
	tiny := make([]float64, c.C)
	for i, v := range variance {
		tiny[i] = v + 1e-12
	}
	gamma, beta := s.normal(c.C), s.normal(c.C)
	want, scale, nothing := make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
	for i, v := range x {
		k := i / c.HW % c.C
		factor, shift := 1/math.Sqrt(variance[k]+float64(c.Eps)), 0.
		if affine {
			factor, shift = factor*float64(gamma[k]), float64(beta[k])
		}
		u := factor*(float64(v)-mean[k]) + shift
		want[i], nothing[i] = leaky(u, float64(c.Slope)), u-u
		scale[i] = math.Abs(u) + 1 + math.Abs(factor)*small[k] // the mean is rounded
	}
	operands := []operand{outScaled(want, scale), out(nothing), outScaled(mean, small), outScaled(variance, tiny), in(x)}
	if affine {
		operands = append(operands, in(gamma), in(beta))
	}
	return call{
		name: fmt.Sprintf("Norm/%+v,affine=%t/%s", c, affine, kind), operands: operands, tol: 8 * ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) {
			x = append(x, nil, nil)
			y, again, mean, variance, from, gamma, beta := x[0], x[1], x[2], x[3], x[4], x[5], x[6]
			b.Norm(y, mean, variance, from, gamma, beta, c)
			b.NormApply(again, from, mean, variance, gamma, beta, c)
			n := []int{again.Len()}
			b.Binary(kernels.Sub, again, again, y, n, []int{1}, []int{1}, 0)
		},
	}
}

// normInputs makes x with its statistics and gamma and beta.
func normInputs(s *source, c kernels.NormShape) (x, mean, variance, gamma, beta []float32) {
	x = shifted(s.normal(c.N*c.C*c.HW), 0.5)
	m, v := moments(c, x)
	for i := range m {
		mean, variance = append(mean, float32(m[i])), append(variance, float32(v[i]))
	}
	return x, mean, variance, s.normal(c.C), s.normal(c.C)
}

func applyCase(s *source, c kernels.NormShape, affine bool) call {
	x, mean, variance, gamma, beta := normInputs(s, c)
	x = s.with(x, nan32)
	want, scale := make([]float64, len(x)), make([]float64, len(x))
	for i, v := range x {
		k := i / c.HW % c.C
		u := (float64(v) - float64(mean[k])) / math.Sqrt(float64(variance[k])+float64(c.Eps))
		if affine {
			u = u*float64(gamma[k]) + float64(beta[k])
		}
		want[i] = leaky(u, float64(c.Slope))
		scale[i] = math.Abs(u) + 1
	}
	operands := []operand{outScaled(want, scale), in(x), in(mean), in(variance)}
	if affine {
		operands = append(operands, in(gamma), in(beta))
	}
	return call{
		name: fmt.Sprintf("NormApply/%+v,affine=%t", c, affine), operands: operands, tol: 8 * ulp, inPlace: [][2]int{{0, 1}},
		run: func(b kernels.Backend, x []kernels.Buffer) {
			x = append(x, nil, nil)
			b.NormApply(x[0], x[1], x[2], x[3], x[4], x[5], c)
		},
	}
}

func gradCase(s *source, c kernels.NormShape, affine bool) call {
	x, mean, variance, gamma, beta := normInputs(s, c)
	dy := s.normal(len(x))
	count := float64(c.N * c.HW)
	dgamma, dbeta, sizes := make([]float64, c.C), make([]float64, c.C), make([]float64, c.C)
	dz, hat := make([]float64, len(x)), make([]float64, len(x))
	for i, v := range x {
		k := i / c.HW % c.C
		hat[i] = (float64(v) - float64(mean[k])) / math.Sqrt(float64(variance[k])+float64(c.Eps))
		z, d := hat[i], float64(dy[i])
		if affine {
			z = z*float64(gamma[k]) + float64(beta[k])
		}
		if c.Slope != 1 && math.Abs(z) < 1e-5 {
			dy[i], d = 0, 0 // too close to the kink to tell the side
		}
		if !(z > 0) {
			d *= float64(c.Slope)
		}
		dz[i] = d
		dgamma[k] += d * hat[i]
		dbeta[k] += d
		sizes[k] += math.Abs(d*hat[i]) + math.Abs(d)
	}
	want, scale := make([]float64, len(x)), make([]float64, len(x))
	for i := range x {
		k := i / c.HW % c.C
		factor := 1 / math.Sqrt(float64(variance[k])+float64(c.Eps))
		if affine {
			factor *= float64(gamma[k])
		}
		want[i] = factor * (dz[i] - dbeta[k]/count - hat[i]*dgamma[k]/count)
		scale[i] = math.Abs(factor)*(math.Abs(dz[i])+1+math.Abs(hat[i])) + 1
	}
	operands := []operand{outScaled(want, scale)}
	if affine {
		operands = append(operands, outScaled(dgamma, sizes), outScaled(dbeta, sizes))
	}
	dyAt := len(operands)
	operands = append(operands, in(dy), in(x), in(mean), in(variance))
	if affine {
		operands = append(operands, in(gamma), in(beta))
	}
	return call{
		name: fmt.Sprintf("NormBackward/%+v,affine=%t", c, affine), operands: operands, tol: 8 * ulp, inPlace: [][2]int{{0, dyAt}},
		run: func(b kernels.Backend, x []kernels.Buffer) {
			if affine {
				b.NormBackward(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], c)
			} else {
				b.NormBackward(x[0], nil, nil, x[1], x[2], x[3], x[4], nil, nil, c)
			}
		},
	}
}
