package main

func init() {
	register("gemm_tile_avx512_amd64.s", "tile.go", func(e *emitter) {
		tiles(e, tileForm{name: "AVX512", rows: 8, width: 64, registers: 32, reg: z})
	})
	register("gemm_tile_avx2_amd64.s", "tile.go", func(e *emitter) {
		tiles(e, tileForm{name: "AVX2", rows: 6, width: 32, registers: 16, reg: y})
	})
}

// tileForm is a tile of rows × two vectors. The accumulators are registers 0 to
// 2·rows-1, the two vectors of b follow, the rest hold broadcast values of a.
type tileForm struct {
	name      string
	rows      int
	width     int // bytes of a vector
	registers int
	reg       func(int) string
	unroll    int // steps of a turn of the loop
	// ahead is the register of the place that a turn fetches, up to that in limit; none:
	// nothing.
	ahead, limit string
	// following is the register of a turn's place in the rows that are fetched.
	following string
}

// tiles emits the matrix product that gathers its left operand and those that read it
// from end to end.
func tiles(e *emitter, f tileForm) {
	e.fn("tile" + f.name + "(c, init, a, b []float32, rows []tileRow, steps []int32)")
	f.unroll = 4
	f.overTiles(e, func() {
		e.load("steps_base", "DX")
		e.load("steps_len", "CX")
		e.op("LEAQ (DX)(CX*4), DX")
	}, func(k int) func(row string) string {
		e.op("MOVLQSX %s, AX", index("DX", "CX", 4, 4*k))
		return func(row string) string { return "(" + row + ")(AX*4)" }
	})

	// While the tiles of a call share a panel, the second-level cache gets as much of what
	// follows it, as a rule the next call's: 48 rows fetch a whole panel of 16 columns.
	e.fn("dense" + f.name + "(c, init, a, b []float32, rows []tileRow, depth int)")
	f.unroll, f.ahead, f.limit = 8, "DX", "AX"
	e.load("depth", f.ahead)
	e.op("IMULQ $%d, %s", 2*f.width, f.ahead)
	e.op("ADDQ %s, %s", e.arg("b_base"), f.ahead)
	f.overTiles(e, func() {
		e.load("depth", "CX")
		for _, r := range f.pointers() {
			e.op("LEAQ (%s)(CX*4), %s", r, r)
		}
		e.op("MOVQ CX, %s", f.limit)
		e.op("IMULQ $%d, %s", 2*2*f.width, f.limit)
		e.op("ADDQ BX, %s", f.limit)
	}, dense)
	f.strided(e)
}

// strided emits the product of rows at one distance, that of the first two. DX is the
// place of what is fetched, a tile further than CX.
func (f tileForm) strided(e *emitter) {
	e.fn("strided" + f.name + "(c, init, a, b []float32, rows []tileRow, depth int)")
	f.unroll, f.ahead, f.following = 8, "", "DX"
	f.overTiles(e, func() {
		e.load("depth", "CX")
		for _, r := range f.pointers() {
			e.op("LEAQ (%s)(CX*4), %s", r, r)
		}
		e.op("MOVLQSX %s, DX", mem("R14", 8))
		e.op("MOVLQSX (R14), AX")
		e.op("SUBQ AX, DX")
		e.op("IMULQ $%d, DX", f.rows)
		e.op("SUBQ CX, DX")
	}, dense)
}

// dense names the value of a row at step CX+k, where all rows end at step 0.
func dense(k int) func(row string) string {
	return func(row string) string { return index(row, "CX", 4, 4*k) }
}

// sum emits the loop over the steps, CX of them: values(k) makes ready step CX+k of
// the left operand, and names the operand that holds its value of a row.
func (f tileForm) sum(e *emitter, finish string, values func(k int) func(row string) string) {
	many, rest, loop := e.fresh("many"), e.fresh("rest"), e.fresh("loop")
	e.op("NEGQ CX")
	e.op("JZ %s", finish)
	e.op("ADDQ $%d, CX", f.unroll-1)
	e.op("JGE %s", rest)
	e.op("PCALIGN $64")
	e.label(many)
	for u := range f.unroll {
		f.step(e, u, values(u-f.unroll+1))
	}
	if f.ahead != "" {
		for line := 0; line < 2*f.width; line += 64 {
			e.op("PREFETCHT1 %s", mem(f.ahead, line))
		}
		e.op("ADDQ $%d, %s", 2*f.width, f.ahead)
		e.op("CMPQ %s, %s", f.ahead, f.limit)
		e.op("CMOVQHI %s, %s", f.limit, f.ahead)
	}
	if f.following != "" {
		for _, r := range f.pointers() {
			e.op("PREFETCHT0 %s", index(r, f.following, 4, 0))
		}
		e.op("ADDQ $%d, %s", f.unroll, f.following)
	}
	e.op("ADDQ $%d, BX", 2*f.unroll*f.width)
	e.op("ADDQ $%d, CX", f.unroll)
	e.op("JLT %s", many)
	e.label(rest)
	e.op("SUBQ $%d, CX", f.unroll-1)
	e.op("JZ %s", finish)
	e.label(loop)
	f.step(e, 0, values(0))
	e.op("ADDQ $%d, BX", 2*f.width)
	e.op("INCQ CX")
	e.op("JNZ %s", loop)
}

