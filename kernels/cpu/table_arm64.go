//go:build !noasm

package cpu

// archTables lists the assembly table. Every arm64 processor that Go runs on
// has NEON.
func archTables() []*table {
	return []*table{{name: "neon", supported: true, gemm: gemmNEON, wide: wideNEON, pointwise: pointwiseTilesNEON, dots: dotTilesNEON, shallow: shallowNEON, split: splitNEON, addRows: addRowsNEON, winograd: winogradNEON, vector: vectorNEON}}
}

var gemmNEON = gemmKernels{rows: 6, cols: 16, tile: tileNEON, dense: denseNEON, strided: denseNEON, transpose: transposeNEON, panels: panelsNEON}

var wideNEON = wideKernels{{24, wide1NEON}, {24, wide2NEON}, {24, wide3NEON}, {24, wide4NEON}}

var shallowNEON = shallowKernels{pixels: 24, lanes: 4, strip: shallowStripNEON, gradient: shallowGradientNEON}

var splitNEON = blockwise(splitKernels{splitBlocksNEON, mergeBlocksNEON})

var dotTilesNEON = dotKernels{rows: 6, lanes: 4, dots: dotsNEON}

var pointwiseTilesNEON = pointwiseKernels{4, pointwiseTile{24, pointwiseNEON}, pointwiseTile{24, pointwiseNEON}}

var winogradNEON = bothWinograds{
	two: winogradKernels{
		lanes: 4, taps: 2, input: winograd2InputNEON, output: winograd2OutputNEON, weights: winograd2WeightsNEON,
		gradient: winograd2GradientNEON, weightGradient: winograd2WeightGradientNEON,
	},
	three: winogradKernels{
		lanes: 4, taps: 3, input: winograd3InputNEON, output: winograd3OutputNEON, weights: winograd3WeightsNEON,
		gradient: winograd3GradientNEON, weightGradient: winograd3WeightGradientNEON,
	},
}
