package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
)

// DType names the stored form of a tensor's values, as the header spells it.
type DType string

// The types that this package converts to float32. F64 and I64 are rounded to
// the nearest float32.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I64  DType = "I64"
)

// sizes holds the bytes per value of every dtype of the format. Types beyond
// the constants above are needed to check a file's layout, not to read it.
var sizes = map[DType]int{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1,
	"I16": 2, "U16": 2, F16: 2, BF16: 2,
	"I32": 4, "U32": 4, F32: 4,
	F64: 8, I64: 8, "U64": 8, "C64": 8,
}

// Size returns the bytes per value, 0 for a dtype that the format lacks.
func (d DType) Size() int { return sizes[d] }

// writable reports whether Write can store values as d.
func (d DType) writable() bool { return d == F32 || d == F16 || d == BF16 }

// DecodeValues converts len(dst) little-endian values of type d from raw.
// It is an error if d is not one of the exported constants or raw is not
// exactly len(dst)*d.Size() bytes.
func DecodeValues(d DType, dst []float32, raw []byte) error {
	switch d {
	case F64, F32, F16, BF16, I64:
	default:
		return fmt.Errorf("dtype %s cannot be read, want F32, F16, BF16, F64 or I64", d)
	}
	if len(raw) != len(dst)*d.Size() {
		return fmt.Errorf("%d bytes for %d values of dtype %s", len(raw), len(dst), d)
	}
	switch d {
	case F64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
		}
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	case F16:
		for i := range dst {
			dst[i] = halfToFloat(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	case BF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(raw[2*i:])) << 16)
		}
	case I64:
		for i := range dst {
			dst[i] = float32(int64(binary.LittleEndian.Uint64(raw[8*i:])))
		}
	}
	return nil
}

// encodeValues appends src to raw in the stored form d, which is writable.
func encodeValues(d DType, raw []byte, src []float32) []byte {
	switch d {
	case F16:
		for _, v := range src {
			raw = binary.LittleEndian.AppendUint16(raw, floatToHalf(v))
		}
	case BF16:
		for _, v := range src {
			raw = binary.LittleEndian.AppendUint16(raw, floatToBrain(v))
		}
	default:
		for _, v := range src {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
	}
	return raw
}

// halfToFloat converts IEEE 754 binary16 bits, exactly.
func halfToFloat(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent := uint32(h>>10) & 0x1f
	fraction := uint32(h & 0x3ff)
	switch exponent {
	case 0: // zero and subnormals: fraction * 2^-24
		magnitude := float32(fraction) * 0x1p-24
		return math.Float32frombits(sign | math.Float32bits(magnitude))
	case 0x1f: // infinity and NaN
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// floatToHalf rounds to IEEE 754 binary16, ties to even; values beyond 65504
// by half a step or more become infinite.
func floatToHalf(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b>>16) & 0x8000
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000: // NaN: keep the upper payload and make it quiet
		return sign | 0x7e00 | uint16(b>>13)&0x3ff
	case b >= 0x47800000: // 2^16 and up, infinity
		return sign | 0x7c00
	case b < 0x38800000: // below 2^-14: subnormal, a multiple of 2^-24
		// Adding 0.5 aligns the last bit of the sum with 2^-24 and lets the
		// processor round to even.
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-math.Float32bits(0.5))
	}
	b += 0xfff + b>>13&1 // round half to even on the 13 bits cut off
	return sign | uint16((b-(127-15)<<23)>>13)
}

// floatToBrain rounds to bfloat16, the upper half of a float32, ties to even.
func floatToBrain(f float32) uint16 {
	b := math.Float32bits(f)
	if f != f {
		return uint16(b>>16) | 0x40 // quiet, so that the cut payload stays a NaN
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}
