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
	k.op("LEAQ (R8)(R8*2), R9")
	k.load("w_base", "R11")
	k.note("R12 is where the steps of the tail begin, R13 the terms before, negative.")
	k.load("steps_base", "R12")
	k.load("steps_len", "R13")
	k.op("SUBQ $%d, R13", shallowTail)
	k.op("LEAQ (R12)(R13*4), R12")
	k.op("NEGQ R13")
	k.note("What is left to fetch ahead is from DX up to R10.")
	k.load("ahead_base", "DX")
	k.load("ahead_len", "R10")
	k.op("LEAQ (DX)(R10*4), R10")
	k.load("rows", "R15")
	row, next, three, two, back := k.fresh("row"), k.fresh("next"), k.fresh("three"), k.fresh("two"), k.fresh("back")
	lanes := k.v.lanes
	k.label(row)
	k.load("n", "R14")
	k.note("Three vectors, but two and two instead of three and one; the last ones go")
	k.note("back over pixels that are done rather than be cut.")
	k.label(next)
	k.op("CMPQ R14, $%d", 4*lanes)
	k.op("JGT %s", three)
	k.op("CMPQ R14, $%d", 3*lanes)
	k.op("JGT %s", two)
	k.op("CMPQ R14, $%d", 2*lanes)
	k.op("JLE %s", back)
	k.shallowBack(3)
	k.label(three)
	k.shallowTile(3, next)
	k.label(back)
	end := k.fresh("end")
	k.op("TESTQ R14, R14")
	k.op("JZ %s", end)
	k.shallowBack(2)
	k.label(two)
	k.shallowTile(2, next)
	k.label(end)
	k.load("srcRow", "AX")
	k.op("SUBQ %s, AX", k.arg("n"))
	k.op("LEAQ (SI)(AX*4), SI")
	k.op("DECQ R15")
	k.op("JNZ %s", row)
	k.ret()
}

// shallowBack goes back so that the pixels left fill the given vectors.
func (k *kernel) shallowBack(vectors int) {
	k.op("SUBQ $%d, R14", vectors*k.v.lanes)
	k.op("LEAQ (SI)(R14*4), SI")
	k.op("LEAQ (DI)(R14*4), DI")
	k.op("MOVQ $%d, R14", vectors*k.v.lanes)
}

// shallowTile emits a tile, moves on behind it and jumps to next.
func (k *kernel) shallowTile(vectors int, next string) {
	t := shallowTile{k, vectors, 4 * k.v.lanes}
	loop, active := k.fresh("loop"), k.fresh("active")
	for i := range shallowRows * vectors {
		k.op("VXORPS %s, %s, %s", k.v.reg(i), k.v.reg(i), k.v.reg(i))
	}
	k.note("Stores would wait for their lines; what lies two tiles ahead is stored soon.")
	for _, at := range shallowPlanes {
		for line := 0; line < vectors*t.width; line += 64 {
			k.op("PREFETCHT0 %d%s", 2*vectors*t.width+line, at)
		}
	}
	k.shallowAhead()
	k.op("MOVQ R11, BX")
	k.op("MOVQ R13, CX")
	k.op("PCALIGN $64")
	k.label(loop)
	k.op("MOVLQSX (R12)(CX*4), AX")
	for v := range vectors {
		k.op("VMOVUPS %s, %s", t.pixels(v), t.source(v))
	}
	for r := range shallowRows {
		k.op("VBROADCASTSS %s, %s", mem("BX", 4*r), t.weight())
		for v := range vectors {
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

// shallowPlanes are the places of a tile's rows.
var shallowPlanes = [shallowRows]string{"(DI)", "(DI)(R8*1)", "(DI)(R8*2)", "(DI)(R9*1)"}

// shallowTile is the registers of a tile: the sums, then the source's vectors of a
// term, then a weight.
type shallowTile struct {
	*kernel
	vectors, width int // width in bytes
}

func (t shallowTile) sum(row, v int) string { return t.v.reg(row*t.vectors + v) }
func (t shallowTile) source(v int) string   { return t.v.reg(shallowRows*t.vectors + v) }
func (t shallowTile) weight() string        { return t.v.reg(shallowRows*t.vectors + shallowVectors) }

// pixels is the operand of a vector of the source at step AX.
func (t shallowTile) pixels(v int) string { return index("SI", "AX", 4, v*t.width) }

// finish emits the tail of the sums row by row, with start and activation, stores them
// and moves on behind the tile. The source's vectors of a term stay in registers that
// are free, one term more after each row.
func (t shallowTile) finish(active bool) {
	var kept [shallowTail]func(v int) string
	keep := func(term int, register func(v int) string) {
		t.op("MOVLQSX %s, AX", mem("R12", 4*term))
		for v := range t.vectors {
			t.op("VMOVUPS %s, %s", t.pixels(v), register(v))
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
	for row, at := range shallowPlanes {
		for term := range shallowTail {
			t.op("VBROADCASTSS %s, %s", mem("BX", 4*(term*shallowRows+row)), t.weight())
			source := kept[term]
			if source == nil {
				t.op("MOVLQSX %s, AX", mem("R12", 4*term))
				source = t.pixels
			}
			for v := range t.vectors {
				t.op("VFMADD231PS %s, %s, %s", source(v), t.weight(), t.sum(row, v))
			}
		}
		t.op("VBROADCASTSS %s, %s", mem("CX", 4*row), t.weight())
		for v := range t.vectors {
			t.op("VADDPS %s, %s, %s", t.weight(), t.sum(row, v), t.sum(row, v))
		}
		for v := range t.vectors {
			if active {
				t.activate(t.sum(row, v))
			}
			t.op("VMOVUPS %s, %s", t.sum(row, v), displaced(v*t.width, at))
		}
		if row < shallowRows-1 && free < shallowTail {
			keep(free, func(v int) string { return t.sum(row, v) })
			free++
		}
	}
	t.op("ADDQ $%d, SI", t.vectors*t.width)
	t.op("ADDQ $%d, DI", t.vectors*t.width)
	t.op("SUBQ $%d, R14", t.vectors*t.v.lanes)
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
