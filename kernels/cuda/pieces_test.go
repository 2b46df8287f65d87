package cuda

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
)

// placed calls compute with operands that begin `moved` values after an address of
// any alignment, and returns the result's n values.
func placed(b *Backend, moved, n int, operands [][]float32, compute func(y kernels.Buffer, x []kernels.Buffer)) []float32 {
	var x, all []kernels.Buffer
	for _, values := range operands {
		whole := b.Alloc(len(values) + moved)
		part := whole.Slice(moved, len(values))
		b.Upload(part, values)
		x, all = append(x, part), append(all, whole)
	}
	y := b.Alloc(n)
	compute(y, x)
	got := make([]float32, n)
	b.Download(got, y)
	for _, buffer := range append(all, y) {
		b.Free(buffer)
	}
	return got
}

// Operands that lie so that 16 bytes can be copied at once give the same bits as
// others, in every direction and precision. Shapes fill tiles of every height and have
// ends within them.
func TestConvolutionsInPieces(t *testing.T) {
	for _, p := range []Precision{F32, TF32, BF16} {
		b := openWith(t, Options{Precision: p, Deterministic: true})
		for _, s := range []kernels.ConvShape{
			kernels.NewConvShape(2, 20, 6, 6, 68, 1, 1, 1, 0, 1),  // pointwise: pieces of all but the turned weights
			kernels.NewConvShape(1, 132, 4, 5, 28, 1, 1, 1, 0, 1), // the same for another height
			kernels.NewConvShape(1, 4, 9, 7, 132, 3, 3, 2, 1, 1),  // pieces of weights and of gradients
		} {
			x, w := source(s.XLen(), 1), source(s.WLen(), 2)
			dy := source(s.YLen(), 3)
			for name, run := range map[string]func(moved int) []float32{
				"forward": func(moved int) []float32 {
					return placed(b, moved, s.YLen(), [][]float32{x, w}, func(y kernels.Buffer, o []kernels.Buffer) { b.Conv2d(y, o[0], o[1], nil, s, 1) })
				},
				"data": func(moved int) []float32 {
					return placed(b, moved, s.XLen(), [][]float32{dy, w}, func(y kernels.Buffer, o []kernels.Buffer) { b.Conv2dBackwardData(y, o[0], o[1], s) })
				},
				"weights": func(moved int) []float32 {
					return placed(b, moved, s.WLen(), [][]float32{x, dy}, func(y kernels.Buffer, o []kernels.Buffer) { b.Conv2dBackwardWeights(y, o[0], o[1], s) })
				},
			} {
				require.Equal(t, run(1), run(0), "%v %s %+v", p, name, s)
			}
		}
	}
}

// The same for matrix products by the own kernel, transposed or not.
func TestMatMulInPieces(t *testing.T) {
	b := openWith(t, Options{Deterministic: true})
	for at := range 4 {
		s := kernels.MatMulShape{M: 68, N: 72, K: 36, TransA: at/2 == 1, TransB: at%2 == 1}
		run := func(moved int) []float32 {
			return placed(b, moved, s.M*s.N, [][]float32{source(s.M*s.K, 1), source(s.K*s.N, 2)},
				func(y kernels.Buffer, o []kernels.Buffer) { b.MatMul(y, o[0], o[1], s) })
		}
		require.Equal(t, run(1), run(0), fmt.Sprintf("%+v", s))
	}
}

// source returns values that no precision holds exactly.
func source(n, seed int) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = float32((i*2654435761+seed*40503)%65537)/32768 - 1
	}
	return list
}
