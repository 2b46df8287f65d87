//go:build !noasm

package cpu

// addRowsAVX2 is [addRowsKernel]. It needs AVX2, no alignment, and does not check
// bounds.
//
//go:noescape
func addRowsAVX2(dst []float32, dstRow int, src []float32, srcRow int, steps []int32, n, rows int)
