package main

func init() {
	neonFile("winograd", "neon_winograd.go", func(k *neon) {
		k.winogradInput()
		k.winogradOutput()
		k.winogradWeights()
		k.winogradGradient()
		k.winogradWeightGradient()
	})
}

// scaleToBytes turns strides in values into bytes.
func (k *neon) scaleToBytes(registers ...int) {
	for _, r := range registers {
		k.op("LSL $2, R%d", r)
	}
}

// literals spreads values over constant registers.
func (k *neon) literals(values ...float64) []int {
	var list []int
	for _, v := range values {
		list = append(list, k.lit(v))
	}
	return list
}

// winogradInput emits the transformation of 6×6 pixels to 36 products' inputs:
// down the columns into tmp, then along the rows.
func (k *neon) winogradInput() {
	k.begin("winogradInput", "v []float32, vPoint, vTile int, src []float32, srcRow, tiles int, tmp []float32", "is [winogradKernels].input for 4 lanes.")
	k.get("v_base", "vPoint", "vTile", "src_base", "srcRow", "tiles", "tmp_base")
	k.scaleToBytes(1, 2, 4)
	const p, q = pointP, pointQ
	c := k.literals(p*p*q*q, p*p+q*q, q*q, p*p, p, q)
	k.label("input")
	for col := range 6 {
		k.op("ADD $%d, R3, R7", 16*col)
		for r := range 6 {
			k.op("FMOVQ (R7), F%d", r)
			if r < 5 {
				k.op("ADD R4, R7")
			}
		}
		for r, out := range k.inputPass(c) {
			k.op("FMOVQ F%d, %s", out, mem("R6", (r*6+col)*16))
		}
	}
	k.op("MOVD R0, R7")
	for row := range 6 {
		for col := range 6 {
			k.op("FMOVQ %s, F%d", mem("R6", (row*6+col)*16), col)
		}
		for _, out := range k.inputPass(c) {
			k.op("FMOVQ F%d, (R7)", out)
			k.op("ADD R1, R7")
		}
	}
	k.op("ADD $64, R3")
	k.op("ADD R2, R0")
	k.op("SUB $1, R5")
	k.op("CBNZ R5, input")
	k.ret()
}

// inputPass transforms registers 0 to 5, spoiling 6 and 7, with the constants
// p²q², p²+q², q², p², p and q. It returns the results' registers.
func (k *neon) inputPass(c []int) [6]int {
	k.move(6, 4)
	k.multiplySubtract(6, 2, c[1])
	k.multiplyAdd(6, 0, c[0]) // 6: d4 - (p²+q²)d2 + p²q²d0
	k.multiplySubtract(5, 3, c[1])
	k.multiplyAdd(5, 1, c[0]) // 5: d5 - (p²+q²)d3 + p²q²d1
	k.move(0, 4)
	k.multiplySubtract(0, 2, c[2]) // 0: d4 - q²d2
	k.move(7, 3)
	k.multiplySubtract(7, 1, c[2]) // 7: d3 - q²d1
	k.multiplySubtract(4, 2, c[3]) // 4: d4 - p²d2
	k.multiplySubtract(3, 1, c[3]) // 3: d3 - p²d1
	k.move(1, 0)
	k.multiplyAdd(1, 7, c[4])
	k.multiplySubtract(0, 7, c[4])
	k.move(2, 4)
	k.multiplyAdd(2, 3, c[5])
	k.multiplySubtract(4, 3, c[5])
	return [6]int{6, 1, 0, 2, 4, 5}
}

