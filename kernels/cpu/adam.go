package cpu

import (
	"math"

	"github.com/org/trustmae/kernels"
)

// adamConstants are a step's constants, in the order in which assembly reads
// them.
type adamConstants struct {
	beta1, rest1 float32 // β₁ and 1−β₁
	beta2, rest2 float32 // β₂ and 1−β₂
	stepSize     float32 // lr/(1−β₁ᵗ)
	rootScale    float32 // 1/√(1−β₂ᵗ)
	eps          float32
	weightDecay  float32
}

// Adam takes one optimiser step (Kingma and Ba 2015, algorithm 1; PyTorch's
// placement of eps, outside the corrected root).
func (b *Backend) Adam(p, g, m, v kernels.Buffer, s kernels.AdamStep) {
	grads := b.in("Adam", g, g.Len())
	n := len(grads)
	params, first, second := b.out("Adam", p, n), b.out("Adam", m, n), b.out("Adam", v, n)
	c := &adamConstants{
		beta1: float32(s.Beta1), rest1: float32(1 - s.Beta1),
		beta2: float32(s.Beta2), rest2: float32(1 - s.Beta2),
		stepSize:    float32(s.LR / (1 - math.Pow(s.Beta1, float64(s.Step)))),
		rootScale:   float32(1 / math.Sqrt(1-math.Pow(s.Beta2, float64(s.Step)))),
		eps:         float32(s.Eps),
		weightDecay: float32(s.WeightDecay),
	}
	b.spread(n, 4, func(lo, hi int) {
		b.table.vector.adam(params[lo:hi], grads[lo:hi], first[lo:hi], second[lo:hi], c)
	})
}

func adamGeneric(p, g, m, v []float32, c *adamConstants) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	for i := range p {
		d := g[i] + c.weightDecay*p[i]
		m[i] = c.beta1*m[i] + c.rest1*d
		v[i] = c.beta2*v[i] + c.rest2*(d*d)
		root := float32(math.Sqrt(float64(v[i])))*c.rootScale + c.eps
		p[i] -= c.stepSize * (m[i] / root)
	}
}
