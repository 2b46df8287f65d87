package main

func init() {
	neonFile("split", "neon_split.go", func(k *neon) {
		k.begin("splitBlocks", "even, odd, src []float32, n int", "is [splitKernels].split for multiples of eight pairs.")
		k.get("even_base", "odd_base", "src_base", "n")
		k.overVectors(func() {
			k.op("VLD2.P 32(R2), [V0.S4, V1.S4]")
			k.op("FMOVQ.P F0, 16(R0)")
			k.op("FMOVQ.P F1, 16(R1)")
		})
		k.begin("mergeBlocks", "dst, even, odd []float32, n int", "is [splitKernels].merge for multiples of eight pairs.")
		k.get("dst_base", "even_base", "odd_base", "n")
		k.overVectors(func() {
			k.op("FMOVQ.P 16(R1), F0")
			k.op("FMOVQ.P 16(R2), F1")
			k.op("VST2.P [V0.S4, V1.S4], 32(R0)")
		})
	})
}

// overVectors emits a loop over the vectors of R3 values.
func (k *neon) overVectors(body func()) {
	loop, end := k.fresh("loop"), k.fresh("end")
	k.op("LSR $2, R3")
	k.label(loop)
	k.op("CBZ R3, %s", end)
	body()
	k.op("SUB $1, R3")
	k.op("B %s", loop)
	k.label(end)
	k.ret()
}
