package main

// The vectors of 256 bits serve AVX-512 too.
func init() {
	register("taps_avx2_amd64.s", "taps.go", func(e *emitter) {
		e.addRows()
	})
}

// addRows emits sums of rows.
func (e *emitter) addRows() {
	e.fn("addRowsAVX2(dst []float32, dstRow int, src []float32, srcRow int, steps []int32, n, rows int)")
	e.load("dst_base", "R9")
	e.load("dstRow", "R10")
	e.load("src_base", "R11")
	e.load("srcRow", "R12")
	e.load("steps_base", "DX")
	e.load("steps_len", "R8")
	e.load("rows", "R13")
	e.op("LEAQ (DX)(R8*4), DX")
	e.op("NEGQ R8")
	row := e.fresh("row")
	e.label(row)
	e.op("MOVQ R9, DI")
	e.op("MOVQ R11, SI")
	e.load("n", "CX")
	for _, piece := range []struct {
		values, vectors int
		form            string
		reg             func(int) string
	}{{32, 4, "PS", y}, {8, 1, "PS", y}, {4, 1, "PS", x}, {1, 1, "SS", x}} {
		again, less := e.fresh("again"), e.fresh("less")
		e.label(again)
		e.op("CMPQ CX, $%d", piece.values)
		e.op("JLT %s", less)
		e.addRowPiece(piece.values, piece.vectors, piece.form, piece.reg)
		e.op("JMP %s", again)
		e.label(less)
	}
	e.op("LEAQ (R9)(R10*4), R9")
	e.op("LEAQ (R11)(R12*4), R11")
	e.op("DECQ R13")
	e.op("JNZ %s", row)
	e.ret()
}

// addRowPiece emits the sums of some values, in the given registers, and moves on
// behind them.
func (e *emitter) addRowPiece(values, registers int, form string, reg func(int) string) {
	loop, width, move := e.fresh("loop"), 4*values/registers, map[string]string{"PS": "VMOVUPS", "SS": "VMOVSS"}[form]
	for v := range registers {
		e.op("%s %s, %s", move, mem("DI", width*v), reg(v))
	}
	e.op("MOVQ R8, BX")
	e.label(loop)
	e.op("MOVLQSX (DX)(BX*4), AX")
	for v := range registers {
		e.op("VADD%s %s, %s, %s", form, index("SI", "AX", 4, width*v), reg(v), reg(v))
	}
	e.op("INCQ BX")
	e.op("JNZ %s", loop)
	for v := range registers {
		e.op("%s %s, %s", move, reg(v), mem("DI", width*v))
	}
	e.op("ADDQ $%d, DI", 4*values)
	e.op("ADDQ $%d, SI", 4*values)
	e.op("SUBQ $%d, CX", values)
}
