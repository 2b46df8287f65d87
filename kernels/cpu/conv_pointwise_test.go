package cpu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
)

// TestPointwiseBlocks: blocks cover an image, do not overlap (two threads would
// activate the same pixels) and hold the pixels of a kernel.
func TestPointwiseBlocks(t *testing.T) {
	eachTable(t, func(t *testing.T, b *Backend) {
		pixels := b.table.wide.pixels
		for area := 2 * pixels; area < 6*pixels; area++ {
			for _, channels := range []int{1, 64, 512} {
				s := kernels.NewConvShape(8, channels, 1, area, 5, 1, 1, 1, 0, 1)
				g := forwardCorrelation(s)
				require.True(t, g.suitsPointwise(&b.table.wide), s)
				p := b.newPointwise(g, nil, nil, nil, epilogue{})
				at := 0
				for i := range p.blocks {
					from, to := p.span(i)
					require.Equal(t, at, from, s)
					require.GreaterOrEqual(t, to-from, pixels, s)
					at = to
				}
				require.Equal(t, area, at, s)
			}
		}
	})
}
