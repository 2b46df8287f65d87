package gpu

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/bench"
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

// loop times run after two runs to warm up, and reports the median and best time.
func loop(b *testing.B, gpu *cuda.Backend, run func()) (best time.Duration) {
	b.Helper()
	for range 2 {
		run()
	}
	gpu.Sync()
	var times []time.Duration
	for b.Loop() {
		start := time.Now()
		run()
		gpu.Sync()
		times = append(times, time.Since(start))
	}
	return report(b, times)
}

// report tells the median and the best of times.
func report(b *testing.B, times []time.Duration) (best time.Duration) {
	slices.Sort(times)
	milliseconds := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
	b.ReportMetric(milliseconds(times[0]), "best-ms")
	b.ReportMetric(milliseconds(times[len(times)/2]), "median-ms")
	return times[0]
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

// BenchmarkMatMul is the ceiling of products: in single precision, and in TF32,
// which convolutions compute in, as one of 1×1.
func BenchmarkMatMul(b *testing.B) {
	n := onlyReal(4096, 64)
	flops := 2 * float64(n) * float64(n) * float64(n)
	b.Run("f32", func(b *testing.B) {
		gpu := open(b)
		x, y, z := values(gpu, n*n), values(gpu, n*n), gpu.Alloc(n*n)
		best := loop(b, gpu, func() { gpu.MatMul(z, x, y, kernels.MatMulShape{M: n, N: n, K: n}) })
		b.ReportMetric(flops/best.Seconds()/1e12, "TFLOP/s")
	})
	b.Run("tf32", func(b *testing.B) {
		gpu := open(b)
		rows := onlyReal(64, 8) // rows×columns pixels are the product's n columns
		s := kernels.NewConvShape(1, n, rows, n/rows, n, 1, 1, 1, 0, 1)
		x, w, y := values(gpu, n*n), values(gpu, n*n), gpu.Alloc(n*n)
		best := loop(b, gpu, func() { gpu.Conv2d(y, x, w, nil, s, 1) })
		b.ReportMetric(flops/best.Seconds()/1e12, "TFLOP/s")
	})
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

// photos are noise over a slope, made beforehand, as memae.Data.
type photos []dataset.Image

func newPhotos(count int) photos {
	rng, list := rand.New(rand.NewPCG(1, 2)), make(photos, count)
	for i := range list {
		list[i] = dataset.NewImage(size(), size())
		for k := range list[i].Pix {
			list[i].Pix[k] = 0.5*float32(k%size())/float32(size()) + 0.5*rng.Float32()
		}
	}
	return list
}

func (p photos) Len() int                           { return len(p) }
func (p photos) Class(int) int                      { return 0 }
func (p photos) Image(i int) (dataset.Image, error) { return p[i], nil }

// config is the default model's; a narrow one on the stand-in.
func config() memae.Config {
	c := memae.DefaultConfig()
	c.Size, c.Weights, c.Score.Net, c.Loss.Net = size(), "random", "alex", "vgg19"
	if !standin.Real() {
		c.Batch, c.Generator.Width, c.Discriminator.Width, c.Memory.Dim, c.Loss.VGG = 2, 4, 4, 16, 0
	}
	return c
}

// onlyReal is n on a GPU; the stand-in makes do with less.
func onlyReal(n, less int) int {
	if standin.Real() {
		return n
	}
	return less
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

// BenchmarkDetect scores 64 photos: reconstruction, map, scores, mask and regions,
// with the results on the host.
func BenchmarkDetect(b *testing.B) {
	b.Run("batch=64", func(b *testing.B) {
		gpu, c := open(b), config()
		c.Epochs, c.Batch = 1, 2
		c.Loss.VGG, c.Loss.GAN, c.Loss.Feature = 0, 0, 0
		d, err := memae.New(c, memae.Options{Backend: gpu})
		require.NoError(b, err)
		require.NoError(b, d.Fit(b.Context(), newPhotos(2)))
		list := newPhotos(onlyReal(64, 3))
		loop(b, gpu, func() {
			_, err := d.Score(b.Context(), list)
			require.NoError(b, err)
		})
	})
}

// BenchmarkTrainStep trains with all losses as memae.Fit does, loader and
// augmentation at work beside the steps; a step lasts from the figures of one to
// those of the next.
func BenchmarkTrainStep(b *testing.B) {
	gpu, c := open(b), config()
	const warm = 5
	steps := onlyReal(60, warm+2)
	list := newPhotos(c.Batch * onlyReal(4, 1))
	c.Epochs, c.MinUpdates, c.DropLast, c.Augment.FlipH, c.Augment.Rot = 1, steps, true, true, "k90"
	var times []time.Duration
	for b.Loop() {
		var last time.Time
		d, err := memae.New(c, memae.Options{Backend: gpu, Hooks: memae.Hooks{Step: func(s memae.StepStats) {
			if s.Step > warm {
				times = append(times, time.Since(last))
			}
			last = time.Now()
		}}})
		require.NoError(b, err)
		require.NoError(b, d.Fit(b.Context(), list))
	}
	report(b, times)
	bytes, err := bench.StepBytes(c, c.Batch)
	require.NoError(b, err)
	b.ReportMetric(2*float64(bench.StepMACs(c, c.Batch))/1e9, "step-GFLOP")
	b.ReportMetric(float64(bytes)/1e9, "step-GB")
	b.ReportMetric(float64(gpu.Stats().Reserved)/(1<<20), "MiB-device")
}
