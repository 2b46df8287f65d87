package main

import "fmt"

// A tile of a shallow convolution is shallowRows destination channels by up to
// shallowVectors vectors of pixels: with AVX2's 16 registers, 12 sums, 3 source
// vectors and a weight.
const shallowRows, shallowVectors = 4, 3

// shallowTail is the last terms of the sums, which a tile adds row by row: its twelve
// stores in a row would hold up the next tile's sums for some 20 cycles, four times
// three among multiply-adds hardly do.
const shallowTail = 4

func init() {
	vectorFile("conv_shallow", "shallow.go", func(k *kernel) {
		k.shallowStrip()
		k.shallowGradient()
	})
}

// shallowStrip emits rows of pixels of four destination channels.
func (k *kernel) shallowStrip() {
	k.begin("shallowStrip", "c []float32, plane int, start, src []float32, srcRow int, w []float32, steps []int32, n, rows int, slope float32, ahead []float32",
		fmt.Sprintf("is [shallowKernels].strip for at least %d pixels and %d terms.", shallowVectors*k.v.lanes, shallowTail+1))
	k.load("src_base", "SI")
	k.load("c_base", "DI")
	k.load("plane", "R8")
	k.op("SHLQ $2, R8")
	k.load("w_base", "R11")
	k.note("R12 is where the steps of the tail begin.")
	k.load("steps_base", "R12")
	k.load("steps_len", "AX")
	k.op("LEAQ -%d(R12)(AX*4), R12", 4*shallowTail)
	k.note("What is left to fetch ahead is from DX up to R10.")
	k.load("ahead_base", "DX")
	k.load("ahead_len", "R10")
	k.op("LEAQ (DX)(R10*4), R10")
	k.note("R15 rows are left, R9 until shallowColumns computes what rows leave over.")
	k.load("rows", "R15")
	k.op("MOVQ $%d, R9", shallowVectors)
	row, next, three, two, left, end := k.fresh("row"), k.fresh("next"), k.fresh("three"), k.fresh("two"), k.fresh("left"), k.fresh("end")
	lanes := k.v.lanes
	k.label(row)
	k.load("n", "R14")
	k.note("The last tile goes back over pixels that are done rather than be cut.")
	k.label(next)
	k.op("CMPQ R14, $%d", 3*lanes)
	k.op("JGE %s", three)
	k.op("CMPQ R14, $%d", 2*lanes)
	k.op("JLE %s", left)
	k.shallowBack(3)
	k.label(three)
	k.shallowTile(shallowTile{k, 3, false}, next)
	k.label(left)
	k.op("TESTQ R14, R14")
	k.op("JZ %s", end)
	k.op("CMPQ R14, $%d", lanes)
	k.op("JGT %s", two)
	k.op("CMPQ %s, $%d", k.arg("rows"), shallowVectors)
	k.op("JLT %s", two)
	k.shallowColumns(end)
	k.op("JMP %s", end)
	k.label(two)
	k.shallowBack(2)
	k.shallowTile(shallowTile{k, 2, false}, next)
	k.label(end)
	k.load("srcRow", "AX")
	k.op("SUBQ %s, AX", k.arg("n"))
	k.op("LEAQ (SI)(AX*4), SI")
	k.op("DECQ R15")
	k.op("JNZ %s", row)
	k.ret()
}

// shallowColumns emits what rows leave over, R14 pixels, up to a vector: those of three
// rows are a tile, after every third row and the last.
func (k *kernel) shallowColumns(end string) {
	now, behind := k.fresh("now"), k.fresh("behind")
	k.op("LEAQ (SI)(R14*4), SI")
	k.op("LEAQ (DI)(R14*4), DI")
	k.op("CMPQ R15, $1")
	k.op("JEQ %s", now)
	k.op("DECQ R9")
	k.op("JNZ %s", end)
	k.label(now)
	k.note("R14 and R9 are the distances of rows.")
	k.load("srcRow", "R14")
	k.op("SHLQ $2, R14")
	k.load("n", "R9")
	k.op("SHLQ $2, R9")
	for _, at := range []struct{ place, row string }{{"SI", "R14"}, {"DI", "R9"}} {
		k.op("LEAQ %d(%s*%d), AX", 4*k.v.lanes, at.row, shallowVectors-1)
		k.op("SUBQ AX, %s", at.place)
	}
	k.shallowTile(shallowTile{k, shallowVectors, true}, behind)
	k.label(behind)
	k.op("LEAQ (SI)(R14*%d), SI", shallowVectors-1)
	k.op("LEAQ (DI)(R9*%d), DI", shallowVectors-1)
	k.op("MOVQ $%d, R9", shallowVectors)
}

