//go:build !noasm

package cpu

var (
	vectorAVX512 = genericVector
	vectorAVX2   = genericVector
)
