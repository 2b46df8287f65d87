package cuda

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// hasTensorCores tells whether a device's tensor cores know TF32 and bf16.
func hasTensorCores(d Device) bool { return d.Major >= 8 }

// hasWarpgroups tells whether a device has instructions of a warpgroup, which are
// compute capability 9.0's alone, and a compiler of a version knows them.
func hasWarpgroups(d Device, version string) bool {
	major, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(major)
	return err == nil && n >= 12 && d.Major == 9 && d.Minor == 0
}

// Precisions are those that a device has, from the most exact.
func Precisions(d Device) []Precision {
	if hasTensorCores(d) {
		return []Precision{F32, TF32, BF16}
	}
	return []Precision{F32}
}

// on is the precision of a device that was asked for p: without tensor cores TF32,
// which may be nobody's wish, is single precision, as with PyTorch; bf16 is refused.
func (p Precision) on(d Device) (Precision, error) {
	switch {
	case hasTensorCores(d) || p == F32:
		return p, nil
	case p == TF32:
		return F32, nil
	}
	return 0, fmt.Errorf("%s, of compute capability %d.%d, has no bf16, which takes 8.0; choose f32", d.Name, d.Major, d.Minor)
}

// Rounding is the largest relative error of an operand: half of the last bit.
func (p Precision) Rounding() float64 {
	return [...]float64{TF32: 0x1p-11, F32: 0, BF16: 0x1p-8}[p]
}
