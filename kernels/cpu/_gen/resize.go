package main

func init() { vectorFile("resize", "resize.go", lerpRows) }

// lerpRows interpolates along a row: each vector of outputs permutes its two
// inputs out of a window, of two registers for AVX-512 and one for AVX2.
func lerpRows(k *kernel) {
	k.begin("lerpRow", "y, x []float32, b *lerpBlocks", "is [lerpKernel.row].")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	k.load("x_base", "SI")
	k.load("b", "DX")
	for i, register := range []string{"R13", "R8", "R9", "R10", "R11"} { // the slices of lerpBlocks
		k.op("MOVQ %s, %s", mem("DX", 24*i), register)
	}
	k.loopOver(4, 1, func(b block) {
		first, second, low, high := b.t(0), b.t(1), b.t(2), b.t(3)
		b.op("MOVLQSX (R13), AX")
		b.op("ADDQ $4, R13")
		b.op("VMOVUPS %s, %s", b.at("R8", 4), first)
		b.op("VMOVUPS %s, %s", b.at("R9", 4), second)
		b.op("VMOVUPS (SI)(AX*4), %s", low)
		if b.v.wide {
			b.op("VMOVUPS 64(SI)(AX*4), %s", high)
			b.op("VPERMI2PS %s, %s, %s", high, low, first)
			b.op("VPERMI2PS %s, %s, %s", high, low, second)
		} else {
			b.op("VPERMPS %s, %s, %s", low, first, first)
			b.op("VPERMPS %s, %s, %s", low, second, second)
		}
		b.op("VMULPS %s, %s, %s", b.at("R11", 4), second, second)
		b.op("VFMADD132PS %s, %s, %s", b.at("R10", 4), second, first)
		b.store(first, "DI")
	})
	k.ret()
}
