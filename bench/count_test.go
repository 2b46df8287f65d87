package bench

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/internal/layers"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
	"github.com/org/trustmae/perceptual"
)

// The figures of the specification.
func TestTablesAgainstSpecification(t *testing.T) {
	five, three := memae.DefaultConfig(), memae.PaperConfig("grid")
	macs := func(t layers.Table) float64 { return float64(t.MACs()) / 1e9 }
	weights := func(t layers.Table) float64 { return float64(t.Weights()) / 1e6 }
	tests := []struct {
		name        string
		got, want   float64
		halfOfPlace float64 // the specification rounds to this
	}{
		{"generator, GMAC", macs(Generator(five)), 5.3, 0.05},
		{"generator of three stages, GMAC", macs(Generator(three)), 18.5, 0.05},
		{"discriminator, GMAC", macs(Discriminator(five)), 0.7, 0.05},
		{"encoder, million weights", weights(generator(five).Encoder()), 11.0, 0.05},
		{"decoder, million weights", weights(generator(five).Decoder()), 14.1, 0.05},
		{"generator, million weights", weights(generator(five).Encoder()) + weights(generator(five).Decoder()), 25.1, 0.05},
		{"discriminator, million weights", weights(Discriminator(five)), 11.2, 0.05},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.InDelta(t, tt.want, tt.got, tt.halfOfPlace) })
	}
}

// The layers that the kernels' benchmarks time are those of the defaults.
func TestBenchmarkedGenerators(t *testing.T) {
	require.Equal(t, layers.FiveStages(256), generator(memae.DefaultConfig()))
	require.Equal(t, layers.ThreeStages(256), generator(memae.PaperConfig("grid")))
	require.Equal(t, layers.Discriminator(256, 32), Discriminator(memae.DefaultConfig()))
}

// counter adds up the convolutions and matrix products that a program asks of a
// backend, and computes them.
type counter struct {
	kernels.Backend
	macs  int64
	heads int64 // LPIPS' channel-weighted sums, 1×1 convolutions to one channel
}

func (c *counter) conv(s kernels.ConvShape) {
	if s.KH == 1 && s.OutC == 1 {
		c.heads += s.FLOPs() / 2
		return
	}
	c.macs += s.FLOPs() / 2
}

func (c *counter) MatMul(y, a, b kernels.Buffer, s kernels.MatMulShape) {
	c.macs += int64(s.M) * int64(s.N) * int64(s.K)
	c.Backend.MatMul(y, a, b, s)
}

// ReadMemory counts distances and mixture as the dense products that the table
// has.
func (c *counter) ReadMemory(y, w, d, z, m kernels.Buffer, s kernels.MemoryShape) {
	c.macs += 2 * int64(s.R) * int64(s.M) * int64(s.Z)
	c.Backend.ReadMemory(y, w, d, z, m, s)
}

func (c *counter) MixtureBackward(dd, dm, dy, w, m kernels.Buffer, s kernels.MemoryShape) {
	c.gradients(s, dd, dm)
	c.Backend.MixtureBackward(dd, dm, dy, w, m, s)
}

func (c *counter) DistanceBackward(dz, dm, dd, d, z, m kernels.Buffer, s kernels.MemoryShape) {
	c.gradients(s, dz, dm)
	c.Backend.DistanceBackward(dz, dm, dd, d, z, m, s)
}

// gradients counts a dense product for each gradient that is wanted.
func (c *counter) gradients(s kernels.MemoryShape, wanted ...kernels.Buffer) {
	for _, x := range wanted {
		if x != nil {
			c.macs += int64(s.R) * int64(s.M) * int64(s.Z)
		}
	}
}

func (c *counter) Conv2d(y, x, w, bias kernels.Buffer, s kernels.ConvShape, slope float32) {
	c.conv(s)
	c.Backend.Conv2d(y, x, w, bias, s, slope)
}

