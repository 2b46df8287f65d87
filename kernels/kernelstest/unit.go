package kernelstest

import (
	"fmt"
	"math"

	"github.com/org/trustmae/kernels"
)

func unitCases(s *source) []call {
	var list []call
	for _, c := range []kernels.UnitShape{
		{N: 1, C: 1, HW: 1}, {N: 2, C: 3, HW: 5}, {N: 1, C: 64, HW: 300}, {N: 3, C: 70, HW: 49}, {N: 2, C: 512, HW: 67}, {N: 1, C: 40, HW: 3000},
	} {
		c.Eps = 1e-10
		n := c.N * c.C * c.HW
		p, q := s.normal(n), s.normal(n)
		near := make([]float32, n) // a small difference of long vectors
		for i := range near {
			near[i] = p[i] + 1e-3*q[i]
		}
		for i := 0; i < n; i += c.HW {
			p[i] = 0 // vectors of length 0
		}
		list = append(list, unitCase(s, c, "far", p, q), unitCase(s, c, "near", p, near), unitCase(s, c, "equal", p, p),
			unitCase(s, c, "NaN", s.with(s.normal(n), nan32), q), unitCase(s, c, "Inf", p, s.with(s.normal(n), inf32)))
	}
	return list
}

func unitCase(s *source, c kernels.UnitShape, name string, p, q []float32) call {
	w := s.normal(c.C)
	want, scale := make([]float64, c.N*c.HW), make([]float64, c.N*c.HW)
	for i := range want {
		at := func(channel int) int { return (i/c.HW*c.C+channel)*c.HW + i%c.HW }
		var pp, qq float64
		for ch := range c.C {
			pp += float64(p[at(ch)]) * float64(p[at(ch)])
			qq += float64(q[at(ch)]) * float64(q[at(ch)])
		}
		for ch := range c.C {
			u := float64(p[at(ch)]) / (math.Sqrt(pp) + float64(c.Eps))
			v := float64(q[at(ch)]) / (math.Sqrt(qq) + float64(c.Eps))
			weight := float64(w[ch])
			want[i] += weight * (u - v) * (u - v)
			if u != v { // what u and v are rounded by, in the difference's square
				scale[i] += math.Abs(weight) * (math.Abs(u-v)*(math.Abs(u)+math.Abs(v)) + ulp*(u*u+v*v))
			}
		}
	}
	return call{
		name: fmt.Sprintf("UnitDistance/%+v,%s", c, name), operands: []operand{outScaled(want, scale), in(p), in(q), in(w)}, tol: 16 * ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) { b.UnitDistance(x[0], x[1], x[2], x[3], c) },
	}
}
