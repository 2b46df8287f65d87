package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/internal/peak"
	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
)

// newMeter returns a meter for a backend's work.
func newMeter(b *testing.B, backend *cpu.Backend) peak.Meter {
	b.Helper()
	_, table, _ := strings.Cut(backend.Name(), "/")
	return peak.NewMeter(b, table, backend.Threads())
}

// BenchmarkPeak reports the ceilings that the other benchmarks compare with.
func BenchmarkPeak(b *testing.B) { newMeter(b, newBackend(b)).Ceilings() }

// BenchmarkGenerator reconstructs photos of 256×256 pixels as scoring does: with
// running statistics, nothing recorded.
func BenchmarkGenerator(b *testing.B) {
	c := memae.DefaultConfig()
	for _, batch := range []int{1, 16} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			backend := newBackend(b)
			m := newMeter(b, backend)
			g := memae.NewGenerator(backend, c, rand.New(rand.NewPCG(1, 1)))
			g.SetTraining(false)
			g = g.Folded()
			resetResident()
			x, tape := randomImages(backend, batch, c.Size), autograd.NewTape(backend)
			run := func() {
				tape.NoGrad(func() { g.Forward(tape, x) })
				backend.Sync()
				tape.Reset()
			}
			m.Compute(2*int64(batch)*Generator(c).MACs(), run)
			reportResident(b, backend)
		})
	}
}

// networks are LPIPS' trunks, by the benchmarks' names.
var networks = []struct{ name, net string }{{"alex", "alex"}, {"squeeze", "squeeze"}, {"vgg16", "vgg"}, {"trustmae", "trustmae"}}

// BenchmarkLPIPSPair computes the map of distances between two images of 256×256
// pixels.
func BenchmarkLPIPSPair(b *testing.B) {
	const size = 256
	for _, n := range networks {
		b.Run("net="+n.name, func(b *testing.B) {
			backend := newBackend(b)
			m := newMeter(b, backend)
			distance := newLPIPS(b, backend, n.net)
			x, y := randomImages(backend, 1, size), randomImages(backend, 1, size)
			tape := autograd.NewTape(backend)
			run := func() {
				tape.NoGrad(func() { distance.Spatial(tape, x, y) })
				backend.Sync()
				tape.Reset()
			}
			macs, err := PairMACs(n.net, size)
			require.NoError(b, err)
			m.Compute(2*macs, run)
		})
	}
}

// BenchmarkDetect scores one photo of 256×256 pixels with everything that a user
// gets: reconstruction, map, scores, mask, regions.
func BenchmarkDetect(b *testing.B) {
	for _, n := range networks {
		b.Run("net="+n.name, func(b *testing.B) {
			c := memae.DefaultConfig()
			c.Score.Net, c.Weights = n.net, "random"
			backend := newBackend(b)
			m := newMeter(b, backend)
			d := opened(b, backend, c)
			resetResident()
			photo := []dataset.Image(randomPhotos(1, c.Size))
			run := func() {
				_, err := d.Score(context.Background(), photo)
				require.NoError(b, err)
			}
			macs, err := DetectMACs(c)
			require.NoError(b, err)
			m.Compute(2*macs, run)
			reportResident(b, backend)
		})
	}
}

// BenchmarkTrainStep takes training steps with VGG-19, discriminator and all
// losses.
func BenchmarkTrainStep(b *testing.B) { benchTrainStep(b, memae.DefaultConfig()) }

// BenchmarkTrainStepNoVGG is BenchmarkTrainStep without the VGG-19 loss.
func BenchmarkTrainStepNoVGG(b *testing.B) {
	c := memae.DefaultConfig()
	c.Loss.VGG = 0
	benchTrainStep(b, c)
}

func benchTrainStep(b *testing.B, c memae.Config) {
	c.Weights = "random"
	for _, batch := range []int{4, 16} {
		for _, size := range []int{128, 256} {
			b.Run(fmt.Sprintf("batch=%d,size=%d", batch, size), func(b *testing.B) {
				c := c
				c.Batch, c.Size = batch, size
				resetResident()
				backend := newBackend(b)
				m := newMeter(b, backend)
				s, err := memae.NewStepper(c, memae.Options{Backend: backend})
				require.NoError(b, err)
				data := randomPhotos(batch, size)
				step := func() {
					_, err := s.Step(data)
					require.NoError(b, err)
				}
				step() // the first two take memory
				m.Compute(2*StepMACs(c, batch), step)
				reportResident(b, backend)
			})
		}
	}
}
