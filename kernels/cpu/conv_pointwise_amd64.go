//go:build !noasm

package cpu

var pointwiseTilesAVX512 = pointwiseKernels{8, pointwiseTile{48, pointwiseAVX512}, pointwiseTile{32, pointwiseNarrowAVX512}}

var pointwiseTilesAVX2 = pointwiseKernels{4, pointwiseTile{24, pointwiseAVX2}, pointwiseTile{16, pointwiseNarrowAVX2}}

// pointwiseAVX512 is [pointwiseTile].run for groups of 8 channels and 48 pixels. It needs
// AVX-512F, no alignment, and does not check bounds.
//
//go:noescape
func pointwiseAVX512(c []float32, cRow int, start, src []float32, srcRow, srcTile int, w []float32, depth, channels, tiles int, pack, ahead []float32, aheadRow, aheadStep, fetching int)

// pointwiseNarrowAVX512 is [pointwiseTile].run for groups of 8 channels and 32 pixels. It needs
// AVX-512F, no alignment, and does not check bounds.
//
//go:noescape
func pointwiseNarrowAVX512(c []float32, cRow int, start, src []float32, srcRow, srcTile int, w []float32, depth, channels, tiles int, pack, ahead []float32, aheadRow, aheadStep, fetching int)

// pointwiseAVX2 is [pointwiseTile].run for groups of 4 channels and 24 pixels. It needs
// AVX2 and FMA, no alignment, and does not check bounds.
//
//go:noescape
func pointwiseAVX2(c []float32, cRow int, start, src []float32, srcRow, srcTile int, w []float32, depth, channels, tiles int, pack, ahead []float32, aheadRow, aheadStep, fetching int)

// pointwiseNarrowAVX2 is [pointwiseTile].run for groups of 4 channels and 16 pixels. It needs
// AVX2 and FMA, no alignment, and does not check bounds.
//
//go:noescape
func pointwiseNarrowAVX2(c []float32, cRow int, start, src []float32, srcRow, srcTile int, w []float32, depth, channels, tiles int, pack, ahead []float32, aheadRow, aheadStep, fetching int)
