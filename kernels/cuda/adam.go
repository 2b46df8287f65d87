package cuda

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// adamGroup is a tensor to update, beginning with a block of the launch.
type adamGroup struct {
	p, g, m, v driver.Ptr
	n, block   uint32
}

// adamGroups is how many tensors a launch takes: a kernel's arguments have 4096
// bytes at most.
const adamGroups = 100

// adamSpan is how many values a block updates.
const adamSpan = 16 * threads

// Adam takes one optimiser step, in one launch for every hundred tensors. What
// they are travels with the launch.
func (b *Backend) Adam(p, g, m, v []kernels.Buffer, c kernels.Buffer) {
	const op = "Adam"
	shape.CheckAdam("cuda."+op, len(p), len(g), len(m), len(v))
	args := struct {
		c           driver.Ptr
		count, span uint32
		list        [adamGroups]adamGroup
	}{c: b.ptr(op, c, kernels.AdamConstants), span: adamSpan}
	var all []adamGroup
	for i := range p {
		n := g[i].Len()
		all = append(all, adamGroup{p: b.ptr(op, p[i], n), g: b.ptr(op, g[i], n), m: b.ptr(op, m[i], n), v: b.ptr(op, v[i], n), n: uint32(n)})
	}
	for len(all) > 0 {
		part := all[:min(adamGroups, len(all))]
		all = all[len(part):]
		blocks := 0
		for i := range part {
			part[i].block = uint32(blocks)
			blocks += ceilDiv(int(part[i].n), adamSpan)
		}
		args.count = uint32(copy(args.list[:], part))
		launch(b, op, "adam", driver.Launch{X: blocks, Y: 1, Z: 1, Threads: threads}, args)
	}
}
