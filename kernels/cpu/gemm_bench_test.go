package cpu

import (
	"fmt"
	"testing"

	"github.com/org/trustmae/internal/peak"
	"github.com/org/trustmae/kernels"
)

// filled is a buffer of n values.
func filled(backend *Backend, n int) kernels.Buffer {
	x := backend.Alloc(n)
	backend.Fill(x, 0.5)
	return x
}

// written is n values that have been written, aligned. Fresh memory that has only been
// read is one and the same page of zeros many times over, which the first-level cache of
// some processors does not hold under several addresses at once.
func written(n int) []float32 {
	x := alignedSlice(n)
	for i := range x {
		x[i] = 0.5
	}
	return x
}

// meter reports the rate of a backend's work.
func meter(b *testing.B, backend *Backend) peak.Meter {
	return peak.NewMeter(b, backend.table.name, backend.threads)
}

// BenchmarkPeak reports the ceilings that the other benchmarks compare with.
func BenchmarkPeak(b *testing.B) { meter(b, open(b, "", 0)).Ceilings() }

// products are square ones, and those of a training step at batch 16: the
// memory's distances, its mixture, and their gradients.
var products = []kernels.MatMulShape{
	{M: 512, N: 512, K: 512},
	{M: 1024, N: 1024, K: 1024},
	{M: 2048, N: 2048, K: 2048},
	{M: 1024, N: 64, K: 512, TransB: true},
	{M: 1024, N: 512, K: 64},
	{M: 64, N: 512, K: 1024, TransA: true},
}

// BenchmarkGemm times matrix products with every table but the plain one, which is
// hundreds of times slower.
func BenchmarkGemm(b *testing.B) {
	for _, table := range List() {
		if table == "generic" {
			continue
		}
		for _, s := range products {
			b.Run(fmt.Sprintf("%s/M=%d,N=%d,K=%d", table, s.M, s.N, s.K), func(b *testing.B) {
				backend := open(b, table, 0)
				p, q, y := filled(backend, s.M*s.K), filled(backend, s.K*s.N), filled(backend, s.M*s.N)
				meter(b, backend).Compute(2*int64(s.M)*int64(s.N)*int64(s.K), func() { backend.MatMul(y, p, q, s) })
			})
		}
	}
}

// BenchmarkTile times the tiles under products and convolutions by themselves, on
// one thread and in the first-level cache: what these can hardly exceed.
func BenchmarkTile(b *testing.B) {
	const tiles, depth = 4, 256
	for _, table := range List() {
		if table == "generic" {
			continue
		}
		backend := open(b, table, 1)
		g := &backend.table.gemm
		left, panel := written(g.rows*depth), written(depth*g.cols)
		out, init := written(tiles*g.rows*g.cols), written(g.cols)
		var rows []tileRow
		for i := range tiles * g.rows {
			rows = append(rows, tileRow{int32(i % g.rows * depth), int32(i * g.cols)})
		}
		var steps []int32
		for k := range depth {
			steps = append(steps, int32(k))
		}
		for _, kernel := range []struct {
			name string
			run  func()
		}{
			{"dense", func() { g.dense(out, init, left, panel, rows, depth) }},
			{"gather", func() { g.tile(out, init, left, panel, rows, steps) }},
		} {
			b.Run(table+"/"+kernel.name, func(b *testing.B) {
				meter(b, backend).Compute(2*int64(len(rows))*int64(g.cols)*depth, kernel.run)
			})
		}
	}
}

// BenchmarkProductParts times what a product of 1024³ is made of, on one thread: the
// tiles of a block of the left operand in the second-level cache with 64 panels of the
// right one, and the copies of both operands.
func BenchmarkProductParts(b *testing.B) {
	const n, rows = 1024, 96
	backend := open(b, "", 1)
	g := &backend.table.gemm
	m := &matMul{kernels: g, m: n, n: n, k: n, y: written(n * n), a: written(n * n), zeros: written(g.cols), panels: written(n * n)}
	right, left := written(n*n), written(rows*n)
	depth := m.depth()
	stride := depth + alignment
	var block []tileRow
	for i := range rows {
		block = append(block, tileRow{int32(i * stride), int32(i * n)})
	}
	b.Run("tiles", func(b *testing.B) {
		meter(b, backend).Compute(2*rows*n*int64(depth), func() {
			for j := 0; j < n; j += g.cols {
				g.denseTiles(m.y[j:], nil, left, m.panels[j*depth:], block, depth)
			}
		})
	})
	b.Run("right", func(b *testing.B) {
		for b.Loop() {
			for k := 0; k < n; k += packDepth {
				for j := 0; j < n; j += packWidth {
					m.packRows(right, k, j)
				}
			}
		}
	})
	b.Run("left", func(b *testing.B) {
		for b.Loop() {
			for i := 0; i < n; i += rows {
				m.packLeft(left, n, i, min(i+rows, n), 0, n)
			}
		}
	})
	b.Run("product", func(b *testing.B) {
		y, p, q := filled(backend, n*n), filled(backend, n*n), filled(backend, n*n)
		meter(b, backend).Compute(2*n*n*n, func() { backend.MatMul(y, p, q, kernels.MatMulShape{M: n, N: n, K: n}) })
	})
}
