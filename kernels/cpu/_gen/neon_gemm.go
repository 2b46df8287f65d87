package main

func init() {
	neonFile("gemm", "neon_gemm.go", func(k *neon) {
		k.tile()
		k.dense()
		k.transpose()
		k.panels()
	})
}

// Registers of a tile of 6 rows × 16 columns: 24 accumulators in V0 to V23, a row
// of b in V24 to V27, values of a in V28 to V31.
const tileRows, tileB, tileA = 6, 24, 28

// tile emits the matrix product that gathers its left operand.
func (k *neon) tile() {
	k.begin("tile", "c, init, a, b []float32, rows []tileRow, steps []int32", "is [gemmKernels].tile for 6 rows and 16 columns.")
	k.overTiles(func() {
		k.op("MOVD %s, R9", k.arg("steps_base"))
		k.op("MOVD %s, R10", k.arg("steps_len"))
	}, func(finish string) {
		loop := k.fresh("loop")
		k.op("CBZ R10, %s", finish)
		k.op("PCALIGN $16")
		k.label(loop)
		k.op("MOVW.P 4(R9), R11")
		k.tileStep()
		k.op("SUB $1, R10")
		k.op("CBNZ R10, %s", loop)
	})
}

// dense emits the matrix product that reads its left operand from end to end.
func (k *neon) dense() {
	k.begin("dense", "c, init, a, b []float32, rows []tileRow, depth int", "is [gemmKernels].dense for 6 rows and 16 columns.")
	k.overTiles(func() {
		k.op("MOVD %s, R10", k.arg("depth"))
		k.op("MOVD $0, R11")
	}, func(finish string) {
		loop := k.fresh("loop")
		k.op("CBZ R10, %s", finish)
		k.op("PCALIGN $16")
		k.label(loop)
		k.tileStep()
		k.op("ADD $1, R11")
		k.op("CMP R10, R11")
		k.op("BLT %s", loop)
	})
}

// overTiles emits the loop over the tiles of rows, from R0 up to R12: begin sets
// up what sum needs beside the row pointers R2 to R7 and R8, the first row of b;
// sum adds up and jumps to finish if there is nothing to add.
func (k *neon) overTiles(begin func(), sum func(finish string)) {
	next, finish, accumulate, end := k.fresh("tile"), k.fresh("finish"), k.fresh("accumulate"), k.fresh("end")
	k.op("MOVD %s, R0", k.arg("rows_base"))
	k.op("MOVD %s, R12", k.arg("rows_len"))
	k.op("ADD R12<<3, R0, R12")
	k.op("CMP R12, R0")
	k.op("BGE %s", end)
	k.label(next)
	k.op("MOVD %s, R1", k.arg("a_base"))
	for i := range tileRows {
		k.op("MOVW %s, R%d", mem("R0", 8*i), 2+i)
		k.op("ADD R%d<<2, R1, R%d", 2+i, 2+i)
	}
	k.op("MOVD %s, R8", k.arg("b_base"))
	begin()
	for i := range 4 * tileRows {
		k.clear(i)
	}
	sum(finish)
	k.label(finish)
	k.op("MOVD %s, R1", k.arg("c_base"))
	k.op("MOVD %s, R10", k.arg("init_len"))
	k.op("CBZ R10, %s", accumulate)
	k.op("MOVD %s, R10", k.arg("init_base"))
	k.op("FLDPQ (R10), (F%d, F%d)", tileB, tileB+1)
	k.op("FLDPQ 32(R10), (F%d, F%d)", tileB+2, tileB+3)
	for _, load := range []bool{false, true} {
		if load {
			k.label(accumulate)
		}
		for i := range tileRows {
			k.tileStore(i, tileB, load)
		}
		k.op("ADD $%d, R0", 8*tileRows)
		k.op("CMP R12, R0")
		k.op("BLT %s", next)
		if !load {
			k.op("B %s", end)
		}
	}
	k.label(end)
	k.ret()
}

// tileStep multiplies the row of b at R8 with the value of every row of a at its
// pointer plus R11 values: 24 multiply-adds on 9 loads, which take a's values as
// they are loaded, without spreading them first.
func (k *neon) tileStep() {
	k.op("FLDPQ 32(R8), (F%d, F%d)", tileB+2, tileB+3)
	k.op("FLDPQ.P 64(R8), (F%d, F%d)", tileB, tileB+1)
	gather := func(i int) { k.op("FMOVS (R%d)(R11<<2), F%d", 2+i, tileA+i%4) }
	for i := range 4 {
		gather(i)
	}
	for i := range tileRows {
		for j := range 4 {
			k.multiplyAddFirst(4*i+j, tileB+j, tileA+i%4)
		}
		if i+4 < tileRows {
			gather(i + 4)
		}
	}
}

