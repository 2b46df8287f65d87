//go:build !noasm

package peak

// fmaLoops are as wide as the registers of the kernel tables.
var fmaLoops = map[string]fmaLoop{
	"avx512": {run: fma512, perRound: 12 * 16},
	"avx2":   {run: fma256, perRound: 12 * 8},
}

// fma512 runs n rounds of twelve independent multiply-adds of 16 values. It
// needs AVX-512F and n ≥ 1.
//
//go:noescape
func fma512(n int)

// fma256 runs n rounds of twelve independent multiply-adds of 8 values. It needs
// AVX, FMA and n ≥ 1.
//
//go:noescape
func fma256(n int)
