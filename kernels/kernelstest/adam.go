package kernelstest

import (
	"fmt"
	"math"
	"slices"

	"github.com/org/trustmae/kernels"
)

// adamSteps are a first and a later step.
var adamSteps = []kernels.AdamStep{
	{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Step: 1},
	{LR: 2e-4, Beta1: 0.5, Beta2: 0.999, Eps: 1e-6, WeightDecay: 0.01, Step: 37},
}

func adamCases(s *source) []call {
	var list []call
	for _, step := range adamSteps {
		for _, n := range lengths {
			list = append(list, adamCase(s, []int{n}, step))
		}
		many := adamCase(s, slices.Repeat([]int{1, 5}, 60), step) // for launches that take a hundred
		many.unsized = true                                       // as the others show; it would take long
		list = append(list, adamCase(s, []int{1728, 16, 1, 70000, 16, 9}, step), many)
	}
	for _, n := range lengths {
		list = append(list, adamInGradient(s, n))
	}
	return append(list, adamLists())
}

// adamInGradient takes a step without momentum, whose first moment is kept in the
// gradient's place.
func adamInGradient(s *source, n int) call {
	a := kernels.AdamStep{LR: 1e-3, Beta2: 0.9, Eps: 1e-8, WeightDecay: 0.01, Step: 3}
	p, g, m, v := 0, 1, 2, 3
	operands := adamOperands(s, n, a)
	scale := make([]float64, n)
	for i := range scale {
		scale[i] = math.Abs(float64(operands[g].values[i])) + a.WeightDecay*math.Abs(float64(operands[p].values[i]))
	}
	operands[g] = operand{values: operands[g].values, want: operands[m].want, scale: scale}
	return call{
		name:     fmt.Sprintf("Adam/in gradient/%d", n),
		operands: []operand{operands[p], operands[g], operands[v], in(a.Constants())}, tol: 4 * ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) {
			one := func(i int) []kernels.Buffer { return []kernels.Buffer{x[i]} }
			b.Adam(one(0), one(1), one(1), one(2), x[3])
		},
	}
}

// adamCase updates tensors of the given lengths.
func adamCase(s *source, sizes []int, a kernels.AdamStep) call {
	var operands []operand
	for _, n := range sizes {
		operands = append(operands, adamOperands(s, n, a)...)
	}
	return call{
		name:     fmt.Sprintf("Adam/step%d/%d×%d", a.Step, len(sizes), slices.Max(sizes)),
		operands: append(operands, in(a.Constants())), tol: 4 * ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) {
			var list [4][]kernels.Buffer // p, g, m, v
			for i := range len(x) - 1 {
				list[i%4] = append(list[i%4], x[i])
			}
			b.Adam(list[0], list[1], list[2], list[3], x[len(x)-1])
		},
	}
}

// adamOperands are parameters, gradients and moments of n values.
func adamOperands(s *source, n int, a kernels.AdamStep) []operand {
	p, g, m, v := s.normal(n), s.normal(n), s.normal(n), s.normal(n)
	wantP, wantM, wantV := make([]float64, n), make([]float64, n), make([]float64, n)
	scaleP, scaleM := make([]float64, n), make([]float64, n)
	g = s.with(g, 0)
	for i := range p {
		v[i] = v[i]*v[i] + 1e-3
		d := float64(g[i]) + a.WeightDecay*float64(p[i])
		wantM[i] = a.Beta1*float64(m[i]) + (1-a.Beta1)*d
		wantV[i] = a.Beta2*float64(v[i]) + (1-a.Beta2)*d*d
		correction1 := 1 - math.Pow(a.Beta1, float64(a.Step))
		correction2 := 1 - math.Pow(a.Beta2, float64(a.Step))
		change := a.LR / correction1 * wantM[i] / (math.Sqrt(wantV[i]/correction2) + a.Eps)
		wantP[i] = float64(p[i]) - change
		scaleM[i] = math.Abs(a.Beta1*float64(m[i])) + math.Abs((1-a.Beta1)*d) + 1e-6
		scaleP[i] = math.Abs(float64(p[i])) + math.Abs(change)
	}
	oP, oM := update(p, wantP), update(m, wantM)
	oP.scale, oM.scale = scaleP, scaleM
	return []operand{oP, in(g), oM, update(v, wantV)}
}

// adamLists demands a panic where lists differ in length.
func adamLists() call {
	return call{
		name: "Adam/lists", operands: []operand{in(adamSteps[0].Constants())}, unsized: true,
		run: func(b kernels.Backend, x []kernels.Buffer) {
			one, none := []kernels.Buffer{x[0]}, []kernels.Buffer(nil)
			if !panics(func() { b.Adam(one, none, one, one, x[0]) }) {
				panic("kernelstest: parameters without gradients: no panic")
			}
			b.Adam(none, none, none, none, x[0]) // does nothing
		},
	}
}
