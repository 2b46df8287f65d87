package main

import "fmt"

// shallowGradient emits the sums over pixels for all weights of four destination
// channels. The gradient's rows are at R10 to R13, the source's for three weights
// at R14, R15 and R17. Sums are in V0 to V11, the source's vectors from V12 on,
// the gradient's from V16 on.
func (k *neon) shallowGradient() {
	k.begin("shallowGradient", "sums, grad []float32, gradPlane, gradRow int, src []float32, steps []int32, srcRow, rows, n int, next, ahead []float32",
		"is [shallowKernels].gradient for 4 lanes. It fetches nothing ahead.")
	k.get("sums_base", "grad_base", "gradPlane", "gradRow", "src_base", "steps_base", "steps_len", "srcRow", "rows", "n")
	rows, grads, sources := []int{10, 11, 12, 13, 14, 15, 17}, []int{10, 11, 12, 13}, []int{14, 15, 17}
	group, row, end := k.fresh("group"), k.fresh("row"), k.fresh("end")
	k.note("R3 and R7 go from the end of a row to the next one.")
	k.op("SUB R9, R3")
	k.op("SUB R9, R7")
	k.label(group)
	k.op("CBZ R6, %s", end)
	k.op("MOVD R1, R%d", grads[0])
	for i := 1; i < shallowRows; i++ {
		k.op("ADD R2<<2, R%d, R%d", grads[i-1], grads[i])
	}
	for _, r := range sources {
		k.op("MOVW.P 4(R5), R%d", r)
		k.op("ADD R%d<<2, R4, R%d", r, r)
	}
	for i := range shallowRows * shallowTaps {
		k.clear(i)
	}
	k.op("MOVD R8, R19")
	k.label(row)
	k.shallowGradientRow(rows, grads, sources)
	for _, r := range grads {
		k.op("ADD R3<<2, R%d", r)
	}
	for _, r := range sources {
		k.op("ADD R7<<2, R%d", r)
	}
	k.op("SUB $1, R19")
	k.op("CBNZ R19, %s", row)
	for i := range shallowRows * shallowTaps {
		k.op("FMOVQ (R0), F12")
		k.float("fadd", i, i, 12)
		k.op("FMOVQ.P F%d, 16(R0)", i)
	}
	k.op("SUB $%d, R6", shallowTaps)
	k.op("B %s", group)
	k.label(end)
	k.ret()
}

// shallowGradientRow emits the sums over a row of R9 pixels: first what does not
// fill a vector, then whole ones.
func (k *neon) shallowGradientRow(rows, grads, sources []int) {
	const source, gradient, mask = 12, 16, 20
	loop, whole := k.fresh("loop"), k.fresh("whole")
	multiply := func() {
		for channel := range grads {
			for tap := range sources {
				k.multiplyAdd(tap*shallowRows+channel, source+tap, gradient+channel)
			}
		}
	}
	registers := func(i int) int { // of the vector that belongs to rows[i]
		if i < len(grads) {
			return gradient + i
		}
		return source + i - len(grads)
	}
	k.op("AND $3, R9, R20")
	k.op("CBZ R20, %s", whole)
	k.op("MOVD $masks<>+16(SB), R21")
	k.op("SUB R20<<2, R21")
	k.op("FMOVQ (R21), F%d", mask)
	for i, r := range rows {
		k.op("FMOVQ (R%d), F%d", r, registers(i))
		k.and(registers(i), registers(i), mask)
		k.op("ADD R20<<2, R%d", r)
	}
	multiply()
	k.label(whole)
	k.op("SUB R20, R9, R20")
	k.op("PCALIGN $16")
	k.label(loop)
	for i, r := range rows {
		k.op("FMOVQ.P 16(R%d), F%d", r, registers(i))
	}
	multiply()
	k.op("SUB $4, R20")
	k.op("CBNZ R20, %s", loop)
	fmt.Fprintf(&k.data, "DATA masks<>+0(SB)/8, $-1\nDATA masks<>+8(SB)/8, $-1\nGLOBL masks<>(SB), RODATA|NOPTR, $32\n")
}
