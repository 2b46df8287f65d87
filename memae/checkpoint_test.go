package memae

import (
	"context"
	"path/filepath"
	"strings"
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

// Checkpoints of earlier programs hold the optimisers' first moments, which a run
// without momentum does not need.
func TestCheckpointWithFirstMoments(t *testing.T) {
	o := Options{Backend: backend(t), Checkpoint: filepath.Join(t.TempDir(), "run.checkpoint"), Resume: true}
	c := tinyConfig()
	c.Epochs = 1
	fit(t, c, o, shapes{4, -1})
	tensors, metadata, err := safetensors.ReadFile(o.Checkpoint)
	require.NoError(t, err)
	for _, e := range tensors {
		if name, second := strings.CutSuffix(e.Name, "_sq"); second {
			e.Name = name
			tensors = append(tensors, e)
		}
	}
	metadata, err = safetensors.Seal(tensors, metadata)
	require.NoError(t, err)
	require.NoError(t, safetensors.WriteFile(o.Checkpoint, tensors, metadata))
	c.Epochs = 2
	fit(t, c, o, shapes{4, -1})
}
