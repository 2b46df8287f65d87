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
	shapes := [][3]int{{1, 1, 1}, {1, 33, 5}, {8, 32, 16}, {9, 31, 257}, {97, 65, 3}, {100, 513, 40}, {6, 16, 600}, {13, 100, 17}}
	eachTable(t, func(t *testing.T, b *Backend) {
		for i, size := range shapes {
			for bits := range 8 {
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

// TestTileAgainstTwin compares every table's tile with the plain one.
func TestTileAgainstTwin(t *testing.T) {
	for _, table := range tables() {
		if !table.supported {
			continue
		}
		t.Run(table.name, func(t *testing.T) {
			g := table.gemm
			rng := rand.New(rand.NewPCG(5, 5))
			for k := range 40 {
				a, init := normals(rng, 500), normals(rng, g.cols)
				b := normals(rng, k*g.cols)
				steps := make([]int32, k)
				for i := range steps {
					steps[i] = int32(rng.IntN(250))
				}
				rows := make([]tileRow, g.rows)
				order := rng.Perm(g.rows)
				for i := range rows {
					rows[i] = tileRow{int32(rng.IntN(250)), int32(order[i]*(g.cols+3) + 1)}
				}
				for _, start := range [][]float32{nil, init} {
					got := normals(rng, g.rows*(g.cols+3)+2)
					want := append([]float32(nil), got...)
					g.tile(got, start, a, b, rows, steps)
					tileTwin(g.rows, g.cols, want, start, a, b, rows, steps)
					for i := range want {
						require.InDelta(t, want[i], got[i], 1e-4, "k %d, value %d", k, i)
					}
				}
			}
		})
	}
}

func TestTransposeAgainstTwin(t *testing.T) {
	for _, table := range tables() {
		if !table.supported {
			continue
		}
		t.Run(table.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(6, 6))
			for rows := 1; rows < 40; rows++ {
				for cols := 1; cols <= 16; cols++ {
					dstStride, srcStride := rows+rng.IntN(3), cols+rng.IntN(3)
					src := normals(rng, rows*srcStride)
					got := make([]float32, cols*dstStride+2*margin)
					want := make([]float32, len(got))
					table.gemm.transpose(got[margin:], dstStride, src, srcStride, rows, cols)
					transpose16(want[margin:], dstStride, src, srcStride, rows, cols)
					require.Equal(t, want, got, "%d rows, %d columns", rows, cols)
				}
			}
		})
	}
}
