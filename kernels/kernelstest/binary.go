package kernelstest

import (
	"fmt"
	"math"

	"github.com/org/trustmae/kernels"
)

// binary is the reference of every function, with the magnitude of its terms.
func binary(op kernels.BinaryOp, p, q, alpha float64) (value, scale float64) {
	switch op {
	case kernels.Add:
		return p + q, math.Abs(p) + math.Abs(q)
	case kernels.Sub:
		return p - q, math.Abs(p) + math.Abs(q)
	case kernels.Mul:
		return p * q, math.Abs(p * q)
	case kernels.Div:
		return p / q, math.Abs(p / q)
	case kernels.Max:
		return max(p, q), 0
	case kernels.Min:
		return min(p, q), 0
	case kernels.LessEqual:
		if p <= q {
			return 1, 0
		}
		return 0, 0
	case kernels.LeakyReLUGrad:
		if p > 0 {
			return q, 0
		}
		return alpha * q, math.Abs(alpha * q)
	case kernels.AbsGrad:
		return q * sign(p), 0
	case kernels.TanhGrad:
		return q * (1 - p*p), math.Abs(q) * (1 + p*p)
	case kernels.SigmoidGrad:
		return q * (p * (1 - p)), math.Abs(q*p) * (1 + math.Abs(p))
	}
	panic("kernelstest: no reference for " + op.String())
}

// broadcast is a shape with the two operands' strides.
type broadcast struct{ shape, p, q []int }

// broadcasts are the forms that programs use and some that they do not.
var broadcasts = []broadcast{
	{[]int{}, []int{}, []int{}},
	{[]int{1, 1}, []int{1, 1}, []int{0, 0}},
	{[]int{2, 3, 5, 7}, []int{105, 35, 7, 1}, []int{105, 35, 7, 1}},
	{[]int{2, 3, 5, 7}, []int{105, 35, 7, 1}, []int{0, 1, 0, 0}},         // per channel
	{[]int{2, 3, 5, 7}, []int{0, 1, 0, 0}, []int{105, 35, 7, 1}},         // the same, first operand
	{[]int{3, 4, 17}, []int{68, 17, 1}, []int{0, 17, 1}},                 // outer repeat
	{[]int{3, 4, 17}, []int{68, 17, 1}, []int{17, 0, 1}},                 // middle repeat
	{[]int{33, 20}, []int{20, 1}, []int{1, 0}},                           // a value for each row
	{[]int{33, 20}, []int{20, 1}, []int{0, 0}},                           // one value
	{[]int{9, 50}, []int{0, 0}, []int{0, 0}},                             // only one value on both sides
	{[]int{13, 40}, []int{1, 13}, []int{40, 1}},                          // transposed
	{[]int{5, 6, 7}, []int{1, 35, 5}, []int{3, 0, 30}},                   // odd
	{[]int{3, 1 << 16, 1}, []int{1 << 16, 1, 1}, []int{1, 0, 7}},         // long rows
	{[]int{2, 3, 40000}, []int{120000, 40000, 1}, []int{0, 40000, 1}},    // long rows repeated
	{[]int{1<<16 + 35, 2}, []int{2, 1}, []int{0, 1}},                     // many short rows
	{[]int{40, 16, 65}, []int{16 * 65, 65, 1}, []int{16 * 65, 65, 1}},    // contiguous
	{[]int{4, 1, 30, 1}, []int{30, 9, 1, 4}, []int{0, 3, 1, 2}},          // axes of size 1
	{[]int{600, 3}, []int{7, 2}, []int{1, 600}},                          // gaps
	{[]int{2, 1100}, []int{3300, 3}, []int{0, 0}},                        // long gaps
	{[]int{1<<16 + 17}, []int{1}, []int{1}},                              // a little over a chunk
	{[]int{1<<16 + 17}, []int{1}, []int{0}},                              // with one value
	{[]int{7, 8, 16}, []int{128, 16, 1}, []int{128, 16, 1}},              // whole registers
	{[]int{2, 16, 8, 8}, []int{1024, 64, 8, 1}, []int{0, 1, 0, 0}},       // whole registers per channel
	{[]int{2, 5, 63}, []int{315, 63, 1}, []int{5, 1, 0}},                 // gate
	{[]int{2, 5, 63}, []int{315, 63, 1}, []int{63, 0, 1}},                // map
	{[]int{4, 3, 2, 5, 6}, []int{0, 60, 0, 6, 1}, []int{6, 0, 24, 0, 1}}, // five axes
}

