//go:build !noasm

package peak

// fmaLoops are as wide as the registers of the kernel tables.
var fmaLoops = map[string]fmaLoop{"neon": {run: fmaNEON, perRound: 24 * 4}}

// fmaNEON runs n rounds of 24 independent multiply-adds of 4 values; n ≥ 1.
//
//go:noescape
func fmaNEON(n int)