func (c *counter) ConvTranspose2d(y, x, w, bias kernels.Buffer, s kernels.ConvShape, slope float32) {
	c.conv(s)
	c.Backend.ConvTranspose2d(y, x, w, bias, s, slope)
}

func (c *counter) Conv2dBackwardData(dx, dy, w kernels.Buffer, s kernels.ConvShape) {
	c.conv(s)
	c.Backend.Conv2dBackwardData(dx, dy, w, s)
}

func (c *counter) Conv2dBackwardWeights(dw, x, dy kernels.Buffer, s kernels.ConvShape) {
	c.conv(s)
	c.Backend.Conv2dBackwardWeights(dw, x, dy, s)
}

// narrow is a configuration that computes in an instant.
func narrow(stages int) memae.Config {
	c := memae.DefaultConfig()
	c.Size, c.Weights, c.Memory.Init = 64, "random", "normal"
	c.Score.Net, c.Loss.Net = "alex", "vgg19"
	c.Generator.Stages, c.Generator.Width, c.Discriminator.Width = stages, 4, 4
	c.Memory.Slots, c.Memory.Dim, c.Generator.Z3 = 8, 16, 24
	return c
}

// The tables count what the networks really ask of a backend.
func TestGeneratorCount(t *testing.T) {
	for _, c := range []memae.Config{narrow(5), narrow(3)} {
		backend := &counter{Backend: newBackend(t)}
		g := memae.NewGenerator(backend, c, rand.New(rand.NewPCG(1, 1)))
		g.SetTraining(false)
		tape := autograd.NewTape(backend)
		tape.NoGrad(func() { g.Forward(tape, randomImages(backend, 2, c.Size)) })
		require.Equal(t, 2*Generator(c).MACs(), backend.macs, "%d stages", c.Generator.Stages)
	}
}

func TestPairCount(t *testing.T) {
	for _, net := range []string{"alex", "squeeze", "vgg", "trustmae"} {
		t.Run(net, func(t *testing.T) {
			backend := &counter{Backend: newBackend(t)}
			distance := newLPIPS(t, backend, net)
			size := max(distance.MinSize(), 71)
			tape := autograd.NewTape(backend)
			x, y := randomImages(backend, 1, size), randomImages(backend, 1, size)
			tape.NoGrad(func() { distance.Spatial(tape, x, y) })
			want, err := PairMACs(net, size)
			require.NoError(t, err)
			require.Equal(t, want, backend.macs)
			require.Less(t, backend.heads, want/50, "the part left out is small")
		})
	}
	_, err := PairMACs("resnet", 64)
	require.ErrorContains(t, err, "alex, vgg, squeeze or trustmae")
}

func TestDetectCount(t *testing.T) {
	c := narrow(5)
	backend := &counter{Backend: newBackend(t)}
	d := fitOnce(t, backend, c)
	backend.macs = 0
	_, err := d.Score(context.Background(), []dataset.Image{randomPhotos(1, c.Size)[0]})
	require.NoError(t, err)
	want, err := DetectMACs(c)
	require.NoError(t, err)
	require.Equal(t, want, backend.macs)
}

func TestStepCount(t *testing.T) {
	for _, vgg := range []float64{0, 10} {
		c := narrow(5)
		c.Loss.VGG = vgg
		backend := &counter{Backend: newBackend(t)}
		s, err := memae.NewStepper(c, memae.Options{Backend: backend})
		require.NoError(t, err)
		for range 2 {
			backend.macs = 0
			_, err = s.Step(randomPhotos(3, c.Size))
			require.NoError(t, err)
			require.Equal(t, StepMACs(c, 3), backend.macs, "VGG weight %v", vgg)
		}
	}
}

func newLPIPS(t testing.TB, b kernels.Backend, net string) *perceptual.LPIPS {
	t.Helper()
	weights := perceptual.RandomWeights(1)
	distance, err := perceptual.NewLPIPS(b, weights, perceptual.LPIPSOptions{Net: net})
	require.NoError(t, err)
	return distance
}
