package cuda

import (
	"fmt"
	"slices"
)

// Precision is what convolutions round their operands to. Sums are in single
// precision always, as is everything that is no convolution: matrix products serve
// the memory's distances, whose smallest differences count. PyTorch's defaults are
// the same.
type Precision int

// The precisions, by PyTorch's names.
const (
	TF32 Precision = iota // 11 significant bits, on the tensor cores
	F32                   // 24, on the ordinary units
	BF16                  // 8, on the tensor cores
)

var precisionNames = []string{"tf32", "f32", "bf16"}

// String returns the precision's name.
func (p Precision) String() string { return precisionNames[p] }

// ParsePrecision reads a precision's name.
func ParsePrecision(name string) (Precision, error) {
	i := slices.Index(precisionNames, name)
	if i < 0 {
		return 0, fmt.Errorf("precision is %q, want f32, tf32 or bf16", name)
	}
	return Precision(i), nil
}

// Rounding is the largest relative error of an operand: half of the last bit.
func (p Precision) Rounding() float64 {
	return [...]float64{TF32: 0x1p-11, F32: 0, BF16: 0x1p-8}[p]
}