func reach(shape, stride []int) int {
	n := 1
	for i, s := range stride {
		n += (shape[i] - 1) * s
	}
	return n
}

func contiguous(shape, stride []int) bool {
	expected := 1
	for i := len(shape) - 1; i >= 0; i-- {
		if stride[i] != expected {
			return false
		}
		expected *= shape[i]
	}
	return true
}

// walk calls visit with the output index and both operands' offsets.
func (c broadcast) walk(visit func(i, p, q int)) {
	for i := range product(c.shape) {
		rest, p, q := i, 0, 0
		for a := len(c.shape) - 1; a >= 0; a-- {
			k := rest % c.shape[a]
			rest /= c.shape[a]
			p, q = p+k*c.p[a], q+k*c.q[a]
		}
		visit(i, p, q)
	}
}

func binaryCases(s *source) []call {
	var list []call
	for op := range kernels.BinaryOps {
		for k, c := range broadcasts {
			list = append(list, binaryCase(s, op, c, []float32{0.2, 0}[k%2]))
		}
		for _, n := range lengths {
			list = append(list, binaryCase(s, op, broadcast{[]int{n}, []int{1}, []int{1}}, 0.2),
				binaryCase(s, op, broadcast{[]int{n}, []int{0}, []int{1}}, 0.2),
				binaryCase(s, op, broadcast{[]int{n}, []int{1}, []int{0}}, 0.2))
		}
	}
	return list
}

func binaryCase(s *source, op kernels.BinaryOp, c broadcast, alpha float32) call {
	p, q := s.wild(reach(c.shape, c.p)), s.wild(reach(c.shape, c.q))
	// Ties matter to comparisons.
	for i := 0; i < min(len(p), len(q)); i += 3 {
		q[i] = p[i]
	}
	want, scale := make([]float64, product(c.shape)), make([]float64, product(c.shape))
	c.walk(func(i, ip, iq int) {
		want[i], scale[i] = binary(op, float64(p[ip]), float64(q[iq]), float64(alpha))
	})
	tol := 0.0
	if op >= kernels.TanhGrad {
		tol = 2 * ulp
		overflow(want, p, q, c, op)
	}
	var inPlace [][2]int
	if contiguous(c.shape, c.p) {
		inPlace = append(inPlace, [2]int{0, 1})
	}
	if contiguous(c.shape, c.q) {
		inPlace = append(inPlace, [2]int{0, 2})
	}
	return call{
		name:     fmt.Sprintf("%v/%v,%v,%v", op, c.shape, c.p, c.q),
		operands: []operand{outScaled(want, scale), in(p), in(q)}, tol: tol, inPlace: inPlace,
		run: func(b kernels.Backend, x []kernels.Buffer) {
			b.Binary(op, x[0], x[1], x[2], c.shape, c.p, c.q, alpha)
		},
	}
}

// overflow replaces references whose intermediate values leave the range of
// float32 by what single precision gives.
func overflow(want []float64, p, q []float32, c broadcast, op kernels.BinaryOp) {
	c.walk(func(i, ip, iq int) {
		u, v := p[ip], q[iq]
		if single := u * u; single-single != 0 {
			if op == kernels.TanhGrad {
				want[i] = float64(v * (1 - u*u))
			} else {
				want[i] = float64(v * (u * (1 - u)))
			}
		}
	})
}
