//go:build unix

package cpu

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
)

// layers are convolutions of the project's networks, batch 1: generator, VGG-19,
// discriminator, AlexNet.
var layers = []kernels.ConvShape{
	kernels.NewConvShape(1, 3, 256, 256, 32, 7, 7, 1, 3, 1),
	kernels.NewConvShape(1, 32, 256, 256, 3, 7, 7, 1, 3, 1),
	kernels.NewConvShape(1, 32, 256, 256, 64, 3, 3, 2, 1, 1),
	kernels.NewConvShape(1, 64, 128, 128, 128, 3, 3, 2, 1, 1),
	kernels.NewConvShape(1, 256, 32, 32, 512, 3, 3, 2, 1, 1),
	kernels.NewConvShape(1, 512, 16, 16, 512, 3, 3, 2, 1, 1),
	kernels.NewConvShape(1, 512, 8, 8, 512, 3, 3, 1, 1, 1),
	kernels.NewConvShape(16, 512, 8, 8, 512, 3, 3, 1, 1, 1),
	kernels.NewConvShape(1, 32, 256, 256, 64, 4, 4, 2, 1, 1),
	kernels.NewConvShape(1, 256, 32, 32, 512, 4, 4, 2, 1, 1),
	kernels.NewConvShape(1, 512, 16, 16, 512, 4, 4, 2, 1, 1),
	kernels.NewConvShape(16, 512, 16, 16, 512, 4, 4, 2, 1, 1),
	kernels.NewConvShape(16, 512, 16, 16, 512, 3, 3, 2, 1, 1),
	kernels.NewConvShape(1, 3, 256, 256, 64, 3, 3, 1, 1, 1),
	kernels.NewConvShape(1, 64, 256, 256, 64, 3, 3, 1, 1, 1),
	kernels.NewConvShape(1, 128, 128, 128, 128, 3, 3, 1, 1, 1),
	kernels.NewConvShape(1, 256, 64, 64, 256, 3, 3, 1, 1, 1),
	kernels.NewConvShape(1, 512, 32, 32, 512, 3, 3, 1, 1, 1),
	kernels.NewConvShape(16, 512, 32, 32, 512, 3, 3, 1, 1, 1),
	kernels.NewConvShape(2, 3, 256, 256, 64, 11, 11, 4, 2, 1),
	kernels.NewConvShape(2, 192, 15, 15, 384, 3, 3, 1, 1, 1),
}

// peaks remembers the measured rate of each table's multiply-adds.
var peaks = map[string]float64{}

// peak is a table's rate of multiply-adds in the first-level cache with all
// threads, in GFLOP/s: the best that a tile can reach.
func peak(b *testing.B, backend *Backend) float64 {
	b.Helper()
	if p := peaks[backend.table.name]; p > 0 {
		return p
	}
	k := backend.table.gemm
	best := 0.0
	for range 10 {
		start := processorTime()
		hotTiles(&k) // on one thread, whose time is exact; others' lags by a tick
		flops := float64(hotCalls * 2 * 256 * k.rows * k.cols)
		best = max(best, flops*float64(backend.threads)/(processorTime()-start)/1e9)
	}
	peaks[backend.table.name] = best
	return best
}

const hotCalls = 4000

func hotTiles(k *gemmKernels) {
	rows := make([]tileRow, k.rows)
	for i := range rows {
		rows[i].c = int32(i * k.cols)
	}
	c, a, w := alignedSlice(k.rows*k.cols), alignedSlice(16), alignedSlice(256*k.cols)
	steps := make([]int32, 256)
	for range hotCalls {
		k.tile(c, w[:k.cols], a, w, rows, steps)
	}
}

// processorTime is the process's seconds of computing, over all threads. Rates
// are taken from it, divided by the threads, so that other work on the machine
// does not lower them.
func processorTime() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// measure times f and reports its rate and share of the peak.
func measure(b *testing.B, backend *Backend, flops int64, f func()) {
	top := peak(b, backend)
	f()
	b.ReportAllocs()
	best := 0.0
	const group = 8
	for b.Loop() {
		start := processorTime()
		for range group {
			f()
		}
		best = max(best, group*float64(flops)*float64(backend.threads)/(processorTime()-start)/1e9)
	}
	b.ReportMetric(best, "GFLOP/s")
	b.ReportMetric(100*best/top, "%peak")
}

// eachTableBench runs a benchmark on every assembly table (the plain twins are
// hundreds of times slower).
func eachTableBench(b *testing.B, f func(b *testing.B, backend *Backend)) {
	for _, name := range List() {
		if name == "generic" {
			continue
		}
		b.Run(name, func(b *testing.B) {
			backend, err := New(Options{Table: name})
			require.NoError(b, err)
			f(b, backend)
		})
	}
}

// benchConv times one pass of every layer.
func benchConv(b *testing.B, pass func(backend *Backend, x, w, y kernels.Buffer, s kernels.ConvShape)) {
	eachTableBench(b, func(b *testing.B, backend *Backend) {
		for _, s := range layers {
			b.Run(s.String(), func(b *testing.B) {
				x, w, y := backend.Alloc(s.XLen()), backend.Alloc(s.WLen()), backend.Alloc(s.YLen())
				for _, t := range []kernels.Buffer{x, w, y} {
					backend.Fill(t, 0.5)
				}
				measure(b, backend, s.FLOPs(), func() { pass(backend, x, w, y, s) })
			})
		}
	})
}

func BenchmarkConvForward(b *testing.B) {
	benchConv(b, func(backend *Backend, x, w, y kernels.Buffer, s kernels.ConvShape) {
		backend.Conv2d(y, x, w, nil, s, 1)
	})
}

func BenchmarkConvBackwardData(b *testing.B) {
	benchConv(b, func(backend *Backend, x, w, y kernels.Buffer, s kernels.ConvShape) {
		backend.Conv2dBackwardData(x, y, w, s)
	})
}

func BenchmarkConvBackwardWeights(b *testing.B) {
	benchConv(b, func(backend *Backend, x, w, y kernels.Buffer, s kernels.ConvShape) {
		backend.Conv2dBackwardWeights(w, x, y, s)
	})
}

func BenchmarkGemm(b *testing.B) {
	eachTableBench(b, func(b *testing.B, backend *Backend) {
		for _, size := range [][3]int{{512, 512, 512}, {1024, 1024, 1024}, {4096, 64, 512}, {1024, 2000, 100}} {
			s := kernels.MatMulShape{M: size[0], N: size[1], K: size[2]}
			b.Run(fmt.Sprintf("M=%d,N=%d,K=%d", s.M, s.N, s.K), func(b *testing.B) {
				x, w, y := backend.Alloc(s.M*s.K), backend.Alloc(s.K*s.N), backend.Alloc(s.M*s.N)
				backend.Fill(x, 0.5)
				backend.Fill(w, 0.5)
				measure(b, backend, 2*int64(s.M)*int64(s.N)*int64(s.K), func() { backend.MatMul(y, x, w, s) })
			})
		}
	})
}
