package main

import "fmt"

func init() {
	register("conv_wide_avx512_amd64.s", "wide.go", func(e *emitter) { wides(e, "AVX512", [4]int{6, 6, 6, 6}, 64, z) })
	register("conv_wide_avx2_amd64.s", "wide.go", func(e *emitter) { wides(e, "AVX2", [4]int{3, 3, 4, 3}, 32, y) })
}

// wides emits the kernels of one to four rows, each of its number of vectors.
func wides(e *emitter, name string, vectors [4]int, width int, reg func(int) string) {
	for i, n := range vectors {
		wide(e, fmt.Sprintf("wide%d%s", i+1, name), i+1, n, width, reg)
	}
}

// wide emits one kernel: accumulators, then the registers of [wideStep].
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
	other := reg(rows*vectors + min(rows, vectors))
	e.op("PCALIGN $64")
	e.label(fmt.Sprintf("loop%d", rows))
	e.op("MOVLQSX (DX)(CX*4), AX")
	wideStep(e, rows, vectors, width, reg)
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
		e.op("VBROADCASTSS %s, %s", mem("SI", 4*r), other)
		for v := range vectors {
			e.op("VADDPS %s, %s, %s", other, reg(r*vectors+v), reg(r*vectors+v))
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

// wideStep emits the multiply-adds of a step: behind the accumulators lies what it keeps
// at hand, the source's vectors or the broadcast weights, whichever are fewer, then one
// of the others.
func wideStep(e *emitter, rows, vectors, width int, reg func(int) string) {
	atHand := rows * vectors
	other := reg(atHand + min(rows, vectors))
	pixels := func(v int, to string) { e.op("VMOVUPS %s, %s", index("SI", "AX", 4, v*width), to) }
	weight := func(r int, to string) { e.op("VBROADCASTSS %s, %s", mem("BX", 4*r), to) }
	multiplyAdd := func(a, r, v int) { e.op("VFMADD231PS %s, %s, %s", reg(atHand+a), other, reg(r*vectors+v)) }
	if vectors <= rows {
		for v := range vectors {
			pixels(v, reg(atHand+v))
		}
		for r := range rows {
			weight(r, other)
			for v := range vectors {
				multiplyAdd(v, r, v)
			}
		}
		return
	}
	for r := range rows {
		weight(r, reg(atHand+r))
	}
	for v := range vectors {
		pixels(v, other)
		for r := range rows {
			multiplyAdd(r, r, v)
		}
	}
}
