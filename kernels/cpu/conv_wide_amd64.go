//go:build !noasm

package cpu

var wideAVX512 = wideKernels{{96, wide1AVX512}, {96, wide2AVX512}, {96, wide3AVX512}, {96, wide4AVX512}}

var wideAVX2 = wideKernels{{24, wide1AVX2}, {24, wide2AVX2}, {32, wide3AVX2}, {24, wide4AVX2}}

// wide1AVX512 to wide4AVX512 are [wideKernel].tile. They need
// AVX-512F, no alignment, and do not check bounds.
//
//go:noescape
func wide1AVX512(c []float32, cRow int, start, src, w []float32, steps []int32)

//go:noescape
func wide2AVX512(c []float32, cRow int, start, src, w []float32, steps []int32)

//go:noescape
func wide3AVX512(c []float32, cRow int, start, src, w []float32, steps []int32)

//go:noescape
func wide4AVX512(c []float32, cRow int, start, src, w []float32, steps []int32)

// wide1AVX2 to wide4AVX2 are [wideKernel].tile. They need AVX2
// and FMA, no alignment, and do not check bounds.
//
//go:noescape
func wide1AVX2(c []float32, cRow int, start, src, w []float32, steps []int32)

//go:noescape
func wide2AVX2(c []float32, cRow int, start, src, w []float32, steps []int32)

//go:noescape
func wide3AVX2(c []float32, cRow int, start, src, w []float32, steps []int32)

//go:noescape
func wide4AVX2(c []float32, cRow int, start, src, w []float32, steps []int32)
