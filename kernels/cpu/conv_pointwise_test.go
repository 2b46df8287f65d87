package cpu

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/kernelstest"
)

var pointwiseUse = shapedKernel{preparePointwise}

func FuzzPointwise(f *testing.F) { pointwiseUse.fuzz(f) }

// preparePointwise packs, fetches ahead, or does neither.
func preparePointwise(k *table, d *kernelstest.Decoder) (use, func(k *table, out, in [][]float32)) {
	rows, pixels, depth, channels, tiles := k.pointwise.rows, k.pointwise.wide.pixels, d.Size(150), d.Size(20), d.Size(3)
	narrow, pack, fetching := d.Below(2) == 1, d.Below(2) == 1, d.Below(4)
	if narrow {
		pixels = k.pointwise.narrow.pixels
	}
	whole := ceilDiv(channels, rows) * rows
	cRow, srcRow, srcTile := tiles*pixels+d.Below(20), d.Size(200), d.Size(200)
	outputs := [][]float32{undefined((channels-1)*cRow + tiles*pixels), nil}
	if pack {
		outputs[1] = undefined(tiles * depth * pixels)
	}
	inputs := [][]float32{terms(d, (depth-1)*srcRow+(tiles-1)*srcTile+pixels), terms(d, depth*whole), terms(d, whole)}
	u := use{fmt.Sprintf("%d channels, depth %d, %d tiles, narrow %t, pack %t, %d fetch", channels, depth, tiles, narrow, pack, fetching), outputs, inputs, summed(depth), false}
	return u, func(k *table, out, in [][]float32) {
		tile := &k.pointwise.wide
		if narrow {
			tile = &k.pointwise.narrow
		}
		tile.run(out[0], cRow, in[2], in[0], srcRow, srcTile, in[1], depth, channels, tiles, out[1], in[0], srcRow, 1, fetching)
	}
}

// TestPointwiseConvolutions: 1×1 convolutions of all sizes of channels and images
// around those of a tile.
func TestPointwiseConvolutions(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var cases []*convCase
	for i := range uint64(30) {
		s := kernels.NewConvShape(1+rng.IntN(3), 1+rng.IntN(70), 1+rng.IntN(20), 1+rng.IntN(20), 1+rng.IntN(70), 1, 1, 1, 0, 1)
		cases = append(cases, newConvCase(s, i))
	}
	// Several runs of pixels; several blocks of pixels and slices of channels, of images
	// or of the gradient.
	for i, s := range []kernels.ConvShape{
		kernels.NewConvShape(1, 33, 32, 32, 5, 1, 1, 1, 0, 1),
		kernels.NewConvShape(1, 112, 24, 24, 16, 1, 1, 1, 0, 1),
		kernels.NewConvShape(2, 31, 23, 25, 150, 1, 1, 1, 0, 1),
	} {
		cases = append(cases, newConvCase(s, 30+uint64(i)))
	}
	checkAll(t, cases)
}

// TestPointwiseActivation: pixels that the last tile computes again, after its block's
// neighbour was activated, and tiles that are copied.
func TestPointwiseActivation(t *testing.T) {
	for _, s := range []kernels.ConvShape{
		kernels.NewConvShape(8, 5, 1, 201, 6, 1, 1, 1, 0, 1),
		kernels.NewConvShape(8, 5, 1, 400, 9, 1, 1, 1, 0, 1),
		kernels.NewConvShape(2, 9, 32, 32, 10, 1, 1, 1, 0, 1),
	} {
		c := newConvCase(s, 3)
		want, _, _ := c.reference(true)
		for i, v := range want {
			want[i] = max(v, v/4)
		}
		eachTable(t, func(t *testing.T, b *Backend) {
			x, w, bias, y := guard(b, c.x, s.XLen()), guard(b, c.w, s.WLen()), guard(b, c.bias, s.OutC), guard(b, nil, s.YLen())
			b.Conv2d(y.Buffer, x.Buffer, w.Buffer, bias.Buffer, s, 0.25)
			requireClose(t, s.String(), y.values(t), want, s.InC, 1)
		})
	}
}

// TestPointwiseRuns: runs cover an image, do not overlap (two threads would
// activate the same pixels) and hold the pixels of a tile.
func TestPointwiseRuns(t *testing.T) {
	eachTable(t, func(t *testing.T, b *Backend) {
		pixels := b.table.pointwise.wide.pixels
		for area := 2 * pixels; area < 6*pixels; area++ {
			for _, channels := range []int{1, 64, 512} {
				s := kernels.NewConvShape(8, channels, 1, area, 5, 1, 1, 1, 0, 1)
				g := forwardCorrelation(s)
				require.True(t, g.suitsPointwise(&b.table.pointwise), s)
				p := g.pointwiseLayout(&b.table.pointwise)
				at := 0
				for i := range p.runs {
					from, to := p.span(i, area)
					require.Equal(t, at, from, s)
					require.GreaterOrEqual(t, to-from, pixels, s)
					at = to
				}
				require.Equal(t, area, at, s)
			}
		}
	})
}
