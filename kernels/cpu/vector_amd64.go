//go:build !noasm

package cpu

import "github.com/org/trustmae/kernels"

// vectorAVX512 and vectorAVX2 replace what they have in the generic table.
var vectorAVX512, vectorAVX2 = genericVector, genericVector

func init() {
	k := &vectorAVX2
	k.fill, k.addScaled, k.adam, k.expMinus = fillAVX2, addScaledAVX2, adamAVX2, expMinusAVX2
	k.unary[kernels.Affine], k.unary[kernels.Abs], k.unary[kernels.Sign] = affineAVX2, absAVX2, signAVX2
	k.unary[kernels.Square], k.unary[kernels.Sqrt], k.unary[kernels.Reciprocal] = squareAVX2, sqrtAVX2, reciprocalAVX2
	k.unary[kernels.Exp], k.unary[kernels.Log], k.unary[kernels.Tanh], k.unary[kernels.Sigmoid] = expAVX2, logAVX2, tanhAVX2, sigmoidAVX2
	k.unary[kernels.LeakyReLU], k.unary[kernels.Clamp] = leakyReLUAVX2, clampAVX2
	k.binary = [kernels.BinaryOps]func(y, p, q []float32, alpha float32){
		addAVX2, subAVX2, mulAVX2, divAVX2, maxAVX2, minAVX2, lessEqualAVX2,
		leakyReLUGradAVX2, absGradAVX2, tanhGradAVX2, sigmoidGradAVX2,
	}
	k.fold[kernels.Sum], k.fold[kernels.Largest] = sumAVX2, largestAVX2
	k.foldColumns[kernels.Sum], k.foldColumns[kernels.Largest] = sumColumnsAVX2, largestColumnsAVX2
	k.moments, k.normApply, k.normSums, k.normGrad = momentsAVX2, normApplyAVX2, normSumsAVX2, normGradAVX2
	k.maxPairs, k.maxTriples = wholePairs(8, maxPairsAVX2, k.maxPairs), wholeTriples(8, maxTriplesAVX2, k.maxTriples)
	k.maxPool2, k.maxPool2Grad = wholePool2(8, maxPool2AVX2, k.maxPool2), wholePool2Grad(8, maxPool2GradAVX2, k.maxPool2Grad)
	k.maxPool3Grad = wholePool3Grad(8, maxPool3GradAVX2, k.maxPool3Grad)
	k.squareColumns, k.gapColumns = squareColumnsAVX2, gapColumnsAVX2
	k.correlate, k.weighted = correlateAVX2, weightedAVX2
	k.squaresProducts, k.similarity = squaresProductsAVX2, similarityAVX2
	k.similarityGrad, k.similarityCombine = similarityGradAVX2, similarityCombineAVX2
	k.transpose = columnBlocks(transposeAVX2)
	k.lerp = lerpKernel{lanes: 8, window: 8, row: lerpRowAVX2, pairs: lerpPairsAVX2}
}

func init() {
	k := &vectorAVX512
	k.fill, k.addScaled, k.adam, k.expMinus = fillAVX512, addScaledAVX512, adamAVX512, expMinusAVX512
	k.unary[kernels.Affine], k.unary[kernels.Abs], k.unary[kernels.Sign] = affineAVX512, absAVX512, signAVX512
	k.unary[kernels.Square], k.unary[kernels.Sqrt], k.unary[kernels.Reciprocal] = squareAVX512, sqrtAVX512, reciprocalAVX512
	k.unary[kernels.Exp], k.unary[kernels.Log], k.unary[kernels.Tanh], k.unary[kernels.Sigmoid] = expAVX512, logAVX512, tanhAVX512, sigmoidAVX512
	k.unary[kernels.LeakyReLU], k.unary[kernels.Clamp] = leakyReLUAVX512, clampAVX512
	k.binary = [kernels.BinaryOps]func(y, p, q []float32, alpha float32){
		addAVX512, subAVX512, mulAVX512, divAVX512, maxAVX512, minAVX512, lessEqualAVX512,
		leakyReLUGradAVX512, absGradAVX512, tanhGradAVX512, sigmoidGradAVX512,
	}
	k.fold[kernels.Sum], k.fold[kernels.Largest] = sumAVX512, largestAVX512
	k.foldColumns[kernels.Sum], k.foldColumns[kernels.Largest] = sumColumnsAVX512, largestColumnsAVX512
	k.moments, k.normApply, k.normSums, k.normGrad = momentsAVX512, normApplyAVX512, normSumsAVX512, normGradAVX512
	rest := &vectorAVX2 // its init, further up, comes first
	k.maxPairs, k.maxTriples = wholePairs(16, maxPairsAVX512, rest.maxPairs), wholeTriples(16, maxTriplesAVX512, rest.maxTriples)
	k.maxPool2, k.maxPool2Grad = wholePool2(16, maxPool2AVX512, rest.maxPool2), wholePool2Grad(16, maxPool2GradAVX512, rest.maxPool2Grad)
	k.maxPool3Grad = wholePool3Grad(16, maxPool3GradAVX512, rest.maxPool3Grad)
	k.squareColumns, k.gapColumns = squareColumnsAVX512, gapColumnsAVX512
	k.correlate, k.weighted = correlateAVX512, weightedAVX512
	k.squaresProducts, k.similarity = squaresProductsAVX512, similarityAVX512
	k.similarityGrad, k.similarityCombine = similarityGradAVX512, similarityCombineAVX512
	k.lerp = lerpKernel{lanes: 16, window: 32, row: lerpRowAVX512, pairs: lerpPairsAVX2}
	k.transpose = columnBlocks(transposeAVX512)
}

