//go:build !noasm

package cpu

// addRowsAVX2 is [addRowsKernel]. It needs AVX2, no alignment, and does not check
// bounds.
//
//go:noescape
func addRowsAVX2(dst, src []float32, steps []int32)