// pointers are the registers that hold the addresses of a tile's rows.
func (f tileForm) pointers() []string {
	return []string{"SI", "DI", "R8", "R9", "R10", "R11", "R12", "R13"}[:f.rows]
}

// operands are the registers of a row of b.
func (f tileForm) operands() (b0, b1 string) { return f.reg(2 * f.rows), f.reg(2*f.rows + 1) }

// overTiles emits the loop over the tiles of rows, from R14 up to R15: begin sets
// up what values needs beside the row pointers and CX, the number of steps; for
// values see sum.
func (f tileForm) overTiles(e *emitter, begin func(), values func(k int) func(row string) string) {
	next, finish, accumulate, end := e.fresh("tile"), e.fresh("finish"), e.fresh("accumulate"), e.fresh("end")
	e.load("rows_base", "R14")
	e.load("rows_len", "R15")
	e.op("LEAQ (R14)(R15*8), R15")
	e.op("CMPQ R14, R15")
	e.op("JGE %s", end)
	e.label(next)
	e.load("a_base", "CX")
	for i, r := range f.pointers() {
		e.op("MOVLQSX %s, %s", mem("R14", 8*i), r)
		e.op("LEAQ (CX)(%s*4), %s", r, r)
	}
	if f.ahead != "" { // results of a wide matrix lie in a page each, which nothing else fetches
		e.load("c_base", "BX")
		for i := range f.rows {
			e.op("MOVLQSX %s, CX", mem("R14", 8*i+4))
			e.op("PREFETCHT0 (BX)(CX*4)")
		}
	}
	e.load("b_base", "BX")
	begin()
	for i := range 2 * f.rows {
		e.op("VXORPS %s, %s, %s", f.reg(i), f.reg(i), f.reg(i))
	}
	f.sum(e, finish, values)
	e.label(finish)
	e.load("c_base", "BX")
	e.load("init_len", "CX")
	e.op("TESTQ CX, CX")
	e.op("JZ %s", accumulate)
	e.load("init_base", "CX")
	b0, b1 := f.operands()
	e.op("VMOVUPS (CX), %s", b0)
	e.op("VMOVUPS %s, %s", mem("CX", f.width), b1)
	f.store(e, next, b0, b1)
	e.op("JMP %s", end)
	e.label(accumulate)
	f.store(e, next, "(BX)(AX*4)", index("BX", "AX", 4, f.width))
	e.label(end)
	e.ret()
}

// step multiplies row u of b from BX on with a value of every row of a, whose
// operand value names.
func (f tileForm) step(e *emitter, u int, value func(row string) string) {
	b0, b1 := f.operands()
	spare := 2*f.rows + 2
	e.op("VMOVUPS %s, %s", mem("BX", 2*u*f.width), b0)
	e.op("VMOVUPS %s, %s", mem("BX", (2*u+1)*f.width), b1)
	for i, r := range f.pointers() {
		v := f.reg(spare + i%(f.registers-spare))
		e.op("VBROADCASTSS %s, %s", value(r), v)
		e.op("VFMADD231PS %s, %s, %s", b0, v, f.reg(2*i))
		e.op("VFMADD231PS %s, %s, %s", b1, v, f.reg(2*i+1))
	}
}

// store adds start values to a tile's sums, stores them and goes on to the next
// tile, if there is one.
func (f tileForm) store(e *emitter, next, start0, start1 string) {
	for i := range f.rows {
		e.op("MOVLQSX %s, AX", mem("R14", 8*i+4))
		e.op("VADDPS %s, %s, %s", start0, f.reg(2*i), f.reg(2*i))
		e.op("VADDPS %s, %s, %s", start1, f.reg(2*i+1), f.reg(2*i+1))
		e.op("VMOVUPS %s, (BX)(AX*4)", f.reg(2*i))
		e.op("VMOVUPS %s, %s", f.reg(2*i+1), index("BX", "AX", 4, f.width))
	}
	e.op("ADDQ $%d, R14", 8*f.rows)
	e.op("CMPQ R14, R15")
	e.op("JLT %s", next)
}
