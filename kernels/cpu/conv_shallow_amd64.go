//go:build !noasm

package cpu

var shallowAVX512 = shallowKernels{pixels: 48, lanes: 16, strip: shallowStripAVX512, gradient: shallowGradientAVX512}

var shallowAVX2 = shallowKernels{pixels: 24, lanes: 8, strip: shallowStripAVX2, gradient: shallowGradientAVX2}
