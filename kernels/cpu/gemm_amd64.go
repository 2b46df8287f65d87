//go:build !noasm

package cpu

var gemmAVX512 = gemmKernels{rows: 8, cols: 32, tile: tileAVX512, dense: denseAVX512, strided: stridedAVX512, transpose: transposeAVX512, panels: panelsAVX512}

var gemmAVX2 = gemmKernels{rows: 6, cols: 16, tile: tileAVX2, dense: denseAVX2, strided: stridedAVX2, transpose: transposeAVX2, panels: panelsAVX2}

// tileAVX512 is [gemmKernels].tile for 8 rows and 32 columns. It needs
// AVX-512F, no alignment, and does not check bounds.
//
//go:noescape
func tileAVX512(c, init, a, b []float32, rows []tileRow, steps []int32)

// denseAVX512 is [gemmKernels].dense for 8 rows and 32 columns. It needs
// AVX-512F, no alignment, and does not check bounds.
//
//go:noescape
func denseAVX512(c, init, a, b []float32, rows []tileRow, depth int)

// stridedAVX512 is [gemmKernels].strided for 8 rows and 32 columns. It needs AVX-512F, no
// alignment, and does not check bounds.
//
//go:noescape
func stridedAVX512(c, init, a, b []float32, rows []tileRow, depth int)

// tileAVX2 is [gemmKernels].tile for 6 rows and 16 columns. It needs AVX2 and
// FMA, no alignment, and does not check bounds.
//
//go:noescape
func tileAVX2(c, init, a, b []float32, rows []tileRow, steps []int32)

// denseAVX2 is [gemmKernels].dense for 6 rows and 16 columns. It needs AVX2 and
// FMA, no alignment, and does not check bounds.
//
//go:noescape
func denseAVX2(c, init, a, b []float32, rows []tileRow, depth int)

// stridedAVX2 is [gemmKernels].strided for 6 rows and 16 columns. It needs AVX2 and FMA, no
// alignment, and does not check bounds.
//
//go:noescape
func stridedAVX2(c, init, a, b []float32, rows []tileRow, depth int)

// panelsAVX512 is [gemmKernels].panels for 32 columns. It needs AVX-512F, no
// alignment, and does not check bounds.
//
//go:noescape
func panelsAVX512(dst []float32, dstStride int, src []float32, srcStride, rows, panels int)

// panelsAVX2 is [gemmKernels].panels for 16 columns. It needs AVX, no alignment, and
// does not check bounds.
//
//go:noescape
func panelsAVX2(dst []float32, dstStride int, src []float32, srcStride, rows, panels int)

// transposeAVX512 is [gemmKernels].transpose. It needs AVX-512F.
//
//go:noescape
func transposeAVX512(dst []float32, dstStride int, src []float32, srcStride, rows, cols int)

// transposeAVX2 is [gemmKernels].transpose: whole blocks in assembly, the edges
// by the twin.
func transposeAVX2(dst []float32, dstStride int, src []float32, srcStride, rows, cols int) {
	blocks := rows / 8
	j := cols &^ 7
	if blocks > 0 && j > 0 {
		transposeBlocksAVX2(dst, dstStride, src, srcStride, blocks, j/8)
	}
	if j < cols && blocks > 0 {
		transpose16(dst[j*dstStride:], dstStride, src[j:], srcStride, 8*blocks, cols-j)
	}
	if rest := rows - 8*blocks; rest > 0 {
		transpose16(dst[8*blocks:], dstStride, src[8*blocks*srcStride:], srcStride, rest, cols)
	}
}

// transposeBlocksAVX2 transposes blocks of eight rows and eight columns, at least one
// down the source and one across:
// dst[j·dstStride+i] = src[i·srcStride+j] for i < 8·blocks and j < 8·across. It needs
// AVX, no alignment, and does not check bounds.
//
//go:noescape
func transposeBlocksAVX2(dst []float32, dstStride int, src []float32, srcStride, blocks, across int)