// winogradOutput emits the transformation of 36 products to 4×4 pixels.
func (k *neon) winogradOutput() {
	k.begin("winogradOutput", "dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias, tmp []float32", "is [winogradKernels].output for 4 lanes.")
	k.get("dst_base", "dstRow", "dstPixel", "m_base", "mPoint", "mTile", "tiles", "bias_base", "tmp_base")
	k.scaleToBytes(1, 2, 4, 5)
	const p, q = pointP, pointQ
	c := k.literals(p, q, p*p, q*q, p*p*p, q*q*q)
	bias := k.spare()
	k.op("FMOVQ (R7), F%d", bias)
	k.label("output")
	k.op("MOVD R3, R9")
	k.note("along the rows of points into tmp, 6×4")
	for row := range 6 {
		for col := range 6 {
			k.op("FMOVQ (R9), F%d", col)
			k.op("ADD R4, R9")
		}
		for col, out := range k.outputPass(c) {
			k.op("FMOVQ F%d, %s", out, mem("R8", (row*4+col)*16))
		}
	}
	for col := range 4 {
		for r := range 6 {
			k.op("FMOVQ %s, F%d", mem("R8", (r*4+col)*16), r)
		}
		k.op("MOVD R0, R9")
		for r, out := range k.outputPass(c) {
			k.float("fadd", out, out, bias)
			k.op("FMOVQ F%d, (R9)", out)
			if r < 3 {
				k.op("ADD R1, R9")
			}
		}
		k.op("ADD R2, R0")
	}
	k.op("ADD R5, R3")
	k.op("SUB $1, R6")
	k.op("CBNZ R6, output")
	k.ret()
}

// outputPass transforms registers 0 to 5, spoiling 6 and 7, with the constants
// p, q, p², q², p³ and q³. It returns the results' registers.
func (k *neon) outputPass(c []int) [4]int {
	k.float("fadd", 6, 1, 2)
	k.float("fsub", 1, 1, 2)
	k.float("fadd", 7, 3, 4)
	k.float("fsub", 3, 3, 4)
	k.float("fadd", 0, 0, 6)
	k.float("fadd", 0, 0, 7)
	k.float("fmul", 2, 1, c[0])
	k.multiplyAdd(2, 3, c[1])
	k.float("fmul", 4, 6, c[2])
	k.multiplyAdd(4, 7, c[3])
	k.multiplyAdd(5, 1, c[4])
	k.multiplyAdd(5, 3, c[5])
	return [4]int{0, 2, 4, 5}
}

// winogradWeights emits the transformation of 3×3 weights to 36 points.
func (k *neon) winogradWeights() {
	k.begin("winogradWeights", "u []float32, uPoint, uChannel int, w []float32, wTap, channels int, tmp []float32", "is [winogradKernels].weights for 4 lanes.")
	k.get("u_base", "uPoint", "uChannel", "w_base", "wTap", "channels", "tmp_base")
	k.scaleToBytes(1, 2, 4)
	c := k.literals(weightConstants...)
	k.label("weights")
	k.note("nine taps, row by row")
	for tap := range 9 {
		k.op("FMOVQ (R3), F%d", 7+tap)
		k.op("ADD R4, R3")
	}
	for col := range 3 {
		for r := range 3 {
			k.move(r, 7+3*r+col)
		}
		for r, out := range k.weightPass(c) {
			k.op("FMOVQ F%d, %s", out, mem("R6", (r*3+col)*16))
		}
	}
	k.op("MOVD R0, R7")
	for row := range 6 {
		for col := range 3 {
			k.op("FMOVQ %s, F%d", mem("R6", (row*3+col)*16), col)
		}
		for _, out := range k.weightPass(c) {
			k.op("FMOVQ F%d, (R7)", out)
			k.op("ADD R1, R7")
		}
	}
	k.op("ADD R2, R0")
	k.op("SUB $1, R5")
	k.op("CBNZ R5, weights")
	k.ret()
}

// weightPass transforms registers 0 to 2, spoiling 3 to 6, with
// weightConstants. It returns the results' registers.
func (k *neon) weightPass(c []int) [6]int {
	k.float("fmul", 3, 0, c[1])
	k.multiplyAdd(3, 2, c[3]) // 3: (g0 + p²g2)/productP
	k.float("fmul", 5, 0, c[4])
	k.multiplyAdd(5, 2, c[6]) // 5: (g0 + q²g2)/productQ
	k.float("fmul", 0, 0, c[0])
	k.move(4, 3)
	k.multiplyAdd(3, 1, c[2])
	k.multiplySubtract(4, 1, c[2])
	k.move(6, 5)
	k.multiplyAdd(5, 1, c[5])
	k.multiplySubtract(6, 1, c[5])
	return [6]int{0, 3, 4, 5, 6, 2}
}
