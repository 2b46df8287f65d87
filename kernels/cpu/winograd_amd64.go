//go:build !noasm

package cpu

var winogradAVX512 = winogradKernels{
	lanes: 16, input: winogradInputAVX512, output: winogradOutputAVX512, weights: winogradWeightsAVX512,
	gradient: winogradGradientAVX512, weightGradient: winogradWeightGradientAVX512,
}

var winogradAVX2 = winogradKernels{
	lanes: 8, input: winogradInputAVX2, output: winogradOutputAVX2, weights: winogradWeightsAVX2,
	gradient: winogradGradientAVX2, weightGradient: winogradWeightGradientAVX2,
}

// winogradInputAVX512 is [winogradKernels].input for 16 lanes; AVX-512F.
//
//go:noescape
func winogradInputAVX512(v []float32, vPoint, vTile int, src []float32, srcRow, tiles int, tmp []float32)

// winogradOutputAVX512 is [winogradKernels].output for 16 lanes; AVX-512F.
//
//go:noescape
func winogradOutputAVX512(dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias, tmp []float32)

// winogradWeightsAVX512 is [winogradKernels].weights for 16 lanes; AVX-512F.
//
//go:noescape
func winogradWeightsAVX512(u []float32, uPoint, uChannel int, w []float32, wTap, channels int, tmp []float32)

// winogradInputAVX2 is [winogradKernels].input for 8 lanes; AVX2 and FMA.
//
//go:noescape
func winogradInputAVX2(v []float32, vPoint, vTile int, src []float32, srcRow, tiles int, tmp []float32)

// winogradOutputAVX2 is [winogradKernels].output for 8 lanes; AVX2 and FMA.
//
//go:noescape
func winogradOutputAVX2(dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias, tmp []float32)

// winogradWeightsAVX2 is [winogradKernels].weights for 8 lanes; AVX2 and FMA.
//
//go:noescape
func winogradWeightsAVX2(u []float32, uPoint, uChannel int, w []float32, wTap, channels int, tmp []float32)

// winogradGradientAVX512 is [winogradKernels].gradient for 16 lanes; AVX-512F.
//
//go:noescape
func winogradGradientAVX512(p []float32, pPoint, pTile int, src []float32, srcRow, tiles int, tmp []float32)

// winogradWeightGradientAVX512 is [winogradKernels].weightGradient for 16 lanes; AVX-512F.
//
//go:noescape
func winogradWeightGradientAVX512(w []float32, wTap int, u []float32, uPoint, uChannel, channels int, tmp []float32)

// winogradGradientAVX2 is [winogradKernels].gradient for 8 lanes; AVX2 and FMA.
//
//go:noescape
func winogradGradientAVX2(p []float32, pPoint, pTile int, src []float32, srcRow, tiles int, tmp []float32)

// winogradWeightGradientAVX2 is [winogradKernels].weightGradient for 8 lanes; AVX2 and FMA.
//
//go:noescape
func winogradWeightGradientAVX2(w []float32, wTap int, u []float32, uPoint, uChannel, channels int, tmp []float32)
