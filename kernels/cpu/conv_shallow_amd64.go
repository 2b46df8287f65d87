//go:build !noasm

package cpu

var shallowAVX512 = shallowKernels{pixels: 48, lanes: 16, row: shallowRowAVX512, gradient: shallowGradientAVX512}

var shallowAVX2 = shallowKernels{pixels: 24, lanes: 8, row: shallowRowAVX2, gradient: shallowGradientAVX2}
