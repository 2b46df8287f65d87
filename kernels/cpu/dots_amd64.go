//go:build !noasm

package cpu

var dotTilesAVX512 = dotKernels{rows: 6, lanes: 16, dots: dotsAVX512}

var dotTilesAVX2 = dotKernels{rows: 3, lanes: 8, dots: dotsAVX2}

// dotsAVX512 is [dotKernels].dots for 6 rows. It needs AVX-512 F and VL, no
// alignment, and does not check bounds.
//
//go:noescape
func dotsAVX512(sums, a, b []float32, stride int, tiles []int32, n int, ahead []float32)

// dotsAVX2 is [dotKernels].dots for 3 rows. It needs AVX2 and FMA, no alignment, and
// does not check bounds.
//
//go:noescape
func dotsAVX2(sums, a, b []float32, stride int, tiles []int32, n int, ahead []float32)
