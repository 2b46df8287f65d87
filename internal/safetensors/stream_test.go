package safetensors

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestValuesFromElsewhere writes the same bytes, and the same digest, from At as
// from Data, asking for a piece at a time.
func TestValuesFromElsewhere(t *testing.T) {
	data := make([]float32, 2*chunk+7)
	for i := range data {
		data[i] = float32(i)
	}
	longest := 0
	at := func(dst []float32, offset int) {
		longest = max(longest, len(dst))
		copy(dst, data[offset:])
	}
	kept := []Tensor{{Name: "a", Shape: []int{len(data)}, Data: data}, {Name: "b", DType: F16, Shape: []int{5}, Data: data[:5]}}
	streamed := []Tensor{{Name: "a", Shape: []int{len(data)}, At: at}, {Name: "b", DType: F16, Shape: []int{5}, At: at}}
	metadata, err := Seal(kept, nil)
	require.NoError(t, err)
	require.NoError(t, Verify(streamed, metadata))
	var want, got bytes.Buffer
	require.NoError(t, Write(&want, kept, metadata))
	require.NoError(t, Write(&got, streamed, metadata))
	require.Equal(t, want.Bytes(), got.Bytes())
	require.Equal(t, chunk, longest)
}
