package kernelstest

import (
	"fmt"
	"math"
	"sort"

	"github.com/org/trustmae/kernels"
)

func rowCases(s *source) []call {
	var list []call
	for _, c := range []struct{ rows, cols int }{{1, 1}, {3, 2}, {5, 17}, {64, 33}, {40, 100}, {2, 70000}, {130, 16}, {1, 257}} {
		n := c.rows * c.cols
		x := s.normal(n)
		for i := range x {
			x[i] *= 10
		}
		mask := s.coarse(n)
		for i := range c.cols {
			mask[i] = 0 // a row that allows nothing
		}
		list = append(list, softmaxCase(c.rows, c.cols, x, nil), softmaxCase(c.rows, c.cols, x, mask),
			softmaxCase(c.rows, c.cols, s.with(s.normal(n), nan32), mask), softmaxCase(c.rows, c.cols, s.with(s.normal(n), -inf32), nil))
		for _, k := range []int{0, 1, (c.cols + 1) / 2, c.cols} {
			list = append(list, smallestCase(c.rows, c.cols, k, s.normal(n), "normal"), smallestCase(c.rows, c.cols, k, s.coarse(n), "ties"),
				smallestCase(c.rows, c.cols, k, s.wild(n), "wild"))
		}
	}
	return list
}

func softmaxCase(rows, cols int, x, mask []float32) call {
	want, scale := make([]float64, len(x)), make([]float64, len(x))
	for r := range rows {
		allowed := func(i int) bool { return mask == nil || mask[i] != 0 }
		top, sum := math.Inf(-1), 0.0
		for i := r * cols; i < (r+1)*cols; i++ {
			if allowed(i) {
				top = max(top, float64(x[i]))
			}
		}
		for i := r * cols; i < (r+1)*cols; i++ {
			if allowed(i) {
				want[i] = math.Exp(float64(x[i]) - top)
				sum += want[i]
			}
		}
		for i := r * cols; i < (r+1)*cols; i++ {
			if allowed(i) {
				want[i] /= sum
				// The exponent is rounded to single precision.
				scale[i] = want[i] * (1 + math.Abs(float64(x[i])-top)/8)
			}
		}
	}
	c := call{name: fmt.Sprintf("Softmax/%dx%d,mask=%t", rows, cols, mask != nil), operands: []operand{outScaled(want, scale), in(x)}, tol: 6 * ulp}
	if mask == nil {
		c.run = func(b kernels.Backend, x []kernels.Buffer) { b.Softmax(x[0], x[1], nil, rows, cols) }
		return c
	}
	c.operands = append(c.operands, in(mask))
	c.run = func(b kernels.Backend, x []kernels.Buffer) { b.Softmax(x[0], x[1], x[2], rows, cols) }
	return c
}

func smallestCase(rows, cols, k int, x []float32, kind string) call {
	want := make([]float64, len(x))
	for r := range rows {
		order := make([]int, cols)
		for i := range order {
			order[i] = r*cols + i
		}
		sort.SliceStable(order, func(a, b int) bool {
			u, v := x[order[a]], x[order[b]]
			return u < v || v != v && u == u
		})
		for _, i := range order[:k] {
			want[i] = 1
		}
	}
	return call{
		name: fmt.Sprintf("SmallestK/%dx%d,k=%d,%s", rows, cols, k, kind), operands: []operand{out(want), in(x)},
		run: func(b kernels.Backend, x []kernels.Buffer) { b.SmallestK(x[0], x[1], rows, cols, k) },
	}
}
