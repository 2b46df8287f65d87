//go:build !noasm

package cpu

var shallowAVX512 = shallowKernels{pixels: 48, row: shallowRowAVX512}

var shallowAVX2 = shallowKernels{pixels: 24, row: shallowRowAVX2}
