package main

func init() {
	register("gemm_transpose_avx512_amd64.s", "transpose.go", transposeAVX512)
	register("gemm_transpose_avx2_amd64.s", "transpose.go", transposeAVX2)
}

// transposeAVX512 emits the transposition of up to 16 columns. Blocks of 16
// rows are loaded under a mask of columns and stored under a mask of rows; rows
// that do not exist read the last one again, and columns that do not exist are
// written first, over the last one's place.
func transposeAVX512(e *emitter) {
	e.fn("transposeAVX512(dst []float32, dstStride int, src []float32, srcStride, rows, cols int)")
	e.load("dst_base", "DI")
	e.load("dstStride", "R8")
	e.load("src_base", "SI")
	e.load("srcStride", "R9")
	e.load("rows", "R10")
	e.load("cols", "R11")
	e.op("SHLQ $2, R8")
	e.op("SHLQ $2, R9")
	e.note("K1: mask of columns")
	e.op("MOVQ R11, CX")
	e.op("MOVL $1, AX")
	e.op("SHLL CX, AX")
	e.op("DECL AX")
	e.op("KMOVW AX, K1")
	e.label("block")
	e.note("K2: mask of this block's rows, of which there are R12")
	e.op("MOVQ $16, R12")
	e.op("CMPQ R10, R12")
	e.op("CMOVQLT R10, R12")
	e.op("MOVQ R12, CX")
	e.op("MOVL $1, AX")
	e.op("SHLL CX, AX")
	e.op("DECL AX")
	e.op("KMOVW AX, K2")
	e.op("MOVQ SI, BX")
	for i := range 16 {
		e.op("VMOVUPS.Z (BX), K1, %s", z(i))
		if i < 15 {
			e.op("LEAQ (BX)(R9*1), DX")
			e.op("CMPQ R12, $%d", i+1)
			e.op("CMOVQGT DX, BX")
		}
	}
	transpose16(e)
	e.note("DX: the last column's place, going up from column 15")
	e.op("LEAQ -1(R11), DX")
	e.op("IMULQ R8, DX")
	e.op("ADDQ DI, DX")
	for i := 15; i >= 0; i-- {
		e.op("VMOVUPS %s, K2, (DX)", z(i))
		if i > 0 {
			e.op("MOVQ DX, BX")
			e.op("SUBQ R8, BX")
			e.op("CMPQ R11, $%d", i)
			e.op("CMOVQGT BX, DX")
		}
	}
	e.op("LEAQ (R9*8), DX")
	e.op("LEAQ (SI)(DX*2), SI")
	e.op("ADDQ $64, DI")
	e.op("SUBQ $16, R10")
	e.op("JGT block")
	e.ret()
}

// transpose16 transposes the 16×16 values of Z0–Z15 in place, over Z16–Z31:
// two rounds of interleaving within 128-bit lanes, then two of exchanging lanes.
func transpose16(e *emitter) {
	for i := 0; i < 16; i += 2 {
		e.op("VUNPCKLPS %s, %s, %s", z(i+1), z(i), z(16+i))
		e.op("VUNPCKHPS %s, %s, %s", z(i+1), z(i), z(17+i))
	}
	// Now Z(16+4g+…) hold pairs of rows; combine pairs into quadruples: Z(4g+j)
	// holds, in lane l, column 4l+j of rows 4g to 4g+3.
	for g := range 4 {
		b := 16 + 4*g
		e.op("VUNPCKLPD %s, %s, %s", z(b+2), z(b), z(4*g))
		e.op("VUNPCKHPD %s, %s, %s", z(b+2), z(b), z(4*g+1))
		e.op("VUNPCKLPD %s, %s, %s", z(b+3), z(b+1), z(4*g+2))
		e.op("VUNPCKHPD %s, %s, %s", z(b+3), z(b+1), z(4*g+3))
	}
	// Lanes: from the four quadruples of column class j, collect lane l of each.
	for j := range 4 {
		e.op("VSHUFF32X4 $0x88, %s, %s, %s", z(4+j), z(j), z(16+j))    // lanes 0, 2 of rows 0–7
		e.op("VSHUFF32X4 $0xDD, %s, %s, %s", z(4+j), z(j), z(20+j))    // lanes 1, 3 of rows 0–7
		e.op("VSHUFF32X4 $0x88, %s, %s, %s", z(12+j), z(8+j), z(24+j)) // lanes 0, 2 of rows 8–15
		e.op("VSHUFF32X4 $0xDD, %s, %s, %s", z(12+j), z(8+j), z(28+j)) // lanes 1, 3 of rows 8–15
	}
	// Z(16+j) = [r0-3 l0, r0-3 l2, r4-7 l0, r4-7 l2], and so on.
	for j := range 4 {
		e.op("VSHUFF32X4 $0x88, %s, %s, %s", z(24+j), z(16+j), z(j))    // column j
		e.op("VSHUFF32X4 $0x88, %s, %s, %s", z(28+j), z(20+j), z(4+j))  // column 4+j
		e.op("VSHUFF32X4 $0xDD, %s, %s, %s", z(24+j), z(16+j), z(8+j))  // column 8+j
		e.op("VSHUFF32X4 $0xDD, %s, %s, %s", z(28+j), z(20+j), z(12+j)) // column 12+j
	}
}

