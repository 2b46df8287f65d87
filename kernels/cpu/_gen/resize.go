package main

func init() {
	vectorFile("resize", "resize.go", func(k *kernel) {
		lerpRows(k)
		if !k.v.wide { // the loads, two for each output, are the same for AVX-512
			lerpPairs(k)
		}
	})
}

// The fields of lerpBlocks.
const (
	lerpBase = 24 * iota
	lerpFirst
	lerpSecond
	lerpNear
	lerpFar
)

// lerpRows interpolates along a row: each vector of outputs permutes its two
// inputs out of a window, of two registers for AVX-512 and one for AVX2.
func lerpRows(k *kernel) {
	k.begin("lerpRow", "y, x []float32, b *lerpBlocks", "is [lerpKernel.row].")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	k.load("x_base", "SI")
	k.load("b", "DX")
	k.op("MOVQ %s, R13", mem("DX", lerpBase))
	k.op("MOVQ %s, R8", mem("DX", lerpFirst))
	k.op("MOVQ %s, R9", mem("DX", lerpSecond))
	k.op("MOVQ %s, R10", mem("DX", lerpNear))
	k.op("MOVQ %s, R11", mem("DX", lerpFar))
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

// lerpPairs interpolates along a row between inputs anywhere: it loads each output's
// pair of them and parts the first from the second.
func lerpPairs(k *kernel) {
	k.begin("lerpPairs", "y, x []float32, b *lerpBlocks", "is [lerpKernel.pairs].")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	k.load("x_base", "SI")
	k.load("b", "DX")
	k.op("MOVQ %s, R8", mem("DX", lerpFirst))
	k.op("MOVQ %s, R10", mem("DX", lerpNear))
	k.op("MOVQ %s, R11", mem("DX", lerpFar))
	k.op("XORQ BX, BX")
	lanes := k.v.lanes
	many, one, done := k.fresh("many"), k.fresh("one"), k.fresh("done")
	k.label(many)
	k.op("CMPQ CX, $%d", lanes)
	k.op("JLT %s", one)
	for i := range lanes / 2 {
		k.op("MOVLQSX %s, AX", index("R8", "BX", 1, 8*i))
		k.op("MOVLQSX %s, DX", index("R8", "BX", 1, 8*i+4))
		k.op("VMOVSD (SI)(AX*1), %s", x(i))
		k.op("VMOVHPD (SI)(DX*1), %s, %s", x(i), x(i))
	}
	k.op("VINSERTF128 $1, X2, Y0, Y0")
	k.op("VINSERTF128 $1, X3, Y1, Y1")
	k.op("VSHUFPS $0x88, Y1, Y0, Y2")
	k.op("VSHUFPS $0xdd, Y1, Y0, Y0")
	k.op("VMULPS %s, Y0, Y0", index("R11", "BX", 1, 0))
	k.op("VFMADD132PS %s, Y0, Y2", index("R10", "BX", 1, 0))
	k.op("VMOVUPS Y2, %s", index("DI", "BX", 1, 0))
	k.op("ADDQ $%d, BX", 4*lanes)
	k.op("SUBQ $%d, CX", lanes)
	k.op("JMP %s", many)
	k.label(one)
	k.op("TESTQ CX, CX")
	k.op("JZ %s", done)
	k.op("MOVLQSX %s, AX", index("R8", "BX", 1, 0))
	k.op("VMOVSS (SI)(AX*1), X0")
	k.op("VMOVSS 4(SI)(AX*1), X1")
	k.op("VMULSS %s, X1, X1", index("R11", "BX", 1, 0))
	k.op("VFMADD132SS %s, X1, X0", index("R10", "BX", 1, 0))
	k.op("VMOVSS X0, %s", index("DI", "BX", 1, 0))
	k.op("ADDQ $4, BX")
	k.op("DECQ CX")
	k.op("JMP %s", one)
	k.label(done)
	k.ret()
}