// shallowBack goes back so that the pixels left fill the given vectors.
func (k *kernel) shallowBack(vectors int) {
	k.op("SUBQ $%d, R14", vectors*k.v.lanes)
	k.op("LEAQ (SI)(R14*4), SI")
	k.op("LEAQ (DI)(R14*4), DI")
	k.op("MOVQ $%d, R14", vectors*k.v.lanes)
}

// shallowTile emits a tile, moves on behind it and jumps to next.
func (k *kernel) shallowTile(t shallowTile, next string) {
	loop, active := k.fresh("loop"), k.fresh("active")
	for i := range shallowRows * t.vectors {
		k.op("VXORPS %s, %s, %s", k.v.reg(i), k.v.reg(i), k.v.reg(i))
	}
	if !t.columns {
		k.note("Stores would wait for their lines; what lies two tiles ahead is stored soon.")
		k.op("LEAQ (DI)(R8*1), AX")
		for _, at := range shallowPlanes {
			for line := 0; line < 4*t.pixels(); line += 64 {
				k.op("PREFETCHT0 %d%s", 2*4*t.pixels()+line, at)
			}
		}
		k.shallowAhead()
	}
	k.op("MOVQ R11, BX")
	k.load("steps_len", "CX")
	k.op("NEGQ CX")
	k.op("ADDQ $%d, CX", shallowTail)
	k.op("PCALIGN $64")
	k.label(loop)
	t.step("(R12)(CX*4)")
	for v := range t.vectors {
		k.op("VMOVUPS %s, %s", t.from(v), t.source(v))
	}
	for r := range shallowRows {
		k.op("VBROADCASTSS %s, %s", mem("BX", 4*r), t.weight())
		for v := range t.vectors {
			k.op("VFMADD231PS %s, %s, %s", t.source(v), t.weight(), t.sum(r, v))
		}
	}
	k.op("ADDQ $%d, BX", 4*shallowRows)
	k.op("INCQ CX")
	k.op("JNZ %s", loop)
	k.op("CMPL %s, $0x3f800000 // 1", k.arg("slope"))
	k.op("JNE %s", active)
	t.finish(false)
	k.op("JMP %s", next)
	k.label(active)
	t.finish(true)
	k.op("JMP %s", next)
}

// shallowAhead fetches the next lines ahead, if there are any.
func (k *kernel) shallowAhead() {
	const lines = 3
	end := k.fresh("fetched")
	k.op("CMPQ DX, R10")
	k.op("JGE %s", end)
	for line := range lines {
		k.op("PREFETCHT1 %s", mem("DX", 64*line))
	}
	k.op("ADDQ $%d, DX", 64*lines)
	k.label(end)
}

// shallowPlanes are the places of a tile's channels, with AX at the second.
var shallowPlanes = [shallowRows]string{"(DI)", "(DI)(R8*1)", "(DI)(R8*2)", "(AX)(R8*2)"}

// shallowTile is a tile of vectors of a row or, columns, one vector each of as many
// rows. Its registers are the sums, then the source's vectors of a term, then a weight.
type shallowTile struct {
	*kernel
	vectors int
	columns bool
}

func (t shallowTile) sum(row, v int) string { return t.v.reg(row*t.vectors + v) }
func (t shallowTile) source(v int) string   { return t.v.reg(shallowRows*t.vectors + v) }
func (t shallowTile) weight() string        { return t.v.reg(shallowRows*t.vectors + shallowVectors) }

// pixels is how many lie in a row.
func (t shallowTile) pixels() int {
	if t.columns {
		return t.v.lanes
	}
	return t.vectors * t.v.lanes
}

// step prepares from for the step at a place.
func (t shallowTile) step(at string) {
	t.op("MOVLQSX %s, AX", at)
	if t.columns {
		t.op("LEAQ (SI)(AX*4), AX")
	}
}

