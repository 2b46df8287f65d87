package bench

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
)

// newBackend returns a backend of its own memory, with as many threads as the
// -cpu flag says.
func newBackend(t testing.TB) *cpu.Backend {
	t.Helper()
	b, err := cpu.New(cpu.Options{})
	require.NoError(t, err)
	return b
}

// randomPhotos are photos of noise over a slope, pixels in [0,1], as
// memae.Data.
func randomPhotos(count, size int) photos {
	rng := rand.New(rand.NewPCG(1, 2))
	var list photos
	for range count {
		img := dataset.NewImage(size, size)
		for i := range img.Pix {
			img.Pix[i] = 0.5*float32(i%size)/float32(size) + 0.5*rng.Float32()
		}
		list = append(list, img)
	}
	return list
}

type photos []dataset.Image

func (p photos) Len() int                           { return len(p) }
func (p photos) Class(int) int                      { return 0 }
func (p photos) Image(i int) (dataset.Image, error) { return p[i], nil }

// randomImages is a batch [count,3,size,size] in [-1,1] that outlives tapes.
func randomImages(b kernels.Backend, count, size int) *autograd.Tensor {
	x := autograd.NewConstant(b, count, 3, size, size)
	var values []float32
	for _, img := range randomPhotos(count, size) {
		for _, v := range img.Pix {
			values = append(values, 2*v-1)
		}
	}
	x.Set(values)
	return x
}

// fitOnce returns a detector that has taken one step without VGG-19 and the
// discriminator: enough to score.
func fitOnce(t testing.TB, b kernels.Backend, c memae.Config) *memae.TrustMAE {
	t.Helper()
	c.Epochs, c.Batch = 1, 2
	c.Loss.VGG, c.Loss.GAN, c.Loss.Feature = 0, 0, 0
	d, err := memae.New(c, memae.Options{Backend: b})
	require.NoError(t, err)
	require.NoError(t, d.Fit(context.Background(), randomPhotos(2, c.Size)))
	return d
}

// opened returns a detector of fitOnce as a program has it that only scores: from a file,
// without what training needs.
func opened(t testing.TB, b kernels.Backend, c memae.Config) *memae.TrustMAE {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.safetensors")
	require.NoError(t, fitOnce(t, newBackend(t), c).Save(path))
	d, err := memae.Open(path, b)
	require.NoError(t, err)
	return d
}
