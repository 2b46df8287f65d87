package cuda

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPrecisionOfOldDevices(t *testing.T) {
	old, ampere := Device{Name: "V100", Major: 7}, Device{Name: "A100", Major: 8}
	for _, p := range []Precision{TF32, F32, BF16} {
		parsed, err := ParsePrecision(p.String())
		require.NoError(t, err)
		require.Equal(t, p, parsed)
		got, err := p.on(ampere)
		require.NoError(t, err)
		require.Equal(t, p, got)
	}
	require.Equal(t, []Precision{F32}, Precisions(old))
	require.Equal(t, []Precision{F32, TF32, BF16}, Precisions(ampere))
	got, err := TF32.on(old)
	require.NoError(t, err)
	require.Equal(t, F32, got)
	_, err = BF16.on(old)
	require.EqualError(t, err, "V100, of compute capability 7.0, has no bf16, which takes 8.0; choose f32")
	_, err = ParsePrecision("f16")
	require.EqualError(t, err, `precision is "f16", want f32, tf32 or bf16`)
}
