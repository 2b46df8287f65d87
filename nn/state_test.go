package nn

import (
	"bytes"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/internal/safetensors"
)

// TestStreamState writes the bytes that SaveState would, without its copies.
func TestStreamState(t *testing.T) {
	conv := NewConv2d(backend, 256, 512, 3, Conv2dOptions{Bias: true})
	InitNormal(conv, 0.1, rand.New(rand.NewPCG(1, 0)))
	var want, got bytes.Buffer
	require.NoError(t, safetensors.Write(&want, SaveState(conv.State()), nil))
	require.NoError(t, safetensors.Write(&got, StreamState(conv.State()), nil))
	require.Equal(t, want.Bytes(), got.Bytes())

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.NoError(t, safetensors.Write(io.Discard, StreamState(conv.State()), nil))
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(want.Len()/4))
}
