package memae

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/perceptual"
)

// Without a folder of weights the embedded network serves, for the loss and the
// map, and the model's file needs nothing else.
func TestNetworksWithoutFolder(t *testing.T) {
	b, err := cpu.Default()
	require.NoError(t, err)
	c := tinyConfig()
	c.Weights, c.Loss.VGG, c.Score.Map, c.Epochs = "path", 10, "msepd", 1
	d, err := New(c, Options{Backend: b})
	require.NoError(t, err)
	require.Equal(t, "trustmae", d.Config().Score.Net)
	require.Equal(t, "trustmae", d.Config().Loss.Net)
	require.Equal(t, "trustmae: embedded", d.Provenance().Perceptual)
	require.Equal(t, "trustmae: embedded", d.Provenance().Features)
	require.Empty(t, d.Warnings())

	require.NoError(t, d.Fit(t.Context(), shapes{count: 6, spoil: -1}))
	path := filepath.Join(t.TempDir(), "model.safetensors")
	require.NoError(t, d.Save(path))
	opened, err := Open(path, b)
	require.NoError(t, err)
	require.Equal(t, "trustmae", opened.Config().Score.Net)
}

func TestNamedNetworks(t *testing.T) {
	b, err := cpu.Default()
	require.NoError(t, err)
	c := tinyConfig()
	c.Weights, c.Score.Map, c.Score.Net = "path", "pd", "alex"
	_, err = New(c, Options{Backend: b})
	require.ErrorIs(t, err, perceptual.ErrNoWeights)

	c.Weights = "random"
	d, err := New(c, Options{Backend: b})
	require.NoError(t, err)
	require.Len(t, d.Warnings(), 1)
	require.Contains(t, d.Warnings()[0], "random")
}
