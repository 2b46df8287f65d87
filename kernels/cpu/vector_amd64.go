//go:build !noasm

package cpu

import "github.com/org/trustmae/kernels"

// vectorAVX512 and vectorAVX2 replace what they have in the generic table.
var vectorAVX512, vectorAVX2 = genericVector, genericVector

func init() {
	k := &vectorAVX512
	k.fill, k.addScaled, k.adam, k.expMinus = fillAVX512, addScaledAVX512, adamAVX512, expMinusAVX512
	k.unary[kernels.Affine], k.unary[kernels.Abs], k.unary[kernels.Sign] = affineAVX512, absAVX512, signAVX512
	k.unary[kernels.Square], k.unary[kernels.Sqrt], k.unary[kernels.Reciprocal] = squareAVX512, sqrtAVX512, reciprocalAVX512
	k.unary[kernels.Exp], k.unary[kernels.Tanh], k.unary[kernels.Sigmoid] = expAVX512, tanhAVX512, sigmoidAVX512
	k.unary[kernels.LeakyReLU], k.unary[kernels.Clamp] = leakyReLUAVX512, clampAVX512
	k.binary = [kernels.BinaryOps]func(y, p, q []float32, alpha float32){
		addAVX512, subAVX512, mulAVX512, divAVX512, maxAVX512, minAVX512, lessEqualAVX512,
		leakyReLUGradAVX512, absGradAVX512, tanhGradAVX512, sigmoidGradAVX512,
	}
	k.fold[kernels.Sum], k.fold[kernels.Largest], k.foldColumns[kernels.Sum] = sumAVX512, largestAVX512, sumColumnsAVX512
	k.moments, k.normApply, k.normSums, k.normGrad = momentsAVX512, normApplyAVX512, normSumsAVX512, normGradAVX512
}

func init() {
	k := &vectorAVX2
	k.fill, k.addScaled, k.adam, k.expMinus = fillAVX2, addScaledAVX2, adamAVX2, expMinusAVX2
	k.unary[kernels.Affine], k.unary[kernels.Abs], k.unary[kernels.Sign] = affineAVX2, absAVX2, signAVX2
	k.unary[kernels.Square], k.unary[kernels.Sqrt], k.unary[kernels.Reciprocal] = squareAVX2, sqrtAVX2, reciprocalAVX2
	k.unary[kernels.Exp], k.unary[kernels.Tanh], k.unary[kernels.Sigmoid] = expAVX2, tanhAVX2, sigmoidAVX2
	k.unary[kernels.LeakyReLU], k.unary[kernels.Clamp] = leakyReLUAVX2, clampAVX2
	k.binary = [kernels.BinaryOps]func(y, p, q []float32, alpha float32){
		addAVX2, subAVX2, mulAVX2, divAVX2, maxAVX2, minAVX2, lessEqualAVX2,
		leakyReLUGradAVX2, absGradAVX2, tanhGradAVX2, sigmoidGradAVX2,
	}
	k.fold[kernels.Sum], k.fold[kernels.Largest], k.foldColumns[kernels.Sum] = sumAVX2, largestAVX2, sumColumnsAVX2
	k.moments, k.normApply, k.normSums, k.normGrad = momentsAVX2, normApplyAVX2, normSumsAVX2, normGradAVX2
}
