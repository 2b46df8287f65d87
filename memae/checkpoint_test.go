package memae

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/nn"
	"github.com/org/trustmae/perceptual"
)

// A run can not go on with other weights behind its feature loss.
func TestCheckpointRefusesOtherFeatures(t *testing.T) {
	b, dir := backend(t), t.TempDir()
	checkpoint := filepath.Join(dir, "run.checkpoint")
	folder := func(seed uint64) string {
		own := t.TempDir()
		network := perceptual.NewTrainable(b, perceptual.Embedded, seed)
		require.NoError(t, safetensors.WriteFile(filepath.Join(own, perceptual.EmbeddedFile), nn.SaveState(network.State()), nil))
		return own
	}
	first, same, other := folder(1), folder(1), folder(2)
	run := func(weights string, epochs int) error {
		c := tinyConfig()
		c.Weights, c.Loss.VGG, c.Loss.Net, c.Epochs = "path", 1, "trustmae", epochs
		d, err := New(c, Options{Backend: b, WeightsDir: weights, Checkpoint: checkpoint, Resume: true})
		require.NoError(t, err)
		return d.Fit(context.Background(), shapes{4, -1})
	}
	require.NoError(t, run(first, 1))
	err := run(other, 2)
	require.ErrorIs(t, err, ErrCheckpoint)
	require.ErrorContains(t, err, "other weights of the feature network")
	require.NoError(t, run(same, 2), "a copy of the folder")
}
