package main

func init() {
	register("gemm_tile_avx512_amd64.s", "tile.go", func(e *emitter) {
		tile(e, tileForm{name: "tileAVX512", rows: 8, width: 64, reg: z})
	})
	register("gemm_tile_avx2_amd64.s", "tile.go", func(e *emitter) {
		tile(e, tileForm{name: "tileAVX2", rows: 6, width: 32, reg: y})
	})
}

// tileForm is a tile of rows × two vectors.
type tileForm struct {
	name  string
	rows  int
	width int // bytes of a vector
	reg   func(int) string
}

// tile emits the gathered matrix product; the accumulators are registers 0 to
// 2·rows-1, the two vectors of b follow, the rest hold broadcast values of a.
func tile(e *emitter, f tileForm) {
	e.fn(f.name + "(c, init, a, b []float32, rows []tileRow, steps []int32)")
	row := []string{"SI", "DI", "R8", "R9", "R10", "R11", "R12", "R13"}[:f.rows]
	e.load("rows_base", "DX")
	e.load("a_base", "CX")
	for i, r := range row {
		e.op("MOVLQSX %s, %s", mem("DX", 8*i), r)
		e.op("LEAQ (CX)(%s*4), %s", r, r)
	}
	e.load("b_base", "BX")
	e.load("steps_base", "DX")
	e.load("steps_len", "CX")
	for i := range 2 * f.rows {
		e.op("VXORPS %s, %s, %s", f.reg(i), f.reg(i), f.reg(i))
	}
	e.op("LEAQ (DX)(CX*4), DX")
	e.op("NEGQ CX")
	e.op("JZ finish")
	b0, b1 := f.reg(2*f.rows), f.reg(2*f.rows+1)
	spare := 2*f.rows + 2
	registers := 16
	if f.width == 64 {
		registers = 32
	}
	e.op("PCALIGN $64")
	e.label("loop")
	e.op("MOVLQSX (DX)(CX*4), AX")
	e.op("VMOVUPS (BX), %s", b0)
	e.op("VMOVUPS %s, %s", mem("BX", f.width), b1)
	for i, r := range row {
		v := f.reg(spare + i%(registers-spare))
		e.op("VBROADCASTSS (%s)(AX*4), %s", r, v)
		e.op("VFMADD231PS %s, %s, %s", b0, v, f.reg(2*i))
		e.op("VFMADD231PS %s, %s, %s", b1, v, f.reg(2*i+1))
	}
	e.op("ADDQ $%d, BX", 2*f.width)
	e.op("INCQ CX")
	e.op("JNZ loop")
	e.label("finish")
	e.load("rows_base", "DX")
	e.load("c_base", "BX")
	e.load("init_len", "CX")
	e.op("TESTQ CX, CX")
	e.op("JZ accumulate")
	e.load("init_base", "CX")
	e.op("VMOVUPS (CX), %s", b0)
	e.op("VMOVUPS %s, %s", mem("CX", f.width), b1)
	for i := range row {
		tileStore(e, f, i, b0, b1)
	}
	e.ret()
	e.label("accumulate")
	for i := range row {
		tileStore(e, f, i, "(BX)(AX*4)", mem("BX", f.width)+"(AX*4)")
	}
	e.ret()
}

// tileStore adds a row's start values to its sums and stores them.
func tileStore(e *emitter, f tileForm, i int, start0, start1 string) {
	e.op("MOVLQSX %s, AX", mem("DX", 8*i+4))
	e.op("VADDPS %s, %s, %s", start0, f.reg(2*i), f.reg(2*i))
	e.op("VADDPS %s, %s, %s", start1, f.reg(2*i+1), f.reg(2*i+1))
	e.op("VMOVUPS %s, (BX)(AX*4)", f.reg(2*i))
	e.op("VMOVUPS %s, %s(AX*4)", f.reg(2*i+1), mem("BX", f.width))
}
