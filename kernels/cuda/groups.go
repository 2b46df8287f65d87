package cuda

import "github.com/org/trustmae/kernels/cuda/internal/driver"

// Tensors of a launch travel with it, as many as its 4096 bytes of arguments hold.
const (
	adamGroups  = 100
	blendGroups = 120
)

// groupSpan is how many values of a tensor a block takes.
const groupSpan = 16 * threads

// inGroups hands tensors out in parts of at most most, with the grid that each part
// takes. place tells a tensor which block is its first, and returns how many values
// it has.
func inGroups[G any](all []G, most int, place func(g *G, block uint32) (n uint32), do func(part []G, l driver.Launch)) {
	for len(all) > 0 {
		part := all[:min(most, len(all))]
		all = all[len(part):]
		blocks := 0
		for i := range part {
			blocks += ceilDiv(int(place(&part[i], uint32(blocks))), groupSpan)
		}
		do(part, driver.Launch{X: blocks, Y: 1, Z: 1, Threads: threads})
	}
}
