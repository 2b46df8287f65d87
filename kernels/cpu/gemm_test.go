package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
)

// matProduct is op(a)·op(b) in float64.
func matProduct(a, b []float32, s kernels.MatMulShape) []float64 {
	y := make([]float64, s.M*s.N)
	for i := range s.M {
		for j := range s.N {
			for k := range s.K {
				ai, bi := i*s.K+k, k*s.N+j
				if s.TransA {
					ai = k*s.M + i
				}
				if s.TransB {
					bi = j*s.K + k
				}
				y[i*s.N+j] += float64(a[ai]) * float64(b[bi])
			}
		}
	}
	return y
}

func TestMatMul(t *testing.T) {
	shapes := [][3]int{{1, 1, 1}, {1, 33, 5}, {8, 32, 16}, {9, 31, 257}, {97, 65, 3}, {100, 513, 40}, {6, 16, 600}, {13, 100, 17}, {200, 20, 1100}, {7, 2051, 1030}}
	eachTable(t, func(t *testing.T, b *Backend) {
		for i, size := range shapes {
			for bits := range 8 {
				if testing.Short() && bits%4 != i%4 {
					continue
				}
				s := kernels.MatMulShape{M: size[0], N: size[1], K: size[2], TransA: bits&1 != 0, TransB: bits&2 != 0, Accumulate: bits&4 != 0}
				t.Run(fmt.Sprintf("%+v", s), func(t *testing.T) { checkMatMul(t, b, s, uint64(i)) })
			}
		}
	})
}

func checkMatMul(t *testing.T, b *Backend, s kernels.MatMulShape, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 3))
	p, q := normals(rng, s.M*s.K), normals(rng, s.K*s.N)
	want := matProduct(p, q, s)
	var old []float32
	if s.Accumulate {
		old = normals(rng, s.M*s.N)
		for i, v := range old {
			want[i] += float64(v)
		}
	}
	x, w, y := guard(b, p, len(p)), guard(b, q, len(q)), guard(b, old, s.M*s.N)
	b.MatMul(y.Buffer, x.Buffer, w.Buffer, s)
	requireClose(t, "y", y.values(t), want, s.K, 1)
	require.Equal(t, p, x.values(t))
	require.Equal(t, q, w.values(t))
}

func TestMatMulPropagatesNaN(t *testing.T) {
	eachTable(t, func(t *testing.T, b *Backend) {
		s := kernels.MatMulShape{M: 9, N: 35, K: 20}
		p, q := make([]float32, s.M*s.K), make([]float32, s.K*s.N)
		p[3*s.K+4] = float32(math.NaN())
		q[5*s.N+6] = float32(math.Inf(1))
		x, w, y := guard(b, p, len(p)), guard(b, q, len(q)), guard(b, nil, s.M*s.N)
		b.MatMul(y.Buffer, x.Buffer, w.Buffer, s)
		for i, v := range y.values(t) {
			require.Equal(t, i/s.N == 3 || i%s.N == 6, v != v, "row %d, column %d", i/s.N, i%s.N)
		}
	})
}

// TestMatMulSameBitsWithAnyThreads: into how many parts the rows are cut depends on
// the threads, the values do not.
func TestMatMulSameBitsWithAnyThreads(t *testing.T) {
	for _, s := range []kernels.MatMulShape{{M: 250, N: 40, K: 300, Accumulate: true}, {M: 610, N: 40, K: 1030, Accumulate: true}} {
		rng := rand.New(rand.NewPCG(5, 3))
		p, q, old := normals(rng, s.M*s.K), normals(rng, s.K*s.N), normals(rng, s.M*s.N)
		var first []float32
		for _, threads := range []int{1, 2, 3, 7} {
			b := open(t, "", threads)
			x, w, y := guard(b, p, len(p)), guard(b, q, len(q)), guard(b, old, s.M*s.N)
			b.MatMul(y.Buffer, x.Buffer, w.Buffer, s)
			if got := y.values(t); first == nil {
				first = got
			} else {
				require.Equal(t, first, got, "%d threads", threads)
			}
		}
	}
}

// TestMatMulCuts: blocks are whole tiles of at most some height, and where there are
// many, the last one is low.
func TestMatMulCuts(t *testing.T) {
	for _, rows := range []int{4, 6, 8} {
		for _, threads := range []int{1, 2, 3, 16} {
			for _, size := range []int{1, 5, 48, 97, 1000, 1024, 4097} {
				m := &matMul{kernels: &gemmKernels{rows: rows}, m: size, n: 64, k: 1024}
				cuts := m.cuts(threads)
				require.Equal(t, 0, cuts[0])
				require.Equal(t, size, cuts[len(cuts)-1])
				highest := 0
				for i, at := range cuts[1:] {
					require.Greater(t, at, cuts[i])
					require.True(t, at%rows == 0 || at == size, "%d rows in blocks of %d: %v", size, rows, cuts)
					highest = max(highest, at-cuts[i])
				}
				require.LessOrEqual(t, highest, 48+rows)
				if len(cuts)-1 >= manyBlocks*threads && threads > 1 {
					require.LessOrEqual(t, size-cuts[len(cuts)-2], highest/2)
				}
			}
		}
	}
}
