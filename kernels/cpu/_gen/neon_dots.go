package main

import "fmt"

// dotsRows is the rows of a of a tile: 24 accumulators in V0 to V23, a vector of
// every row in V24 to V29, then two of rows of b.
const dotsRows, dotsA, dotsB = 6, 24, 30

func init() {
	neonFile("dots", "neon_dots.go", func(k *neon) { k.dots() })
}

// dots emits the kernel. R0 is the sums, R1 and R2 are a and b, R3 their stride in
// bytes, R4 the tiles, of which R5 are left; R9 to R14 are the rows of a, R15 and R19
// to R21 those of b. Tile t fetches rows t and t+3 ahead, R6 bytes from those of a.
func (k *neon) dots() {
	k.begin("dots", "sums, a, b []float32, stride int, tiles []int32, n int, ahead []float32",
		fmt.Sprintf("is [dotKernels].dots for %d rows.", dotsRows))
	k.get("sums_base", "a_base", "b_base", "stride", "tiles_base", "tiles_len", "ahead_base")
	k.scaleToBytes(3)
	k.op("SUB R1, R6")
	tile, vectors, rest, value, reduce := k.fresh("tile"), k.fresh("vectors"), k.fresh("rest"), k.fresh("value"), k.fresh("reduce")
	k.label(tile)
	k.op("MOVW.P 4(R4), R8")
	k.op("ADD R8<<2, R2, R8")
	for i, r := range dotsPointers {
		switch i {
		case 0:
			k.op("MOVD R1, %s", r)
		case dotsRows:
			k.op("MOVD R8, %s", r)
		default:
			k.op("ADD R3, %s, %s", dotsPointers[i-1], r)
		}
	}
	for i := range dotsRows * dotsCols {
		k.clear(i)
	}
	k.op("MOVD %s, R7", k.arg("n"))
	k.op("SUBS $4, R7")
	k.op("BLT %s", rest)
	k.op("PCALIGN $16")
	k.label(vectors)
	k.op("ADD R6, R9, R8")
	k.op("PRFM (R8), PLDL1KEEP")
	k.op("ADD R6, R12, R8")
	k.op("PRFM (R8), PLDL1KEEP")
	k.dotsStep("FMOVQ", 16)
	k.op("SUBS $4, R7")
	k.op("BGE %s", vectors)
	k.label(rest)
	k.op("ADDS $4, R7")
	k.op("BEQ %s", reduce)
	k.label(value)
	k.dotsStep("FMOVS", 4)
	k.op("SUB $1, R7")
	k.op("CBNZ R7, %s", value)
	k.label(reduce)
	for at := 0; at < dotsRows*dotsCols; at += dotsCols {
		k.float("faddp", at, at, at+1)
		k.float("faddp", at+2, at+2, at+3)
		k.float("faddp", at, at, at+2)
		k.op("FMOVQ (R0), F%d", dotsB)
		k.float("fadd", at, at, dotsB)
		k.op("FMOVQ.P F%d, 16(R0)", at)
	}
	k.op("ADD R3, R6")
	k.op("SUB $1, R5")
	k.op("CBNZ R5, %s", tile)
	k.ret()
}

// dotsPointers are the registers of the rows of a and b.
var dotsPointers = []string{"R9", "R10", "R11", "R12", "R13", "R14", "R15", "R19", "R20", "R21"}

// dotsStep multiplies vectors of a and b, or single values, which the instruction
// load puts beside zeros, and moves on by the given bytes.
func (k *neon) dotsStep(load string, bytes int) {
	for r := range dotsRows {
		k.op("%s.P %d(%s), F%d", load, bytes, dotsPointers[r], dotsA+r)
	}
	for c := range dotsCols {
		k.op("%s.P %d(%s), F%d", load, bytes, dotsPointers[dotsRows+c], dotsB+c%2)
		for r := range dotsRows {
			k.multiplyAdd(r*dotsCols+c, dotsA+r, dotsB+c%2)
		}
	}
}
