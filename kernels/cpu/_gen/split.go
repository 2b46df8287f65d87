package main

// The permutations of 256 bits serve AVX-512 too.
func init() {
	register("split_avx2_amd64.s", "split.go", func(e *emitter) {
		e.split()
		e.merge()
	})
}

// overVectors emits a loop over the vectors of n values at R8, with DX their
// place in bytes.
func (e *emitter) overVectors(body func()) {
	loop, end := e.fresh("loop"), e.fresh("end")
	e.load("n", "CX")
	e.op("SHRQ $3, CX")
	e.op("XORQ DX, DX")
	e.label(loop)
	e.op("TESTQ CX, CX")
	e.op("JZ %s", end)
	body()
	e.op("ADDQ $32, DX")
	e.op("DECQ CX")
	e.op("JMP %s", loop)
	e.label(end)
	e.ret()
}

func (e *emitter) split() {
	e.fn("splitBlocksAVX2(even, odd, src []float32, n int)")
	e.load("even_base", "DI")
	e.load("odd_base", "SI")
	e.load("src_base", "BX")
	e.overVectors(func() {
		e.op("VMOVUPS (BX)(DX*2), Y0")
		e.op("VMOVUPS 32(BX)(DX*2), Y1")
		e.op("VSHUFPS $0x88, Y1, Y0, Y2") // 0 2 8 10 | 4 6 12 14
		e.op("VSHUFPS $0xdd, Y1, Y0, Y3")
		e.op("VPERMPD $0xd8, Y2, Y2")
		e.op("VPERMPD $0xd8, Y3, Y3")
		e.op("VMOVUPS Y2, (DI)(DX*1)")
		e.op("VMOVUPS Y3, (SI)(DX*1)")
	})
}

func (e *emitter) merge() {
	e.fn("mergeBlocksAVX2(dst, even, odd []float32, n int)")
	e.load("dst_base", "BX")
	e.load("even_base", "DI")
	e.load("odd_base", "SI")
	e.overVectors(func() {
		e.op("VMOVUPS (DI)(DX*1), Y0")
		e.op("VMOVUPS (SI)(DX*1), Y1")
		e.op("VUNPCKLPS Y1, Y0, Y2") // 0 1 2 3 | 8 9 10 11
		e.op("VUNPCKHPS Y1, Y0, Y3")
		e.op("VPERM2F128 $0x20, Y3, Y2, Y0")
		e.op("VPERM2F128 $0x31, Y3, Y2, Y1")
		e.op("VMOVUPS Y0, (BX)(DX*2)")
		e.op("VMOVUPS Y1, 32(BX)(DX*2)")
	})
}
