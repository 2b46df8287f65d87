package cpu

import (
	"sort"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// blendGroup is a tensor to move, beginning with a chunk of all groups' work.
type blendGroup struct {
	y, x  []float32
	take  float32
	chunk int
}

// Blend moves all tensors, whose chunks share the threads.
func (b *Backend) Blend(y, x []kernels.Buffer, keep float32, take []float32) {
	const op = "Blend"
	shape.CheckBlend("cpu."+op, len(y), len(x), len(take))
	groups, chunks := make([]blendGroup, len(y)), 0
	for i := range groups {
		n := x[i].Len()
		groups[i] = blendGroup{b.out(op, y[i], n), b.in(op, x[i], n), take[i], chunks}
		chunks += ceilDiv(n, grain)
	}
	b.pool.run(chunks, func(chunk int) {
		t := groups[sort.Search(len(groups), func(i int) bool { return groups[i].chunk > chunk })-1]
		lo := (chunk - t.chunk) * grain
		hi := min(lo+grain, len(t.y))
		b.table.vector.weighted(t.y[lo:hi], t.y[lo:hi], t.x[lo:hi], keep, t.take)
	})
}
