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

// Adam takes one optimiser step, in one launch for every hundred tensors. What
// they are travels with the launch.
func (b *Backend) Adam(p, g, m, v []kernels.Buffer, c kernels.Buffer) {
	const op = "Adam"
	shape.CheckAdam("cuda."+op, len(p), len(g), len(m), len(v))
	args := struct {
		c           driver.Ptr
		count, span uint32
		list        [adamGroups]adamGroup
	}{c: b.ptr(op, c, kernels.AdamConstants), span: groupSpan}
	var all []adamGroup
	for i := range p {
		n := g[i].Len()
		all = append(all, adamGroup{p: b.ptr(op, p[i], n), g: b.ptr(op, g[i], n), m: b.ptr(op, m[i], n), v: b.ptr(op, v[i], n), n: uint32(n)})
	}
	place := func(g *adamGroup, block uint32) uint32 { g.block = block; return g.n }
	inGroups(all, adamGroups, place, func(part []adamGroup, l driver.Launch) {
		args.count = uint32(copy(args.list[:], part))
		launch(b, op, "adam", l, args)
	})
}
