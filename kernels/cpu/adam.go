package cpu

import (
	"math"
	"sort"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// adamConstants are a step's constants, in the order of AdamStep.Constants, in
// which assembly reads them.
type adamConstants struct {
	beta1, rest1 float32 // β₁ and 1−β₁
	beta2, rest2 float32 // β₂ and 1−β₂
	stepSize     float32 // lr/(1−β₁ᵗ)
	rootScale    float32 // 1/√(1−β₂ᵗ)
	eps          float32
	weightDecay  float32
}

// adamGroup is a tensor to update, beginning with a chunk of all groups' work.
type adamGroup struct {
	p, g, m, v []float32
	chunk      int
}

// adamChunk is how many values a chunk covers; each takes about four passes.
const adamChunk = grain / 4

// Adam takes one optimiser step over all groups, whose chunks share the threads.
func (b *Backend) Adam(p, g, m, v []kernels.Buffer, c kernels.Buffer) {
	const op = "Adam"
	shape.CheckAdam("cpu."+op, len(p), len(g), len(m), len(v))
	k := b.in(op, c, kernels.AdamConstants)
	constants := new(adamConstants)
	b.serial(func() { *constants = adamConstants{k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7]} })
	groups, chunks := make([]adamGroup, len(p)), 0
	for i := range groups {
		n := g[i].Len()
		groups[i] = adamGroup{b.out(op, p[i], n), b.in(op, g[i], n), b.out(op, m[i], n), b.out(op, v[i], n), chunks}
		chunks += ceilDiv(n, adamChunk)
	}
	b.pool.run(chunks, func(chunk int) {
		t := groups[sort.Search(len(groups), func(i int) bool { return groups[i].chunk > chunk })-1]
		lo := (chunk - t.chunk) * adamChunk
		hi := min(lo+adamChunk, len(t.p))
		b.table.vector.adam(t.p[lo:hi], t.g[lo:hi], t.m[lo:hi], t.v[lo:hi], constants)
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
