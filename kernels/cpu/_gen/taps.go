package main

// The vectors of 256 bits serve AVX-512 too.
func init() {
	register("taps_avx2_amd64.s", "taps.go", func(e *emitter) {
		e.addRows()
	})
}

// addRows emits sums of rows.
func (e *emitter) addRows() {
	e.fn("addRowsAVX2(dst, src []float32, steps []int32)")
	e.load("dst_base", "DI")
	e.load("dst_len", "CX")
	e.load("src_base", "SI")
	e.load("steps_base", "DX")
	e.load("steps_len", "R8")
	e.op("LEAQ (DX)(R8*4), DX")
	e.op("NEGQ R8")
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
