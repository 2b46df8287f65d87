package main

func init() {
	register("dots_avx512_amd64.s", "dots.go", func(e *emitter) {
		dotsForm{name: "AVX512", rows: 6, width: 64, reg: z}.emit(e)
	})
	register("dots_avx2_amd64.s", "dots.go", func(e *emitter) {
		dotsForm{name: "AVX2", rows: 3, width: 32, reg: y}.emit(e)
	})
}

// dotsForm is a tile of rows × dotsCols dot products. The accumulators are registers
// 0 to 4·rows-1, a vector of every row of a follows, then one of a row of b.
type dotsForm struct {
	name  string
	rows  int
	width int // bytes of a vector
	reg   func(int) string
}

// dotsCols is the rows of b of a tile.
const dotsCols = 4

// emit writes the kernel. SI and BX are the first rows of a and of b, R8 is their
// stride in bytes, R9 three and R10 five times that. Tile t fetches rows t and t+3
// ahead, at R13 and R14 from SI.
func (f dotsForm) emit(e *emitter) {
	e.fn("dots" + f.name + "(sums, a, b []float32, stride int, tiles []int32, n int, ahead []float32)")
	e.load("sums_base", "DI")
	e.load("stride", "R8")
	e.load("tiles_base", "R11")
	e.load("tiles_len", "R12")
	e.load("ahead_base", "R13")
	e.load("a_base", "SI")
	e.op("SUBQ SI, R13")
	e.op("SHLQ $2, R8")
	e.op("LEAQ (R8)(R8*2), R9")
	e.op("LEAQ (R8)(R8*4), R10")
	e.label("tile")
	e.load("a_base", "SI")
	e.load("b_base", "BX")
	e.op("MOVLQSX (R11), AX")
	e.op("LEAQ (BX)(AX*4), BX")
	for i := range f.rows * dotsCols {
		e.op("VXORPS %s, %s, %s", f.reg(i), f.reg(i), f.reg(i))
	}
	e.op("LEAQ (R13)(R9*1), R14")
	e.load("n", "CX")
	e.op("SUBQ $%d, CX", f.width/4)
	e.op("JLT rest")
	e.op("PCALIGN $64")
	e.label("vectors")
	for r := 0; r < f.rows; r += 3 {
		e.op("PREFETCHT0 (SI)(%s*1)", []string{"R13", "R14"}[r/3])
	}
	f.step(e, "VMOVUPS", f.reg)
	e.op("ADDQ $%d, SI", f.width)
	e.op("ADDQ $%d, BX", f.width)
	e.op("SUBQ $%d, CX", f.width/4)
	e.op("JGE vectors")
	e.label("rest")
	e.op("ADDQ $%d, CX", f.width/4)
	e.op("JZ reduce")
	e.label("value")
	f.step(e, "VMOVSS", x)
	e.op("ADDQ $4, SI")
	e.op("ADDQ $4, BX")
	e.op("DECQ CX")
	e.op("JNZ value")
	e.label("reduce")
	for r := range f.rows {
		f.reduce(e, r)
	}
	e.op("ADDQ R8, R13")
	e.op("ADDQ $%d, DI", 4*f.rows*dotsCols)
	e.op("ADDQ $4, R11")
	e.op("DECQ R12")
	e.op("JNZ tile")
	e.ret()
}

// step multiplies vectors of a and b, or single values, which the instruction load
// puts beside zeros.
func (f dotsForm) step(e *emitter, load string, part func(int) string) {
	a, b := f.rows*dotsCols, f.rows*(dotsCols+1)
	for r := range f.rows {
		e.op("%s %s, %s", load, "(SI)"+[]string{"", "(R8*1)", "(R8*2)", "(R9*1)", "(R8*4)", "(R10*1)"}[r], part(a+r))
	}
	for c := range dotsCols {
		e.op("%s %s, %s", load, "(BX)"+[]string{"", "(R8*1)", "(R8*2)", "(R9*1)"}[c], part(b))
		for r := range f.rows {
			e.op("VFMADD231PS %s, %s, %s", f.reg(b), f.reg(a+r), f.reg(r*dotsCols+c))
		}
	}
}

// reduce adds the four sums of row r to DI. Those of rows from 4 on move to the first
// registers, since the instructions that add neighbours know only sixteen.
func (f dotsForm) reduce(e *emitter, r int) {
	to := r % 4 * dotsCols
	if f.width == 64 {
		for c := range dotsCols {
			e.op("VEXTRACTF64X4 $1, %s, %s", z(r*dotsCols+c), y(24))
			e.op("VADDPS %s, %s, %s", y(24), y(r*dotsCols+c), y(to+c))
		}
	}
	e.op("VHADDPS %s, %s, %s", y(to+1), y(to), y(to))
	e.op("VHADDPS %s, %s, %s", y(to+3), y(to+2), y(to+2))
	e.op("VHADDPS %s, %s, %s", y(to+2), y(to), y(to))
	e.op("VEXTRACTF128 $1, %s, %s", y(to), x(to+1))
	e.op("VADDPS %s, %s, %s", x(to+1), x(to), x(to))
	e.op("VADDPS %s, %s, %s", mem("DI", 16*r), x(to), x(to))
	e.op("VMOVUPS %s, %s", x(to), mem("DI", 16*r))
}
