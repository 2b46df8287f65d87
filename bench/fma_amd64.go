//go:build !noasm

package bench

import "strings"

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

// fmaLoopOf returns the loop of multiply-adds as wide as the registers of a
// backend's kernels, or a loop whose run is nil where the backend has none.
func fmaLoopOf(backend string) fmaLoop {
	switch {
	case strings.HasSuffix(backend, "/avx512"):
		return fmaLoop{run: fma512, lanes: 16}
	case strings.HasSuffix(backend, "/avx2"):
		return fmaLoop{run: fma256, lanes: 8}
	}
	return fmaLoop{}
}
