package main

// winogradGradient emits the transformation of 4×4 pixels of a gradient to 36
// products' inputs: down the columns into tmp, 6×4, then along the rows.
func (k *neon) winogradGradient() {
	k.begin("winogradGradient", "p []float32, pPoint, pTile int, src []float32, srcRow, tiles int, tmp []float32", "is [winogradKernels].gradient for 4 lanes.")
	k.get("p_base", "pPoint", "pTile", "src_base", "srcRow", "tiles", "tmp_base")
	k.scaleToBytes(1, 2, 4)
	const p, q = pointP, pointQ
	c := k.literals(p, q, p*p, q*q)
	k.label("gradient")
	for col := range 4 {
		k.op("ADD $%d, R3, R7", 16*col)
		for r := range 4 {
			k.op("FMOVQ (R7), F%d", r)
			if r < 3 {
				k.op("ADD R4, R7")
			}
		}
		for r, out := range k.gradientPass(c) {
			k.op("FMOVQ F%d, %s", out, mem("R6", (r*4+col)*16))
		}
	}
	k.op("MOVD R0, R7")
	for row := range 6 {
		for col := range 4 {
			k.op("FMOVQ %s, F%d", mem("R6", (row*4+col)*16), col)
		}
		for _, out := range k.gradientPass(c) {
			k.op("FMOVQ F%d, (R7)", out)
			k.op("ADD R1, R7")
		}
	}
	k.op("ADD $64, R3")
	k.op("ADD R2, R0")
	k.op("SUB $1, R5")
	k.op("CBNZ R5, gradient")
	k.ret()
}

// gradientPass transforms registers 0 to 3, spoiling 4 to 7, with the constants
// p, q, p² and q². It returns the results' registers.
func (k *neon) gradientPass(c []int) [6]int {
	for i := range 2 {
		even, odd, square := 4+2*i, 5+2*i, c[2+i]
		k.move(even, 0)
		k.multiplyAdd(even, 2, square)
		k.move(odd, 1)
		k.multiplyAdd(odd, 3, square)
	}
	for i := range 2 {
		even, odd := 4+2*i, 5+2*i
		k.move(1+i, even)
		k.multiplyAdd(1+i, odd, c[i])
		k.multiplySubtract(even, odd, c[i])
	}
	return [6]int{0, 1, 4, 2, 6, 3}
}

// winogradWeightGradient emits the transformation of 36 products to gradients of
// 3×3 weights, which it adds to: down the columns into tmp, 3×6, then along the
// rows.
func (k *neon) winogradWeightGradient() {
	k.begin("winogradWeightGradient", "w []float32, wTap int, u []float32, uPoint, uChannel, channels int, tmp []float32", "is [winogradKernels].weightGradient for 4 lanes.")
	k.get("w_base", "wTap", "u_base", "uPoint", "uChannel", "channels", "tmp_base")
	k.scaleToBytes(1, 3, 4)
	k.note("R9: from one row of points to the next")
	k.op("ADD R3<<1, R3, R9")
	k.op("LSL $1, R9")
	c := k.literals(weightConstants...)
	sum := k.spare()
	k.label("weightGradient")
	k.op("MOVD R2, R7")
	for col := range 6 {
		k.op("MOVD R7, R8")
		for r := range 6 {
			k.op("FMOVQ (R8), F%d", r)
			if r < 5 {
				k.op("ADD R9, R8")
			}
		}
		for r, out := range k.weightGradientPass(c) {
			k.op("FMOVQ F%d, %s", out, mem("R6", (r*6+col)*16))
		}
		if col < 5 {
			k.op("ADD R3, R7")
		}
	}
	for row := range 3 {
		for col := range 6 {
			k.op("FMOVQ %s, F%d", mem("R6", (row*6+col)*16), col)
		}
		for _, out := range k.weightGradientPass(c) {
			k.op("FMOVQ (R0), F%d", sum)
			k.float("fadd", out, out, sum)
			k.op("FMOVQ F%d, (R0)", out)
			k.op("ADD R1, R0")
		}
	}
	k.op("ADD R4, R2")
	k.op("SUB $1, R5")
	k.op("CBNZ R5, weightGradient")
	k.ret()
}

// weightGradientPass transforms registers 0 to 5, spoiling 6 and 7, with
// weightConstants. It returns the results' registers.
func (k *neon) weightGradientPass(c []int) [3]int {
	k.float("fadd", 6, 1, 2)
	k.float("fsub", 1, 1, 2)
	k.float("fadd", 7, 3, 4)
	k.float("fsub", 3, 3, 4)
	k.float("fmul", 0, 0, c[0])
	k.multiplyAdd(0, 6, c[1])
	k.multiplyAdd(0, 7, c[4])
	k.float("fmul", 2, 1, c[2])
	k.multiplyAdd(2, 3, c[5])
	k.multiplyAdd(5, 6, c[3])
	k.multiplyAdd(5, 7, c[6])
	return [3]int{0, 2, 5}
}
