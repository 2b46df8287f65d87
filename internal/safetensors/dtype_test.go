package safetensors

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHalfRoundTripsEveryBitPattern(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		f := halfToFloat(h)
		want := h
		if f != f {
			want |= 0x200 // quieted
		}
		require.Equal(t, want, floatToHalf(f), "half %#04x = %g", h, f)
	}
}

// TestFloatToHalfRounds walks from each half to the next: values in the lower
// part of the gap round down, the middle to the even neighbour.
func TestFloatToHalfRounds(t *testing.T) {
	for h := uint16(0); h < 0x7bff; h++ {
		lo, hi := halfToFloat(h), halfToFloat(h+1)
		mid := lo + (hi-lo)/2 // exact
		even := h + h&1
		require.Equal(t, even, floatToHalf(mid), "between %#04x and the next", h)
		require.Equal(t, h, floatToHalf(math.Nextafter32(mid, lo)))
		require.Equal(t, h+1, floatToHalf(math.Nextafter32(mid, hi)))
		require.Equal(t, even|0x8000, floatToHalf(-mid))
	}
}

func TestConversionValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	tests := []struct {
		name  string
		value float32
		half  uint16
		brain uint16
	}{
		{"one", 1, 0x3c00, 0x3f80},
		{"minus zero", float32(math.Copysign(0, -1)), 0x8000, 0x8000},
		{"largest half", 65504, 0x7bff, 0x4780},
		{"below half overflow", 65519.99, 0x7bff, 0x4780},
		{"half overflow", 65520, 0x7c00, 0x4780},
		{"smallest half", 0x1p-24, 1, 0x3380},
		{"half underflow, tie", 0x1p-25, 0, 0x3300},
		{"infinity", inf, 0x7c00, 0x7f80},
		{"largest float", math.MaxFloat32, 0x7c00, 0x7f80},
		{"brain tie to even", 1 + 0x1p-8, 0x3c04, 0x3f80},
		{"brain tie up to even", 1 + 0x3p-8, 0x3c0c, 0x3f82},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.half, floatToHalf(tt.value))
			require.Equal(t, tt.brain, floatToBrain(tt.value))
		})
	}
	require.True(t, math.IsNaN(float64(halfToFloat(floatToHalf(nan)))))
	payload := math.Float32frombits(0x7f800001) // NaN whose payload lies in the cut bits
	require.True(t, math.IsNaN(float64(math.Float32frombits(uint32(floatToBrain(payload))<<16))))
}

func TestDecodeValues(t *testing.T) {
	tests := []struct {
		dtype DType
		raw   []byte
		want  float32
	}{
		{F64, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0xbf}, -1.5},
		{F32, []byte{0, 0, 0xc0, 0xbf}, -1.5},
		{F16, []byte{0x00, 0xbe}, -1.5},
		{BF16, []byte{0xc0, 0xbf}, -1.5},
		{I64, []byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, -2},
	}
	for _, tt := range tests {
		t.Run(string(tt.dtype), func(t *testing.T) {
			dst := make([]float32, 1)
			require.NoError(t, DecodeValues(tt.dtype, dst, tt.raw))
			require.Equal(t, tt.want, dst[0])
			require.ErrorContains(t, DecodeValues(tt.dtype, dst, tt.raw[1:]), "for 1 values")
		})
	}
	require.ErrorContains(t, DecodeValues("U8", make([]float32, 1), []byte{1}), "dtype U8 cannot be read")
}
