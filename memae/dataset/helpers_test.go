package dataset

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// noiseImage returns seeded uniform noise.
func noiseImage(width, height int, seed uint64) Image {
	rng := rand.New(rand.NewPCG(seed, 0))
	img := NewImage(width, height)
	for i := range img.Pix {
		img.Pix[i] = rng.Float32()
	}
	return img
}

// write puts a file below dir, making folders on the way, and returns its path.
func write(t testing.TB, dir, rel string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(rel))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, data, 0o644))
	return path
}