// transposeAVX2 emits the transposition of whole blocks of eight rows and eight
// columns.
func transposeAVX2(e *emitter) {
	e.fn("transposeBlocksAVX2(dst []float32, dstStride int, src []float32, srcStride, blocks, across int)")
	e.load("dst_base", "DI")
	e.load("dstStride", "R8")
	e.load("src_base", "SI")
	e.load("srcStride", "R9")
	e.load("across", "R11")
	e.op("SHLQ $2, R8")
	e.op("SHLQ $2, R9")
	e.op("LEAQ (R8)(R8*2), R12")
	e.op("LEAQ (R9)(R9*2), R13")
	e.note("R14, R15: the columns' first block and its place")
	e.label("columns")
	e.op("MOVQ SI, R14")
	e.op("MOVQ DI, R15")
	e.load("blocks", "R10")
	e.label("block")
	e.op("LEAQ (R14)(R9*4), BX")
	e.note("Y0-Y3: columns 0 to 3 of rows i and i+4; Y4-Y7: columns 4 to 7")
	for i, at := range []string{"", "(R9*1)", "(R9*2)", "(R13*1)"} {
		e.op("VMOVUPS (R14)%s, %s", at, x(i))
		e.op("VMOVUPS 16(R14)%s, %s", at, x(4+i))
		e.op("VINSERTF128 $1, (BX)%s, %s, %s", at, y(i), y(i))
		e.op("VINSERTF128 $1, 16(BX)%s, %s, %s", at, y(4+i), y(4+i))
	}
	for i := 0; i < 8; i += 2 {
		e.op("VUNPCKLPS %s, %s, %s", y(i+1), y(i), y(8+i))
		e.op("VUNPCKHPS %s, %s, %s", y(i+1), y(i), y(9+i))
	}
	for i := 0; i < 8; i += 4 {
		e.op("VUNPCKLPD %s, %s, %s", y(10+i), y(8+i), y(i))
		e.op("VUNPCKHPD %s, %s, %s", y(10+i), y(8+i), y(i+1))
		e.op("VUNPCKLPD %s, %s, %s", y(11+i), y(9+i), y(i+2))
		e.op("VUNPCKHPD %s, %s, %s", y(11+i), y(9+i), y(i+3))
	}
	e.op("LEAQ (R15)(R8*4), DX")
	for i, at := range []string{"", "(R8*1)", "(R8*2)", "(R12*1)"} {
		e.op("VMOVUPS %s, (R15)%s", y(i), at)
		e.op("VMOVUPS %s, (DX)%s", y(4+i), at)
	}
	e.op("ADDQ $32, R15")
	e.op("LEAQ (R14)(R9*8), R14")
	e.op("DECQ R10")
	e.op("JNZ block")
	e.op("ADDQ $32, SI")
	e.op("LEAQ (DI)(R8*8), DI")
	e.op("DECQ R11")
	e.op("JNZ columns")
	e.ret()
}
