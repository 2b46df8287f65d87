package kernelstest

import (
	"fmt"
	"math"
	"slices"

	"github.com/org/trustmae/kernels"
)

func blendCases(s *source) []call {
	list := []call{blendLists()}
	for _, n := range lengths {
		list = append(list, blendCase(s, []int{n}, 0.9))
	}
	many := blendCase(s, slices.Repeat([]int{1, 5}, 70), 0.999) // for launches that take fewer
	many.unsized = true                                         // as the others show; it would take long
	return append(list, many, blendCase(s, []int{1728, 16, 1, 70000, 16, 9}, 0))
}

// blendCase moves tensors of the given lengths.
func blendCase(s *source, sizes []int, keep float32) call {
	var operands []operand
	take := s.normal(len(sizes))
	for i, n := range sizes {
		y, x := s.normal(n), s.normal(n)
		want, scale := make([]float64, n), make([]float64, n)
		for k := range y {
			p, q := float64(keep)*float64(y[k]), float64(take[i])*float64(x[k])
			want[k], scale[k] = p+q, math.Abs(p)+math.Abs(q)
		}
		o := update(y, want)
		o.scale = scale
		operands = append(operands, o, in(x))
	}
	return call{
		name: fmt.Sprintf("Blend/%d×%d,keep=%g", len(sizes), slices.Max(sizes), keep), operands: operands, tol: 4 * ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) {
			var list [2][]kernels.Buffer // y, x
			for i := range x {
				list[i%2] = append(list[i%2], x[i])
			}
			b.Blend(list[0], list[1], keep, take)
		},
	}
}

// blendLists demands a panic where lists differ in length.
func blendLists() call {
	return call{
		name: "Blend/lists", operands: []operand{in([]float32{1})}, unsized: true,
		run: func(b kernels.Backend, x []kernels.Buffer) {
			for _, call := range []func(){
				func() { b.Blend(x, nil, 1, []float32{1}) },
				func() { b.Blend(x, x, 1, nil) },
			} {
				if !panics(call) {
					panic("kernelstest: outputs without inputs or factors: no panic")
				}
			}
		},
	}
}
