package cpu

import (
	"fmt"
	"testing"

	"github.com/org/trustmae/kernels/kernelstest"
)

var dotsUse = shapedKernel{prepareDots}

func FuzzDots(f *testing.F) { dotsUse.fuzz(f) }

func prepareDots(k *table, d *kernelstest.Decoder) (use, func(k *table, out, in [][]float32)) {
	rows, n, stride, reach := k.dots.rows, d.Below(150), d.Size(200), d.Size(400)
	tiles := offsets(d, d.Size(6), reach)
	sums := terms(d, len(tiles)*rows*dotsCols)
	inputs := [][]float32{terms(d, (rows-1)*stride+n), terms(d, reach+(dotsCols-1)*stride+n)}
	u := use{fmt.Sprintf("%d tiles of %d values", len(tiles), n), [][]float32{sums}, inputs, summed(n), false}
	return u, func(k *table, out, in [][]float32) { k.dots.dots(out[0], in[0], in[1], stride, tiles, n, in[0]) }
}
