package main

func init() {
	neonFile("taps", "neon_taps.go", func(k *neon) {
		k.begin("addRows", "dst, src []float32, steps []int32", "is [addRowsKernel].")
		k.get("dst_base", "dst_len", "src_base", "steps_base", "steps_len")
		k.addRowPieces(8, "FLDPQ (R0), (F0, F1)", "FSTPQ.P (F0, F1), 32(R0)", "FLDPQ (R7), (F2, F3)", func() {
			k.float("fadd", 0, 0, 2)
			k.float("fadd", 1, 1, 3)
		})
		k.addRowPieces(1, "FMOVS (R0), F0", "FMOVS.P F0, 4(R0)", "FMOVS (R7), F2", func() { k.op("FADDS F2, F0, F0") })
		k.ret()
	})
}

// addRowPieces emits the sums of pieces of the given values, as long as there are so
// many: load brings those of dst to registers, store writes them and moves on, and read
// brings those of a row at R7 to others, which add adds.
func (k *neon) addRowPieces(values int, load, store, read string, add func()) {
	again, loop, less := k.fresh("again"), k.fresh("loop"), k.fresh("less")
	k.label(again)
	k.op("CMP $%d, R1", values)
	k.op("BLT %s", less)
	k.op("%s", load)
	k.op("MOVD R3, R5")
	k.op("MOVD R4, R6")
	k.label(loop)
	k.op("MOVW.P 4(R5), R7")
	k.op("ADD R7<<2, R2, R7")
	k.op("%s", read)
	add()
	k.op("SUB $1, R6")
	k.op("CBNZ R6, %s", loop)
	k.op("%s", store)
	k.op("ADD $%d, R2", 4*values)
	k.op("SUB $%d, R1", values)
	k.op("B %s", again)
	k.label(less)
}
