package gpu

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda"
	"github.com/org/trustmae/kernels/cuda/standin"
	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
)

// size of the timed photos, in pixels. On the stand-in the benchmarks only have to
// run.
func size() int {
	if standin.Real() {
		return 256
	}
	return 64 // the least that a model takes
}

// open returns the device, or skips; what it gives back is timed by wall clock
// with Sync, since a call returns before its work is done.
func open(b *testing.B) *cuda.Backend {
	b.Helper()
	if err := standin.Use(); err != nil {
		standin.Skip(b, err)
	}
	gpu, err := cuda.Open(cuda.Options{})
	if err != nil {
		standin.Skip(b, err)
	}
	return gpu
}

// loop times run after two runs to warm up, and reports the best time too.
func loop(b *testing.B, gpu *cuda.Backend, run func()) (best time.Duration) {
	b.Helper()
	for range 2 {
		run()
	}
	gpu.Sync()
	best = time.Hour
	for b.Loop() {
		start := time.Now()
		run()
		gpu.Sync()
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(best.Nanoseconds())/1e6, "best-ms")
	return best
}

// values returns a buffer of the device that holds n normal values.
func values(gpu *cuda.Backend, n int) kernels.Buffer {
	rng, host := rand.New(rand.NewPCG(1, 1)), make([]float32, n)
	for i := range host {
		host[i] = float32(rng.NormFloat64())
	}
	x := gpu.Alloc(n)
	gpu.Upload(x, host)
	return x
}

// BenchmarkCopy is the ceiling of what memory gives: reads and writes counted.
func BenchmarkCopy(b *testing.B) {
	gpu := open(b)
	n := size() * size() << 8
	x, y := values(gpu, n), gpu.Alloc(n)
	best := loop(b, gpu, func() { gpu.Copy2d(y, x, 1, n, n, n) })
	b.ReportMetric(8*float64(n)/best.Seconds()/1e9, "GB/s")
}

// BenchmarkMatMul is the ceiling of products.
func BenchmarkMatMul(b *testing.B) {
	gpu := open(b)
	n := 4096
	if !standin.Real() {
		n = size()
	}
	x, y, z := values(gpu, n*n), values(gpu, n*n), gpu.Alloc(n*n)
	best := loop(b, gpu, func() { gpu.MatMul(z, x, y, kernels.MatMulShape{M: n, N: n, K: n}) })
	b.ReportMetric(2*float64(n)*float64(n)*float64(n)/best.Seconds()/1e12, "TFLOP/s")
}

// BenchmarkConv2d times the directions of a layer of the discriminator's and
// generator's kind.
func BenchmarkConv2d(b *testing.B) {
	gpu := open(b)
	s := kernels.NewConvShape(size()/16, size()/2, size()/4, size()/4, size()/2, 3, 3, 1, 1, 1)
	x, w, y := values(gpu, s.XLen()), values(gpu, s.WLen()), values(gpu, s.YLen())
	for _, pass := range []struct {
		name string
		run  func()
	}{
		{"forward", func() { gpu.Conv2d(y, x, w, nil, s, 1) }},
		{"backward-data", func() { gpu.Conv2dBackwardData(x, y, w, s) }},
		{"backward-weights", func() { gpu.Conv2dBackwardWeights(w, x, y, s) }},
	} {
		b.Run(fmt.Sprintf("%s/%v", pass.name, s), func(b *testing.B) {
			best := loop(b, gpu, pass.run)
			b.ReportMetric(float64(s.FLOPs())/best.Seconds()/1e12, "TFLOP/s")
		})
	}
}

// photos are noise over a slope, as memae.Data.
type photos struct{ count int }

func (p photos) Len() int      { return p.count }
func (p photos) Class(int) int { return 0 }
func (p photos) Image(i int) (dataset.Image, error) {
	rng, img := rand.New(rand.NewPCG(uint64(i), 2)), dataset.NewImage(size(), size())
	for k := range img.Pix {
		img.Pix[k] = 0.5*float32(k%size())/float32(size()) + 0.5*rng.Float32()
	}
	return img, nil
}

// config is the default model's; a narrow one on the stand-in.
func config() memae.Config {
	c := memae.DefaultConfig()
	c.Size, c.Weights = size(), "random"
	if !standin.Real() {
		c.Batch, c.Generator.Width, c.Discriminator.Width, c.Memory.Dim, c.Loss.VGG = 2, 4, 4, 16, 0
	}
	return c
}

// BenchmarkGenerator reconstructs photos as scoring does.
func BenchmarkGenerator(b *testing.B) {
	for _, batch := range []int{1, 16} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			gpu, c := open(b), config()
			g := memae.NewGenerator(gpu, c, rand.New(rand.NewPCG(1, 1)))
			g.SetTraining(false)
			g = g.Folded()
			x, tape := autograd.NewConstant(gpu, batch, 3, c.Size, c.Size), autograd.NewTape(gpu)
			loop(b, gpu, func() {
				tape.NoGrad(func() { g.Forward(tape, x) })
				tape.Reset()
			})
		})
	}
}

// BenchmarkTrainStep takes training steps with all losses.
func BenchmarkTrainStep(b *testing.B) {
	gpu, c := open(b), config()
	s, err := memae.NewStepper(c, memae.Options{Backend: gpu})
	require.NoError(b, err)
	loop(b, gpu, func() {
		_, err := s.Step(photos{c.Batch})
		require.NoError(b, err)
	})
	b.ReportMetric(float64(gpu.Stats().Reserved)/(1<<20), "MiB-device")
}