// tileStore adds a row's start values in registers b and up to its sums and
// stores them; with load the start values are what is there.
func (k *neon) tileStore(i, b int, load bool) {
	k.op("MOVW %s, R11", mem("R0", 8*i+4))
	k.op("ADD R11<<2, R1, R11")
	if load {
		k.op("FLDPQ (R11), (F%d, F%d)", b, b+1)
		k.op("FLDPQ 32(R11), (F%d, F%d)", b+2, b+3)
	}
	for j := range 4 {
		k.float("fadd", 4*i+j, 4*i+j, b+j)
	}
	k.op("FSTPQ (F%d, F%d), (R11)", 4*i, 4*i+1)
	k.op("FSTPQ (F%d, F%d), 32(R11)", 4*i+2, 4*i+3)
}

// transpose emits the transposition of blocks of 4×4 values and, value by value,
// of what remains.
func (k *neon) transpose() {
	k.begin("transpose", "dst []float32, dstStride int, src []float32, srcStride, rows, cols int", "is [gemmKernels].transpose for any number of columns.")
	k.get("dst_base", "dstStride", "src_base", "srcStride", "rows", "cols")
	k.op("LSL $2, R1")
	k.op("LSL $2, R3")
	k.label("rows4")
	k.op("CMP $4, R4")
	k.op("BLT rows1")
	k.note("R6 to R9: this block's rows; R10: its first column's place")
	k.op("MOVD R2, R6")
	for i := range 3 {
		k.op("ADD R3, R%d, R%d", 6+i, 7+i)
	}
	k.op("ADD R3, R9, R2")
	k.op("MOVD R0, R10")
	k.op("ADD $16, R0")
	k.op("MOVD R5, R15")
	k.label("cols4")
	k.op("CMP $4, R15")
	k.op("BLT cols1")
	for i := range 4 {
		k.op("FMOVQ.P 16(R%d), F%d", 6+i, i)
	}
	for i := range 2 {
		k.op("VTRN1 V%d.S4, V%d.S4, V%d.S4", 2*i+1, 2*i, 4+2*i) // columns 0, 2 of rows 2i, 2i+1
		k.op("VTRN2 V%d.S4, V%d.S4, V%d.S4", 2*i+1, 2*i, 5+2*i) // columns 1, 3
	}
	for i := range 2 {
		k.op("VTRN1 V%d.D2, V%d.D2, V%d.D2", 6+i, 4+i, i)
		k.op("VTRN2 V%d.D2, V%d.D2, V%d.D2", 6+i, 4+i, 2+i)
	}
	for i := range 4 {
		k.op("FMOVQ F%d, (R10)", i)
		k.op("ADD R1, R10")
	}
	k.op("SUB $4, R15")
	k.op("B cols4")
	k.label("cols1")
	k.op("CBZ R15, next4")
	for i := range 4 {
		k.op("FMOVS.P 4(R%d), F%d", 6+i, i)
	}
	for i := range 4 {
		k.op("FMOVS F%d, %s", i, mem("R10", 4*i))
	}
	k.op("ADD R1, R10")
	k.op("SUB $1, R15")
	k.op("B cols1")
	k.label("next4")
	k.op("SUB $4, R4")
	k.op("B rows4")
	k.label("rows1")
	k.op("CBZ R4, end")
	k.op("MOVD R2, R6")
	k.op("ADD R3, R2")
	k.op("MOVD R0, R10")
	k.op("ADD $4, R0")
	k.op("MOVD R5, R15")
	k.label("row")
	k.op("FMOVS.P 4(R6), F0")
	k.op("FMOVS F0, (R10)")
	k.op("ADD R1, R10")
	k.op("SUB $1, R15")
	k.op("CBNZ R15, row")
	k.op("SUB $1, R4")
	k.op("B rows1")
	k.label("end")
	k.ret()
}

// panels emits the copy to panels of 16 columns.
func (k *neon) panels() {
	k.begin("panels", "dst []float32, dstStride int, src []float32, srcStride, rows, panels int", "is [gemmKernels].panels for 16 columns.")
	k.get("dst_base", "dstStride", "src_base", "srcStride", "rows", "panels")
	k.op("LSL $2, R1")
	k.op("LSL $2, R3")
	k.note("R6, R7: this row's next values and their place")
	k.label("panelRow")
	k.op("MOVD R2, R6")
	k.op("MOVD R0, R7")
	k.op("MOVD R5, R8")
	k.label("panel")
	k.op("FLDPQ 32(R6), (F2, F3)")
	k.op("FLDPQ.P 64(R6), (F0, F1)")
	k.op("FSTPQ (F0, F1), (R7)")
	k.op("FSTPQ (F2, F3), 32(R7)")
	k.op("ADD R1, R7")
	k.op("SUB $1, R8")
	k.op("CBNZ R8, panel")
	k.op("ADD R3, R2")
	k.op("ADD $64, R0")
	k.op("SUB $1, R4")
	k.op("CBNZ R4, panelRow")
	k.ret()
}