// overlapping gives n outputs to assembly for whole vectors of lanes: the last vector
// overlaps the one before rather than be cut, and fewer outputs than one vector go to
// rest.
func overlapping(lanes, n int, assembly func(lo, hi int), rest func()) {
	whole := n / lanes * lanes
	if whole == 0 {
		rest()
		return
	}
	assembly(0, whole)
	if whole < n {
		assembly(n-lanes, n)
	}
}

// wholePairs makes a kernel of any length from one for whole vectors of outputs and one
// for fewer.
func wholePairs(lanes int, assembly, rest func(y, x []float32)) func(y, x []float32) {
	return func(y, x []float32) {
		overlapping(lanes, len(y), func(lo, hi int) { assembly(y[lo:hi], x[2*lo:]) }, func() { rest(y, x) })
	}
}

// wholeTriples is wholePairs for triples. The assembly reads a value further than
// it needs: where x has one more, the rest of y is part of a last vector that
// overlaps the one before, otherwise it goes to another kernel.
func wholeTriples(lanes int, assembly, rest func(y, x []float32)) func(y, x []float32) {
	return func(y, x []float32) {
		if len(x) > 2*len(y)+1 {
			overlapping(lanes, len(y), func(lo, hi int) { assembly(y[lo:hi], x[2*lo:]) }, func() { rest(y, x) })
			return
		}
		n := max(len(y)-1, 0) / lanes * lanes
		assembly(y[:n], x)
		rest(y[n:], x[2*n:])
	}
}

// wholePool2 is wholePairs for whole windows.
func wholePool2(lanes int, assembly, rest func(y, x0, x1 []float32)) func(y, x0, x1 []float32) {
	return func(y, x0, x1 []float32) {
		overlapping(lanes, len(y), func(lo, hi int) { assembly(y[lo:hi], x0[2*lo:], x1[2*lo:]) }, func() { rest(y, x0, x1) })
	}
}

// wholePool2Grad is wholePairs for the backward pass.
func wholePool2Grad(lanes int, assembly, rest func(dx0, dx1, dy, x0, x1 []float32)) func(dx0, dx1, dy, x0, x1 []float32) {
	return func(dx0, dx1, dy, x0, x1 []float32) {
		overlapping(lanes, len(dy), func(lo, hi int) {
			assembly(dx0[2*lo:], dx1[2*lo:], dy[lo:hi], x0[2*lo:], x1[2*lo:])
		}, func() { rest(dx0, dx1, dy, x0, x1) })
	}
}

// wholePool3Grad is wholePairs for the backward pass of windows of three, which adds to
// dx, so that vectors may not overlap, and reads a value further than it needs.
func wholePool3Grad(lanes int, assembly, rest func(dx, dy, x []float32, width int)) func(dx, dy, x []float32, width int) {
	return func(dx, dy, x []float32, width int) {
		n := max(len(dy)-1, 0) / lanes * lanes
		assembly(dx, dy[:n], x, width)
		rest(dx[2*n:], dy[n:], x[2*n:], width)
	}
}

// columnBlocks transposes blocks of up to 16 columns.
func columnBlocks(block func(dst []float32, dstStride int, src []float32, srcStride, rows, cols int)) func(y, x []float32, rows, cols, yStride, xStride int) {
	return func(y, x []float32, rows, cols, yStride, xStride int) {
		for c := 0; c < cols; c += 16 {
			block(y[c*yStride:], yStride, x[c:], xStride, rows, min(16, cols-c))
		}
	}
}
