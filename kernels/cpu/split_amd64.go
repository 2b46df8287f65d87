//go:build !noasm

package cpu

var splitAVX2 = blockwise(splitKernels{splitBlocksAVX2, mergeBlocksAVX2})

// splitBlocksAVX2 is [splitKernels].split for multiples of eight pairs. It needs
// AVX2, no alignment, and does not check bounds.
//
//go:noescape
func splitBlocksAVX2(even, odd, src []float32, n int)

// mergeBlocksAVX2 is [splitKernels].merge for multiples of eight pairs. It needs
// AVX2, no alignment, and does not check bounds.
//
//go:noescape
func mergeBlocksAVX2(dst, even, odd []float32, n int)
