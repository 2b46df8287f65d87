package cpu

import (
	"fmt"
	"math"
	"testing"

	"github.com/org/trustmae/kernels/kernelstest"
)

var similarityUse = shapedKernel{prepareSimilarity}

// prepareSimilarity makes filtered values as images have them: with a variance, in which
// the covariance is. One pixel in some has no number or no end.
func prepareSimilarity(_ *table, d *kernelstest.Decoder) (use, func(k *table, out, in [][]float32)) {
	n := d.Below(256)
	dy, meanA, meanB := normals(d.Rand, n), terms(d, n), terms(d, n)
	squares, products := make([]float32, n), make([]float32, n)
	for i, a := range meanA {
		b, variance := meanB[i], 0.1+float32(math.Abs(d.NormFloat64()))
		squares[i] = a*a + b*b + variance
		products[i] = a*b + variance*float32(d.Float64()-0.5)
	}
	outputs := [][]float32{undefined(n), undefined(n), undefined(n), undefined(n), undefined(n), undefined(n)}
	u := use{fmt.Sprintf("%d values", n), outputs, [][]float32{dy, meanA, meanB, squares, products}, rounding, false}
	return u, func(k *table, out, in [][]float32) {
		const c1, c2 = 1e-4, 9e-4
		k.vector.similarity(out[0], in[1], in[2], in[3], in[4], c1, c2)
		k.vector.similarityGrad(out[1], out[2], out[3], out[4], in[0], in[1], in[2], in[3], in[4], c1, c2)
		k.vector.similarityCombine(out[5], in[0], in[1], in[2], in[3], in[4])
	}
}

func FuzzSimilarity(f *testing.F) { similarityUse.fuzz(f) }

// TestSimilarityOfEqual checks that images are exactly as similar as can be to
// themselves, whatever the filter's rounding.
func TestSimilarityOfEqual(t *testing.T) {
	d := kernelstest.RandomDecoder(3)
	const n = 1003
	x := normals(d.Rand, n)
	squares, products, y := make([]float32, n), make([]float32, n), make([]float32, n)
	for _, table := range tables() {
		if !table.supported {
			continue
		}
		k := table.vector
		k.squaresProducts(squares, products, x, x)
		k.addScaled(squares, squares, 0.1)
		k.addScaled(products, products, 0.1)
		k.similarity(y, x, x, squares, products, 1e-4, 9e-4)
		for i, v := range y {
			if v != 1 {
				t.Fatalf("%s: similarity of %g with itself: got %b, want 1", table.name, x[i], v)
			}
		}
	}
}
