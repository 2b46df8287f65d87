package kernelstest

import (
	"fmt"
	"math"
	"sort"

	"github.com/org/trustmae/kernels"
)

func memoryCases(s *source) []call {
	var list []call
	for _, c := range []kernels.MemoryShape{
		{R: 1, M: 1, Z: 1, K: 1}, {R: 3, M: 5, Z: 7, K: 2}, {R: 64, M: 64, Z: 130, K: 3}, {R: 17, M: 40, Z: 33, K: 40}, {R: 40, M: 300, Z: 16, K: 5}, {R: 9, M: 1100, Z: 3, K: 33},
	} {
		c.Eps, c.Tau = 1e-6, 0.7
		z, m := s.normal(c.R*c.Z), s.normal(c.M*c.Z)
		copy(z, m[:min(c.Z, len(z))]) // a latent that is a slot
		list = append(list, memoryCase(c, z, m, "normal"), memoryCase(c, s.with(s.normal(c.R*c.Z), nan32), m, "NaN latent"),
			memoryCase(c, s.with(s.normal(c.R*c.Z), -inf32), m, "Inf latent"), memoryCase(c, z, s.with(s.normal(c.M*c.Z), nan32), "NaN slot"))
		for _, wanted := range []string{"both", "first", "second"} {
			list = append(list, mixtureGradCase(s, c, wanted), distanceGradCase(s, c, wanted))
		}
	}
	return list
}

func memoryCase(c kernels.MemoryShape, z, m []float32, kind string) call {
	y, ySize := make([]float64, c.R*c.Z), make([]float64, c.R*c.Z)
	w, wSize := make([]float64, c.R*c.M), make([]float64, c.R*c.M)
	d, dSize := make([]float64, c.R*c.M), make([]float64, c.R*c.M)
	for r := range c.R {
		row, rowSize := d[r*c.M:(r+1)*c.M], dSize[r*c.M:(r+1)*c.M]
		order := make([]int, c.M)
		for j := range c.M {
			var square, terms, squares, dot float64
			for i := range c.Z {
				p, q := float64(z[r*c.Z+i]), float64(m[j*c.Z+i])
				square += (p - q) * (p - q)
				terms += (math.Abs(p) + math.Abs(q)) * (math.Abs(p) + math.Abs(q))
				squares += p*p + q*q
				dot += p * q
			}
			if math.IsInf(square, 1) {
				square = squares - 2*dot // NaN where infinities meet
			}
			row[j] = math.Sqrt(square + float64(c.Eps))
			// The root of a square that is uncertain by ulp·terms.
			rowSize[j] = row[j] + math.Min(terms/row[j], math.Sqrt(terms/ulp))
			order[j] = j
		}
		sort.SliceStable(order, func(a, b int) bool {
			u, v := row[order[a]], row[order[b]]
			return u < v || v != v && u == u // NaN is farthest
		})
		var sum, slack float64
		for _, j := range order[:c.K] {
			w[r*c.M+j] = math.Exp((row[order[0]] - row[j]) / float64(c.Tau))
			sum += w[r*c.M+j]
			slack = max(slack, rowSize[j]/float64(c.Tau))
		}
		for _, j := range order[:c.K] {
			w[r*c.M+j] /= sum
			wSize[r*c.M+j] = w[r*c.M+j] * (1 + 2*slack)
			for i := range c.Z {
				y[r*c.Z+i] += w[r*c.M+j] * float64(m[j*c.Z+i])
				ySize[r*c.Z+i] += wSize[r*c.M+j] * math.Abs(float64(m[j*c.Z+i]))
			}
		}
	}
	return call{
		name:     fmt.Sprintf("ReadMemory/%+v,%s", c, kind),
		operands: []operand{outScaled(y, ySize), outScaled(w, wSize), outScaled(d, dSize), in(z), in(m)}, tol: 8 * ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) { b.ReadMemory(x[0], x[1], x[2], x[3], x[4], c) },
	}
}
