//go:build !noasm

package cpu

var pointwiseTilesAVX512 = pointwiseKernels{rows: 8, pixels: 48, tiles: pointwiseAVX512}

var pointwiseTilesAVX2 = pointwiseKernels{rows: 4, pixels: 24, tiles: pointwiseAVX2}

// pointwiseAVX512 is [pointwiseKernels].tiles for 8 channels and 48 pixels. It needs
// AVX-512F, no alignment, and does not check bounds.
//
//go:noescape
func pointwiseAVX512(c []float32, cRow int, start, src []float32, srcRow, srcTile int, w []float32, depth, tiles int, pack, ahead []float32, aheadRow, aheadTile int)

// pointwiseAVX2 is [pointwiseKernels].tiles for 4 channels and 24 pixels. It needs
// AVX2 and FMA, no alignment, and does not check bounds.
//
//go:noescape
func pointwiseAVX2(c []float32, cRow int, start, src []float32, srcRow, srcTile int, w []float32, depth, tiles int, pack, ahead []float32, aheadRow, aheadTile int)
