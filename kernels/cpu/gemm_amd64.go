//go:build !noasm

package cpu

var gemmAVX512 = gemmKernels{rows: 8, cols: 32, tile: tileAVX512, transpose: transposeAVX512}

var gemmAVX2 = gemmKernels{rows: 6, cols: 16, tile: tileAVX2, transpose: transpose16}

// tileAVX512 is [gemmKernels].tile for 8 rows and 32 columns. It needs
// AVX-512F, no alignment, and does not check bounds.
//
//go:noescape
func tileAVX512(c, init, a, b []float32, rows []tileRow, steps []int32)

// tileAVX2 is [gemmKernels].tile for 6 rows and 16 columns. It needs AVX2 and
// FMA, no alignment, and does not check bounds.
//
//go:noescape
func tileAVX2(c, init, a, b []float32, rows []tileRow, steps []int32)

// transposeAVX512 is [gemmKernels].transpose. It needs AVX-512F.
//
//go:noescape
func transposeAVX512(dst []float32, dstStride int, src []float32, srcStride, rows, cols int)
