package safetensors

import (
	"fmt"
	"math/bits"
)

// Tensor is a named array as it stands in a file, values converted to float32.
type Tensor struct {
	Name  string
	DType DType     // how the values are stored; "" means F32
	Shape []int     // outermost first; empty for a scalar
	Data  []float32 // row-major, product of Shape values

	// At, where Data is nil, fills dst with the values from offset on while the
	// tensor is written, so that large states need no copy of their own. Every
	// call must see the same values. Reading sets Data.
	At func(dst []float32, offset int)
}

// dtype returns the storage type with the default filled in.
func (t Tensor) dtype() DType {
	if t.DType == "" {
		return F32
	}
	return t.DType
}

// check reports whether t can be written: a supported dtype and as many
// values as the shape says.
func (t Tensor) check() error {
	if t.Name == "" || t.Name == metadataKey {
		return fmt.Errorf("tensor name %q is not allowed", t.Name)
	}
	if !t.dtype().writable() {
		return fmt.Errorf("tensor %q: cannot write dtype %s, want F32, F16 or BF16", t.Name, t.DType)
	}
	n, err := numel(t.Shape)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	if n != len(t.Data) && (t.Data != nil || t.At == nil) {
		return fmt.Errorf("tensor %q: %d values for shape %v, want %d", t.Name, len(t.Data), t.Shape, n)
	}
	return nil
}

// values returns n values from offset on; dst has room for them.
func (t Tensor) values(dst []float32, offset, n int) []float32 {
	if t.Data != nil || n == 0 {
		return t.Data[offset : offset+n]
	}
	t.At(dst[:n], offset)
	return dst[:n]
}

// maxValues bounds the values of one tensor, so that byte sizes, sums of two
// such sizes and conversions to int stay in range on every platform.
const maxValues = 1 << (bits.UintSize - 5)

// numel returns the product of shape, refusing negative sizes and products
// that could not be held in memory.
func numel(shape []int) (int, error) {
	n := uint64(1)
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("negative size in shape %v", shape)
		}
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > maxValues {
			return 0, fmt.Errorf("shape %v is too large", shape)
		}
		n = lo
	}
	return int(n), nil
}
