package main

func init() {
	neonFile("taps", "neon_taps.go", func(k *neon) {
		k.begin("addRows", "dst []float32, dstRow int, src []float32, srcRow int, steps []int32, n, rows int", "is [addRowsKernel].")
		k.get("n", "dst_base", "src_base", "steps_base", "steps_len", "dstRow", "srcRow", "rows")
		row := k.fresh("row")
		k.label(row)
		k.op("MOVD R1, R8")
		k.op("MOVD R2, R9")
		k.op("MOVD R0, R10")
		k.addRowPieces(8, "FLDPQ (R8), (F0, F1)", "FSTPQ.P (F0, F1), 32(R8)", "FLDPQ (R13), (F2, F3)", func() {
			k.float("fadd", 0, 0, 2)
			k.float("fadd", 1, 1, 3)
		})
		k.addRowPieces(1, "FMOVS (R8), F0", "FMOVS.P F0, 4(R8)", "FMOVS (R13), F2", func() { k.op("FADDS F2, F0, F0") })
		k.op("ADD R5<<2, R1")
		k.op("ADD R6<<2, R2")
		k.op("SUB $1, R7")
		k.op("CBNZ R7, %s", row)
		k.ret()
	})
}

// addRowPieces emits the sums of pieces of the given values, as long as there are so
// many: load brings those of dst to registers, store writes them and moves on, and read
// brings those of a row at R13 to others, which add adds.
func (k *neon) addRowPieces(values int, load, store, read string, add func()) {
	again, loop, less := k.fresh("again"), k.fresh("loop"), k.fresh("less")
	k.label(again)
	k.op("CMP $%d, R10", values)
	k.op("BLT %s", less)
	k.op("%s", load)
	k.op("MOVD R3, R11")
	k.op("MOVD R4, R12")
	k.label(loop)
	k.op("MOVW.P 4(R11), R13")
	k.op("ADD R13<<2, R9, R13")
	k.op("%s", read)
	add()
	k.op("SUB $1, R12")
	k.op("CBNZ R12, %s", loop)
	k.op("%s", store)
	k.op("ADD $%d, R9", 4*values)
	k.op("SUB $%d, R10", values)
	k.op("B %s", again)
	k.label(less)
}
