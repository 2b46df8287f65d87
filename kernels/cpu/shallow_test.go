package cpu

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/kernelstest"
)

// prepareShallowStrip chooses rows of pixels of a shallow convolution.
func prepareShallowStrip(k *table, d *kernelstest.Decoder) (use, func(k *table, out, in [][]float32)) {
	depth, reach, n, rows := shallowTerms+d.Below(160), d.Size(400), k.shallow.pixels+d.Below(200), d.Size(8)
	plane, srcRow, steps := rows*n+d.Below(20), d.Below(400), offsets(d, depth, reach)
	slope := []float32{1, 0, 0.25}[d.Below(3)]
	c := undefined((shallowGroup-1)*plane + rows*n)
	inputs := [][]float32{terms(d, shallowGroup), terms(d, reach+(rows-1)*srcRow+n), terms(d, depth*shallowGroup)}
	u := use{fmt.Sprintf("%d rows of %d pixels, depth %d, slope %g", rows, n, depth, slope), [][]float32{c}, inputs, summed(depth), false}
	ahead := make([]float32, d.Below(100))
	return u, func(k *table, out, in [][]float32) {
		k.shallow.strip(out[0], plane, in[0], in[1], srcRow, in[2], steps, n, rows, slope, ahead)
	}
}

// prepareShallowGradient chooses the sums over a few rows of pixels.
func prepareShallowGradient(k *table, d *kernelstest.Decoder) (use, func(k *table, out, in [][]float32)) {
	rows, n, reach := d.Size(5), k.shallow.lanes+d.Below(100), d.Size(200)
	steps := offsets(d, shallowTaps*d.Below(10), reach)
	gradRow, srcRow := n+d.Below(20), n+d.Below(20)
	gradPlane := rows * gradRow
	grad, src := terms(d, (shallowGroup-1)*gradPlane+(rows-1)*gradRow+n), terms(d, reach+(rows-1)*srcRow+n)
	sums := terms(d, len(steps)*shallowGroup*k.shallow.lanes)
	u := use{fmt.Sprintf("%d rows of %d pixels, %d weights", rows, n, len(steps)), [][]float32{sums}, [][]float32{grad, src}, summed(rows * n), false}
	next, ahead := make([]float32, len(grad)), make([]float32, d.Below(500))
	return u, func(k *table, out, in [][]float32) {
		k.shallow.gradient(out[0], in[0], gradPlane, gradRow, in[1], steps, srcRow, rows, n, next, ahead)
	}
}

// prepareSplit chooses a row to divide or one to put together.
func prepareSplit(_ *table, d *kernelstest.Decoder) (use, func(k *table, out, in [][]float32)) {
	n := d.Below(100)
	if d.Below(2) == 0 {
		u := use{fmt.Sprintf("split %d", n), [][]float32{undefined(n), undefined(n)}, [][]float32{terms(d, 2*n)}, 0, false}
		return u, func(k *table, out, in [][]float32) { k.split.split(out[0], out[1], in[0], n) }
	}
	u := use{fmt.Sprintf("merge %d", n), [][]float32{undefined(2 * n)}, [][]float32{terms(d, n), terms(d, n)}, 0, false}
	return u, func(k *table, out, in [][]float32) { k.split.merge(out[0], in[0], in[1], n) }
}

// shallowShapes are convolutions whose forward pass is shallow with every table.
func shallowShapes() []kernels.ConvShape {
	return []kernels.ConvShape{
		kernels.NewConvShape(2, 3, 7, 48, 8, 3, 3, 1, 1, 1),
		kernels.NewConvShape(1, 3, 40, 101, 33, 7, 7, 1, 3, 1), // several strips
		kernels.NewConvShape(1, 1, 5, 70, 5, 1, 5, 1, 2, 1),
		kernels.NewConvShape(2, 4, 9, 96, 7, 4, 4, 2, 1, 1),
		kernels.NewConvShape(1, 3, 33, 150, 65, 3, 3, 2, 0, 1),
		kernels.NewConvShape(1, 3, 33, 151, 24, 5, 5, 2, 2, 1),
		kernels.NewConvShape(1, 2, 9, 60, 6, 3, 3, 1, 5, 2),
		kernels.NewConvShape(1, 2, 9, 120, 6, 2, 3, 2, 4, 3),
		kernels.NewConvShape(1, 3, 4, 1, 6, 1, 2, 2, 60, 1), // almost all padding
	}
}

func TestShallowConvolutions(t *testing.T) {
	var cases []*convCase
	for i, s := range shallowShapes() {
		for _, k := range tables() {
			require.True(t, forwardCorrelation(s).suitsShallow(&k.shallow), s)
		}
		cases = append(cases, newConvCase(s, uint64(i)))
	}
	// Gradients of the data from few channels, with less and more padding than the
	// kernel reaches.
	for _, pad := range []int{2, 5} {
		cases = append(cases, newConvCase(kernels.NewConvShape(1, 9, 12, 64, 3, 5, 5, 1, pad, 1), 1))
	}
	checkAll(t, cases)
}

// TestShallowActivation: every slope, those included that the kernel leaves to
// another pass.
func TestShallowActivation(t *testing.T) {
	s := kernels.NewConvShape(1, 3, 9, 70, 10, 3, 3, 1, 1, 1)
	c := newConvCase(s, 3)
	sums, _, _ := c.reference(true)
	eachTable(t, func(t *testing.T, b *Backend) {
		x, w, bias := guard(b, c.x, s.XLen()), guard(b, c.w, s.WLen()), guard(b, c.bias, s.OutC)
		for _, slope := range []float32{0, 0.2, -0.5, 3} {
			y, want := guard(b, nil, s.YLen()), make([]float64, len(sums))
			for i, v := range sums {
				want[i] = v
				if v < 0 {
					want[i] = v * float64(slope)
				}
			}
			b.Conv2d(y.Buffer, x.Buffer, w.Buffer, bias.Buffer, s, slope)
			requireClose(t, fmt.Sprintf("slope %g", slope), y.values(t), want, s.InC*s.KH*s.KW, max(1, math.Abs(float64(slope))))
		}
	})
}
