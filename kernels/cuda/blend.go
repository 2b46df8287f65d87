package cuda

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// blendGroup is a tensor to move, beginning with a block of the launch.
type blendGroup struct {
	y, x     driver.Ptr
	take     float32
	n, block uint32
	_        uint32 // C++ aligns groups to their addresses
}

// Blend moves tensors, in one launch for as many as travel with it.
func (b *Backend) Blend(y, x []kernels.Buffer, keep float32, take []float32) {
	const op = "Blend"
	shape.CheckBlend("cuda."+op, len(y), len(x), len(take))
	args := struct {
		keep        float32
		_           uint32
		count, span uint32
		list        [blendGroups]blendGroup
	}{keep: keep, span: groupSpan}
	var all []blendGroup
	for i := range y {
		n := x[i].Len()
		all = append(all, blendGroup{y: b.ptr(op, y[i], n), x: b.ptr(op, x[i], n), take: take[i], n: uint32(n)})
	}
	place := func(g *blendGroup, block uint32) uint32 { g.block = block; return g.n }
	inGroups(all, blendGroups, place, func(part []blendGroup, l driver.Launch) {
		args.count = uint32(copy(args.list[:], part))
		launch(b, op, "blend", l, args)
	})
}
