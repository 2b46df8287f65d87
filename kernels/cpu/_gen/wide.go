package main

import "fmt"

func init() {
	register("conv_wide_avx512_amd64.s", "wide.go", func(e *emitter) { wides(e, "AVX512", 6, 64, z) })
	register("conv_wide_avx2_amd64.s", "wide.go", func(e *emitter) { wides(e, "AVX2", 3, 32, y) })
}

// wides emits the kernels of one to four rows of the given number of vectors.
func wides(e *emitter, name string, vectors, width int, reg func(int) string) {
	for rows := 1; rows <= 4; rows++ {
		wide(e, fmt.Sprintf("wide%d%s", rows, name), rows, vectors, width, reg)
	}
}

// wide emits one kernel: accumulators, then the source's vectors, then one
// broadcast weight.
func wide(e *emitter, name string, rows, vectors, width int, reg func(int) string) {
	e.fn(name + "(c []float32, cRow int, start, src, w []float32, steps []int32)")
	e.load("src_base", "SI")
	e.load("w_base", "BX")
	e.load("steps_base", "DX")
	e.load("steps_len", "CX")
	for i := range rows * vectors {
		e.op("VXORPS %s, %s, %s", reg(i), reg(i), reg(i))
	}
	e.op("LEAQ (DX)(CX*4), DX")
	e.op("NEGQ CX")
	e.op("JZ finish%d", rows)
	source, weight := rows*vectors, reg((rows+1)*vectors)
	e.op("PCALIGN $64")
	e.label(fmt.Sprintf("loop%d", rows))
	e.op("MOVLQSX (DX)(CX*4), AX")
	for v := range vectors {
		e.op("VMOVUPS %s, %s", index("SI", "AX", 4, v*width), reg(source+v))
	}
	for r := range rows {
		e.op("VBROADCASTSS %s, %s", mem("BX", 4*r), weight)
		for v := range vectors {
			e.op("VFMADD231PS %s, %s, %s", reg(source+v), weight, reg(r*vectors+v))
		}
	}
	e.op("ADDQ $%d, BX", 4*rows)
	e.op("INCQ CX")
	e.op("JNZ loop%d", rows)
	e.label(fmt.Sprintf("finish%d", rows))
	e.load("c_base", "DI")
	e.load("cRow", "R8")
	e.op("SHLQ $2, R8")
	e.load("start_base", "SI")
	e.load("start_len", "CX")
	e.op("TESTQ CX, CX")
	e.op("JZ accumulate%d", rows)
	for r := range rows {
		e.op("VBROADCASTSS %s, %s", mem("SI", 4*r), weight)
		for v := range vectors {
			e.op("VADDPS %s, %s, %s", weight, reg(r*vectors+v), reg(r*vectors+v))
			e.op("VMOVUPS %s, %s", reg(r*vectors+v), mem("DI", v*width))
		}
		e.op("ADDQ R8, DI")
	}
	e.ret()
	e.label(fmt.Sprintf("accumulate%d", rows))
	for r := range rows {
		for v := range vectors {
			e.op("VADDPS %s, %s, %s", mem("DI", v*width), reg(r*vectors+v), reg(r*vectors+v))
			e.op("VMOVUPS %s, %s", reg(r*vectors+v), mem("DI", v*width))
		}
		e.op("ADDQ R8, DI")
	}
	e.ret()
}
