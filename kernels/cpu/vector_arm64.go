//go:build !noasm

package cpu

import "github.com/org/trustmae/kernels"

// vectorNEON replaces all of the generic table.
var vectorNEON = genericVector

func init() {
	k := &vectorNEON
	k.fill, k.addScaled, k.adam, k.expMinus = fillNEON, addScaledNEON, adamNEON, expMinusNEON
	k.unary[kernels.Affine], k.unary[kernels.Abs], k.unary[kernels.Sign] = affineNEON, absNEON, signNEON
	k.unary[kernels.Square], k.unary[kernels.Sqrt], k.unary[kernels.Reciprocal] = squareNEON, sqrtNEON, reciprocalNEON
	k.unary[kernels.Exp], k.unary[kernels.Log], k.unary[kernels.Tanh], k.unary[kernels.Sigmoid] = expNEON, logNEON, tanhNEON, sigmoidNEON
	k.unary[kernels.LeakyReLU], k.unary[kernels.Clamp] = leakyReLUNEON, clampNEON
	k.binary = [kernels.BinaryOps]func(y, p, q []float32, alpha float32){
		kernels.Add: addNEON, kernels.Sub: subNEON, kernels.Mul: mulNEON, kernels.Div: divNEON,
		kernels.Max: maxNEON, kernels.Min: minNEON, kernels.LessEqual: lessEqualNEON,
		kernels.LeakyReLUGrad: leakyReLUGradNEON, kernels.AbsGrad: absGradNEON,
		kernels.TanhGrad: tanhGradNEON, kernels.SigmoidGrad: sigmoidGradNEON,
	}
	k.fold[kernels.Sum], k.fold[kernels.Largest] = sumNEON, largestNEON
	k.foldColumns[kernels.Sum], k.foldColumns[kernels.Largest] = sumColumnsNEON, largestColumnsNEON
	k.moments, k.normApply, k.normSums, k.normGrad = momentsNEON, normApplyNEON, normSumsNEON, normGradNEON
	k.maxPairs, k.maxTriples = maxPairsNEON, maxTriplesNEON
	k.maxPool2, k.maxPool2Grad, k.maxPool3Grad = maxPool2NEON, maxPool2GradNEON, maxPool3GradNEON
	k.squareColumns, k.gapColumns = squareColumnsNEON, gapColumnsNEON
	k.correlate, k.weighted = correlateNEON, weightedNEON
	k.squaresProducts, k.similarity = squaresProductsNEON, similarityNEON
	k.similarityGrad, k.similarityCombine = similarityGradNEON, similarityCombineNEON
	k.lerp = lerpKernel{pairs: lerpPairsNEON}
	k.transpose = func(y, x []float32, rows, cols, yStride, xStride int) {
		transposeNEON(y, yStride, x, xStride, rows, cols)
	}
}
