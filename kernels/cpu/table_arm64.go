//go:build !noasm

package cpu

// archTables lists the assembly table. Every arm64 processor that Go runs on
// has NEON.
func archTables() []*table {
	return []*table{{name: "neon", supported: true, gemm: gemmNEON, wide: wideNEON, winograd: winogradNEON, vector: vectorNEON}}
}

var gemmNEON = gemmKernels{rows: 6, cols: 16, tile: tileNEON, dense: denseNEON, transpose: transposeNEON}

var wideNEON = wideKernels{pixels: 24, rows: [4]wideKernel{wide1NEON, wide2NEON, wide3NEON, wide4NEON}}

var winogradNEON = winogradKernels{
	lanes: 4, input: winogradInputNEON, output: winogradOutputNEON, weights: winogradWeightsNEON,
	gradient: winogradGradientNEON, weightGradient: winogradWeightGradientNEON,
}
