//go:build !noasm

package cpu

var winogradAVX512 = bothWinograds{
	two: winogradKernels{
		lanes: 16, taps: 2, input: winograd2InputAVX512, output: winograd2OutputAVX512, weights: winograd2WeightsAVX512,
		gradient: winograd2GradientAVX512, weightGradient: winograd2WeightGradientAVX512,
	},
	three: winogradKernels{
		lanes: 16, taps: 3, input: winograd3InputAVX512, output: winograd3OutputAVX512, weights: winograd3WeightsAVX512,
		gradient: winograd3GradientAVX512, weightGradient: winograd3WeightGradientAVX512,
	},
}

var winogradAVX2 = bothWinograds{
	two: winogradKernels{
		lanes: 8, taps: 2, input: winograd2InputAVX2, output: winograd2OutputAVX2, weights: winograd2WeightsAVX2,
		gradient: winograd2GradientAVX2, weightGradient: winograd2WeightGradientAVX2,
	},
	three: winogradKernels{
		lanes: 8, taps: 3, input: winograd3InputAVX2, output: winograd3OutputAVX2, weights: winograd3WeightsAVX2,
		gradient: winograd3GradientAVX2, weightGradient: winograd3WeightGradientAVX2,
	},
}

// winograd2InputAVX512 is [winogradKernels].input for 2 taps and 16 lanes; AVX-512F.
//
//go:noescape
func winograd2InputAVX512(v []float32, vPoint, vTile int, src []float32, srcRow, srcPixel, tiles int, tmp []float32)

// winograd2OutputAVX512 is [winogradKernels].output for 2 taps and 16 lanes; AVX-512F.
//
//go:noescape
func winograd2OutputAVX512(dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias, tmp []float32)

// winograd2WeightsAVX512 is [winogradKernels].weights for 2 taps and 16 lanes; AVX-512F.
//
//go:noescape
func winograd2WeightsAVX512(u []float32, uPoint, uChannel int, w []float32, wTap, channels int, tmp []float32)

// winograd2GradientAVX512 is [winogradKernels].gradient for 2 taps and 16 lanes; AVX-512F.
//
//go:noescape
func winograd2GradientAVX512(p []float32, pPoint, pTile int, src []float32, srcRow, srcPixel, tiles int, tmp []float32)

// winograd2WeightGradientAVX512 is [winogradKernels].weightGradient for 2 taps and 16 lanes; AVX-512F.
//
//go:noescape
func winograd2WeightGradientAVX512(w []float32, wTap int, u []float32, uPoint, uChannel, channels int, tmp []float32)

// winograd3InputAVX512 is [winogradKernels].input for 3 taps and 16 lanes; AVX-512F.
//
//go:noescape
func winograd3InputAVX512(v []float32, vPoint, vTile int, src []float32, srcRow, srcPixel, tiles int, tmp []float32)

// winograd3OutputAVX512 is [winogradKernels].output for 3 taps and 16 lanes; AVX-512F.
//
//go:noescape
func winograd3OutputAVX512(dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias, tmp []float32)

// winograd3WeightsAVX512 is [winogradKernels].weights for 3 taps and 16 lanes; AVX-512F.
//
//go:noescape
func winograd3WeightsAVX512(u []float32, uPoint, uChannel int, w []float32, wTap, channels int, tmp []float32)

// winograd3GradientAVX512 is [winogradKernels].gradient for 3 taps and 16 lanes; AVX-512F.
//
//go:noescape
func winograd3GradientAVX512(p []float32, pPoint, pTile int, src []float32, srcRow, srcPixel, tiles int, tmp []float32)

// winograd3WeightGradientAVX512 is [winogradKernels].weightGradient for 3 taps and 16 lanes; AVX-512F.
//
//go:noescape
func winograd3WeightGradientAVX512(w []float32, wTap int, u []float32, uPoint, uChannel, channels int, tmp []float32)

// winograd2InputAVX2 is [winogradKernels].input for 2 taps and 8 lanes; AVX2 and FMA.
//
//go:noescape
func winograd2InputAVX2(v []float32, vPoint, vTile int, src []float32, srcRow, srcPixel, tiles int, tmp []float32)

// winograd2OutputAVX2 is [winogradKernels].output for 2 taps and 8 lanes; AVX2 and FMA.
//
//go:noescape
func winograd2OutputAVX2(dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias, tmp []float32)

// winograd2WeightsAVX2 is [winogradKernels].weights for 2 taps and 8 lanes; AVX2 and FMA.
//
//go:noescape
func winograd2WeightsAVX2(u []float32, uPoint, uChannel int, w []float32, wTap, channels int, tmp []float32)

// winograd2GradientAVX2 is [winogradKernels].gradient for 2 taps and 8 lanes; AVX2 and FMA.
//
//go:noescape
func winograd2GradientAVX2(p []float32, pPoint, pTile int, src []float32, srcRow, srcPixel, tiles int, tmp []float32)

// winograd2WeightGradientAVX2 is [winogradKernels].weightGradient for 2 taps and 8 lanes; AVX2 and FMA.
//
//go:noescape
func winograd2WeightGradientAVX2(w []float32, wTap int, u []float32, uPoint, uChannel, channels int, tmp []float32)

// winograd3InputAVX2 is [winogradKernels].input for 3 taps and 8 lanes; AVX2 and FMA.
//
//go:noescape
func winograd3InputAVX2(v []float32, vPoint, vTile int, src []float32, srcRow, srcPixel, tiles int, tmp []float32)

// winograd3OutputAVX2 is [winogradKernels].output for 3 taps and 8 lanes; AVX2 and FMA.
//
//go:noescape
func winograd3OutputAVX2(dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias, tmp []float32)

// winograd3WeightsAVX2 is [winogradKernels].weights for 3 taps and 8 lanes; AVX2 and FMA.
//
//go:noescape
func winograd3WeightsAVX2(u []float32, uPoint, uChannel int, w []float32, wTap, channels int, tmp []float32)

// winograd3GradientAVX2 is [winogradKernels].gradient for 3 taps and 8 lanes; AVX2 and FMA.
//
//go:noescape
func winograd3GradientAVX2(p []float32, pPoint, pTile int, src []float32, srcRow, srcPixel, tiles int, tmp []float32)

// winograd3WeightGradientAVX2 is [winogradKernels].weightGradient for 3 taps and 8 lanes; AVX2 and FMA.
//
//go:noescape
func winograd3WeightGradientAVX2(w []float32, wTap int, u []float32, uPoint, uChannel, channels int, tmp []float32)
