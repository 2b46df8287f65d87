package main

import "fmt"

// A tile of a shallow convolution is shallowRows destination channels by up to
// shallowVectors vectors of pixels: with AVX2's 16 registers, 12 sums, 3 source
// vectors and a weight.
const shallowRows, shallowVectors = 4, 3

func init() {
	vectorFile("conv_shallow", "shallow.go", func(k *kernel) {
		k.shallowRow()
		k.shallowGradient()
	})
}

// shallowRow emits a row of pixels of four destination channels.
func (k *kernel) shallowRow() {
	k.begin("shallowRow", "c []float32, cRow int, start, src, w []float32, steps []int32, n int, slope float32",
		fmt.Sprintf("is [shallowKernels].row for at least %d pixels.", shallowVectors*k.v.lanes))
	k.load("src_base", "SI")
	k.load("c_base", "DI")
	k.load("cRow", "R8")
	k.op("SHLQ $2, R8")
	k.op("LEAQ (R8)(R8*2), R9")
	k.load("start_base", "R10")
	k.load("w_base", "R11")
	k.load("steps_base", "R12")
	k.load("steps_len", "R13")
	k.op("LEAQ (R12)(R13*4), R12")
	k.op("NEGQ R13")
	k.load("n", "R14")
	k.op("MOVL %s, R15", k.arg("slope"))
	next, three, two, back, end := k.fresh("next"), k.fresh("three"), k.fresh("two"), k.fresh("back"), k.fresh("end")
	lanes := k.v.lanes
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
	k.shallowTile(3)
	k.op("JMP %s", next)
	k.label(back)
	k.op("TESTQ R14, R14")
	k.op("JZ %s", end)
	k.shallowBack(2)
	k.label(two)
	k.shallowTile(2)
	k.op("JMP %s", next)
	k.label(end)
	k.ret()
}

// shallowBack goes back so that the pixels left fill the given vectors.
func (k *kernel) shallowBack(vectors int) {
	k.op("SUBQ $%d, R14", vectors*k.v.lanes)
	k.op("LEAQ (SI)(R14*4), SI")
	k.op("LEAQ (DI)(R14*4), DI")
	k.op("MOVQ $%d, R14", vectors*k.v.lanes)
}

// shallowTile emits a tile and moves on behind it.
func (k *kernel) shallowTile(vectors int) {
	source, weight, width := shallowRows*vectors, k.v.reg((shallowRows+1)*vectors), 4*k.v.lanes
	sum := func(row, v int) string { return k.v.reg(row*vectors + v) }
	rows := [shallowRows]string{"(DI)", "(DI)(R8*1)", "(DI)(R8*2)", "(DI)(R9*1)"}
	for i := range source {
		k.op("VXORPS %s, %s, %s", k.v.reg(i), k.v.reg(i), k.v.reg(i))
	}
	loop, store := k.fresh("loop"), k.fresh("store")
	k.note("Stores would wait for their lines; what lies two tiles ahead is stored soon.")
	for _, at := range rows {
		for line := 0; line < vectors*width; line += 64 {
			k.op("PREFETCHT0 %d%s", 2*vectors*width+line, at)
		}
	}
	k.op("MOVQ R11, BX")
	k.op("MOVQ R13, CX")
	k.op("PCALIGN $64")
	k.label(loop)
	k.op("MOVLQSX (R12)(CX*4), AX")
	for v := range vectors {
		k.op("VMOVUPS %s, %s", index("SI", "AX", 4, v*width), k.v.reg(source+v))
	}
	for row := range shallowRows {
		k.op("VBROADCASTSS %s, %s", mem("BX", 4*row), weight)
		for v := range vectors {
			k.op("VFMADD231PS %s, %s, %s", k.v.reg(source+v), weight, sum(row, v))
		}
	}
	k.op("ADDQ $%d, BX", 4*shallowRows)
	k.op("INCQ CX")
	k.op("JNZ %s", loop)
	for row := range shallowRows {
		k.op("VBROADCASTSS %s, %s", mem("R10", 4*row), weight)
		for v := range vectors {
			k.op("VADDPS %s, %s, %s", weight, sum(row, v), sum(row, v))
		}
	}
	k.op("CMPL R15, $0x3f800000 // slope 1")
	k.op("JEQ %s", store)
	k.shallowActivate(source, weight)
	k.label(store)
	for row, at := range rows {
		for v := range vectors {
			offset := ""
			if v > 0 {
				offset = fmt.Sprint(v * width)
			}
			k.op("VMOVUPS %s, %s%s", sum(row, v), offset, at)
		}
	}
	k.op("ADDQ $%d, SI", vectors*width)
	k.op("ADDQ $%d, DI", vectors*width)
	k.op("SUBQ $%d, R14", vectors*k.v.lanes)
}

// shallowActivate replaces the sums below register n by max(sum, slope·sum). The
// product is cleared for a slope of 0, since 0·-Inf is NaN; the maximum is the
// second operand where one is NaN, or where both are zeros.
func (k *kernel) shallowActivate(n int, tmp string) {
	slope, keep := k.v.reg(n), k.v.reg(n+1)
	k.broadcast("slope", slope)
	k.op("VXORPS %s, %s, %s", tmp, tmp, tmp)
	if k.v.wide {
		k.op("VCMPPS $%d, %s, %s, K1", notEqual, tmp, slope)
		k.op("VPMOVM2D K1, %s", keep)
	} else {
		k.op("VCMPPS $%d, %s, %s, %s", notEqual, tmp, slope, keep)
	}
	for i := range n {
		k.op("VMULPS %s, %s, %s", slope, k.v.reg(i), tmp)
		k.op("VANDPS %s, %s, %s", keep, tmp, tmp)
		k.op("VMAXPS %s, %s, %s", k.v.reg(i), tmp, k.v.reg(i))
	}
}
