package kernelstest

import (
	"fmt"
	"math"

	"github.com/org/trustmae/kernels"
)

// terms are sums of many terms, and the magnitudes that went into them.
type terms struct{ of, size []float64 }

func newTerms(n int) terms { return terms{make([]float64, n), make([]float64, n)} }

func (s terms) add(i int, term, size float64) {
	s.of[i] += term
	s.size[i] += math.Abs(size)
}

// gradientPair makes a call of an operation that has two gradients first, of which
// one may not be wanted.
func gradientPair(name, wanted string, first, second terms, inputs [][]float32, run func(b kernels.Backend, first, second kernels.Buffer, in []kernels.Buffer)) call {
	var operands []operand
	if wanted != "second" {
		operands = append(operands, outScaled(first.of, first.size))
	}
	if wanted != "first" {
		operands = append(operands, outScaled(second.of, second.size))
	}
	outputs := len(operands)
	for _, x := range inputs {
		operands = append(operands, in(x))
	}
	return call{
		name: name + "/" + wanted, operands: operands, tol: 8 * ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) {
			d := [2]kernels.Buffer{}
			copy(d[:], x[:outputs])
			if wanted == "second" {
				d[0], d[1] = nil, d[0]
			}
			run(b, d[0], d[1], x[outputs:])
		},
	}
}

// mixtureGradCase has weights of which some are 0, and the others sum to 1.
func mixtureGradCase(s *source, c kernels.MemoryShape, wanted string) call {
	w, m, dy := make([]float32, c.R*c.M), s.normal(c.M*c.Z), s.normal(c.R*c.Z)
	dd, dm := newTerms(c.R*c.M), newTerms(c.M*c.Z)
	for r := range c.R {
		row := w[r*c.M : (r+1)*c.M]
		for _, j := range s.Perm(c.M)[:c.K] {
			row[j] = (0.5 + s.Float32()) / float32(c.K)
		}
		byWeight, mean := newTerms(c.M), newTerms(1)
		for j := range row {
			for i := range c.Z {
				term := float64(dy[r*c.Z+i]) * float64(m[j*c.Z+i])
				byWeight.add(j, term, term)
				dm.add(j*c.Z+i, float64(row[j])*float64(dy[r*c.Z+i]), float64(row[j])*float64(dy[r*c.Z+i]))
			}
			mean.add(0, float64(row[j])*byWeight.of[j], float64(row[j])*byWeight.size[j])
		}
		for j, v := range row {
			scale := -float64(v) / float64(c.Tau)
			dd.add(r*c.M+j, scale*(byWeight.of[j]-mean.of[0]), scale*(byWeight.size[j]+mean.size[0]))
		}
	}
	return gradientPair(fmt.Sprintf("MixtureBackward/%+v", c), wanted, dd, dm, [][]float32{dy, w, m},
		func(b kernels.Backend, first, second kernels.Buffer, x []kernels.Buffer) {
			b.MixtureBackward(first, second, x[0], x[1], x[2], c)
		})
}

// distanceGradCase has a latent at no distance of a slot.
func distanceGradCase(s *source, c kernels.MemoryShape, wanted string) call {
	z, m, dd, d := s.normal(c.R*c.Z), s.normal(c.M*c.Z), s.normal(c.R*c.M), make([]float32, c.R*c.M)
	copy(z, m[:min(c.Z, len(z))])
	dz, dm := newTerms(c.R*c.Z), newTerms(c.M*c.Z)
	for r := range c.R {
		for j := range c.M {
			var square float64
			for i := range c.Z {
				gap := float64(z[r*c.Z+i]) - float64(m[j*c.Z+i])
				square += gap * gap
			}
			at := r*c.M + j
			d[at] = float32(math.Sqrt(square + float64(c.Eps)))
			if square == 0 {
				continue
			}
			g := float64(dd[at]) / float64(d[at])
			for i := range c.Z {
				p, q := float64(z[r*c.Z+i]), float64(m[j*c.Z+i])
				dz.add(r*c.Z+i, g*(p-q), math.Abs(g)*(math.Abs(p)+math.Abs(q)))
				dm.add(j*c.Z+i, g*(q-p), math.Abs(g)*(math.Abs(p)+math.Abs(q)))
			}
		}
	}
	return gradientPair(fmt.Sprintf("DistanceBackward/%+v", c), wanted, dz, dm, [][]float32{dd, d, z, m},
		func(b kernels.Backend, first, second kernels.Buffer, x []kernels.Buffer) {
			b.DistanceBackward(first, second, x[0], x[1], x[2], x[3], c)
		})
}
