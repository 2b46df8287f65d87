//go:build !noasm

package cpu

import "github.com/klauspost/cpuid/v2"

// archTables lists the assembly tables, the fastest first.
func archTables() []*table {
	avx2 := cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3)
	avx512 := avx2 && cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL)
	return []*table{
		{name: "avx512", supported: avx512, gemm: gemmAVX512, wide: wideAVX512, pointwise: pointwiseTilesAVX512, dots: dotTilesAVX512, shallow: shallowAVX512, split: splitAVX2, addRows: addRowsAVX2, winograd: winogradAVX512, vector: vectorAVX512},
		{name: "avx2", supported: avx2, gemm: gemmAVX2, wide: wideAVX2, pointwise: pointwiseTilesAVX2, dots: dotTilesAVX2, shallow: shallowAVX2, split: splitAVX2, addRows: addRowsAVX2, winograd: winogradAVX2, vector: vectorAVX2},
	}
}
