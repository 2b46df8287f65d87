package cpu

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/kernelstest"
)

// prepareAddRows chooses rows to add to others.
func prepareAddRows(_ *table, d *kernelstest.Decoder) (use, func(k *table, out, in [][]float32)) {
	n, rows, count, reach := d.Below(100), d.Size(5), d.Size(20), d.Size(200)
	steps, dstRow, srcRow := offsets(d, count, reach), n+d.Below(10), n+d.Below(10)
	dst, src := terms(d, (rows-1)*dstRow+n), terms(d, (rows-1)*srcRow+reach+n)
	u := use{fmt.Sprintf("%d rows of %d, %d steps", rows, n, count), [][]float32{dst}, [][]float32{src}, summed(count), false}
	return u, func(k *table, out, in [][]float32) { k.addRows(out[0], dstRow, in[0], srcRow, steps, n, rows) }
}

// TestTapConvolutions: gradients of the data that are sums of products of taps.
func TestTapConvolutions(t *testing.T) {
	var cases []*convCase
	for i, s := range []kernels.ConvShape{
		kernels.NewConvShape(2, 3, 20, 100, 32, 4, 4, 2, 1, 1),
		kernels.NewConvShape(1, 3, 75, 203, 33, 3, 3, 2, 0, 1),    // several strips, odd sizes
		kernels.NewConvShape(1, 3, 149, 201, 32, 11, 11, 4, 2, 1), // several bundles
		kernels.NewConvShape(1, 4, 21, 150, 35, 3, 3, 3, 1, 1),    // nine phases
		kernels.NewConvShape(1, 1, 11, 120, 40, 5, 5, 2, 2, 1),
		kernels.NewConvShape(1, 2, 41, 130, 32, 3, 3, 2, 2, 2), // some phases have no taps
		kernels.NewConvShape(1, 3, 40, 200, 32, 1, 1, 4, 0, 1), // most phases have none
		kernels.NewConvShape(1, 3, 6, 96, 32, 2, 2, 2, 3, 1),   // padding alone on all sides
		kernels.NewConvShape(1, 2, 9, 100, 32, 3, 2, 2, 5, 4),  // taps far apart
	} {
		for _, k := range tables() {
			require.True(t, backwardCorrelation(s).suitsTaps(&k.pointwise), s)
		}
		cases = append(cases, newConvCase(s, uint64(i)))
	}
	checkAll(t, cases)
}

// TestTapActivation: a transposed convolution that is one, with bias and activation.
func TestTapActivation(t *testing.T) {
	s := kernels.NewConvShape(1, 3, 40, 100, 32, 4, 4, 2, 1, 1)
	c := newConvCase(s, 5)
	_, sums, _ := c.reference(false)
	bias := []float32{1, -2, 0.5}
	for i, v := range sums {
		v += float64(bias[i/(s.InH*s.InW)%s.InC])
		sums[i] = max(v, v/4)
	}
	eachTable(t, func(t *testing.T, b *Backend) {
		x, dy, w, add := guard(b, nil, s.XLen()), guard(b, c.dy, s.YLen()), guard(b, c.w, s.WLen()), guard(b, bias, s.InC)
		b.ConvTranspose2d(x.Buffer, dy.Buffer, w.Buffer, add.Buffer, s, 0.25)
		requireClose(t, "transposed", x.values(t), sums, s.OutC*s.KH*s.KW, 1)
	})
}

// TestTapBundles: weights that images of two sizes use with different bundles.
func TestTapBundles(t *testing.T) {
	narrow, wide := kernels.NewConvShape(1, 3, 40, 201, 32, 11, 11, 4, 2, 1), kernels.NewConvShape(1, 3, 149, 401, 32, 11, 11, 4, 2, 1)
	eachTable(t, func(t *testing.T, b *Backend) {
		require.NotEqual(t, b.plan(backward, narrow).form, b.plan(backward, wide).form)
		weights := newConvCase(narrow, 1).w
		w := guard(b, weights, narrow.WLen())
		for i, s := range []kernels.ConvShape{narrow, wide, narrow} {
			c := newConvCase(s, uint64(i))
			c.w = weights
			_, want, _ := c.sums(false, false, true, false)
			x, dy := guard(b, nil, s.XLen()), guard(b, c.dy, s.YLen())
			b.Conv2dBackwardData(x.Buffer, dy.Buffer, w.Buffer, s)
			requireClose(t, s.String(), x.values(t), want, s.OutC*s.KH*s.KW, 1)
		}
	})
}
