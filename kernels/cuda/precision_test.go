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

// Warpgroups are asked of compute capability 9.0 and a compiler of CUDA 12 only.
func TestWarpgroupsOfDevices(t *testing.T) {
	for _, c := range []struct {
		major, minor int
		version      string
		want         bool
	}{{9, 0, "12.4", true}, {9, 0, "13.0", true}, {9, 0, "11.8", false}, {8, 0, "12.4", false}, {10, 0, "12.9", false}, {9, 0, "", false}} {
		require.Equal(t, c.want, hasWarpgroups(Device{Major: c.major, Minor: c.minor}, c.version), "%+v", c)
	}
}