// from is the operand of a vector of the source.
func (t shallowTile) from(v int) string {
	if t.columns {
		return byRow("AX", "R14", v)
	}
	return index("SI", "AX", 4, v*4*t.v.lanes)
}

// byRow is the operand of a row, behind that of the place.
func byRow(place, distance string, row int) string {
	if row == 0 {
		return mem(place, 0)
	}
	return index(place, distance, row, 0)
}

// store emits the stores of a channel. Columns move on to the next channel.
func (t shallowTile) store(row int) {
	if row == shallowRows-1 && !t.columns {
		t.op("LEAQ (DI)(R8*1), AX")
	}
	for v := range t.vectors {
		if t.columns {
			t.op("VMOVUPS %s, %s", t.sum(row, v), byRow("DI", "R9", v))
		} else {
			t.op("VMOVUPS %s, %s", t.sum(row, v), displaced(v*4*t.v.lanes, shallowPlanes[row]))
		}
	}
	if t.columns {
		t.op("ADDQ R8, DI")
	}
}

// finish emits the tail of the sums row by row, with start and activation, stores them
// and moves on behind the tile. The source's vectors of a term stay in registers that
// are free, one term more after each row.
func (t shallowTile) finish(active bool) {
	var kept [shallowTail]func(v int) string
	keep := func(term int, register func(v int) string) {
		t.step(mem("R12", 4*term))
		for v := range t.vectors {
			t.op("VMOVUPS %s, %s", t.from(v), register(v))
		}
		kept[term] = register
	}
	t.load("start_base", "CX")
	free := 0
	if active {
		t.prepareActivation()
	} else {
		keep(free, t.source)
		free++
	}
	for row := range shallowRows {
		for term := range shallowTail {
			t.op("VBROADCASTSS %s, %s", mem("BX", 4*(term*shallowRows+row)), t.weight())
			source := kept[term]
			if source == nil {
				t.step(mem("R12", 4*term))
				source = t.from
			}
			for v := range t.vectors {
				t.op("VFMADD231PS %s, %s, %s", source(v), t.weight(), t.sum(row, v))
			}
		}
		t.op("VBROADCASTSS %s, %s", mem("CX", 4*row), t.weight())
		for v := range t.vectors {
			t.op("VADDPS %s, %s, %s", t.weight(), t.sum(row, v), t.sum(row, v))
		}
		for v := 0; v < t.vectors && active; v++ {
			t.activate(t.sum(row, v))
		}
		t.store(row)
		if row < shallowRows-1 && free < shallowTail {
			keep(free, func(v int) string { return t.sum(row, v) })
			free++
		}
	}
	if t.columns { // back to the first channel
		t.op("LEAQ (R8*%d), AX", shallowRows)
		t.op("SUBQ AX, DI")
	}
	t.op("ADDQ $%d, SI", 4*t.pixels())
	t.op("ADDQ $%d, DI", 4*t.pixels())
	if !t.columns {
		t.op("SUBQ $%d, R14", t.pixels())
	}
}

// displaced is the operand offset bytes behind another.
func displaced(offset int, at string) string {
	if offset == 0 {
		return at
	}
	return fmt.Sprint(offset, at)
}

// prepareActivation brings the slope, and a mask that is 0 where it is 0, to the
// registers of the source.
func (t shallowTile) prepareActivation() {
	slope, keep, zero := t.source(0), t.source(1), t.weight()
	t.broadcast("slope", slope)
	t.op("VXORPS %s, %s, %s", zero, zero, zero)
	if t.v.wide {
		t.op("VCMPPS $%d, %s, %s, K1", notEqual, zero, slope)
		t.op("VPMOVM2D K1, %s", keep)
	} else {
		t.op("VCMPPS $%d, %s, %s, %s", notEqual, zero, slope, keep)
	}
}

// activate replaces a sum by max(sum, slope·sum). The product is cleared for a slope of
// 0, since 0·-Inf is NaN; the maximum is the second operand where one is NaN, or where
// both are zeros.
func (t shallowTile) activate(sum string) {
	slope, keep, product := t.source(0), t.source(1), t.weight()
	t.op("VMULPS %s, %s, %s", slope, sum, product)
	t.op("VANDPS %s, %s, %s", keep, product, product)
	t.op("VMAXPS %s, %s, %s", sum, product, sum)
}
