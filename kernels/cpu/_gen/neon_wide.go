package main

import "fmt"

// wideVectors is the vectors of pixels of a wide kernel: with four rows of them,
// 24 registers hold sums, 6 source pixels and 2 weights.
const wideVectors = 6

func init() {
	neonFile("wide", "neon_wide.go", func(k *neon) {
		for rows := 1; rows <= 4; rows++ {
			k.wide(rows)
		}
	})
}

// wide emits the kernel for the given number of destination channels.
func (k *neon) wide(rows int) {
	const src, weights = 4 * wideVectors, 5 * wideVectors
	k.begin(fmt.Sprintf("wide%d", rows), "c []float32, cRow int, start, src, w []float32, steps []int32",
		fmt.Sprintf("is [wideKernel].tile for %d channels and %d pixels.", rows, 4*wideVectors))
	k.get("c_base", "cRow", "src_base", "w_base", "steps_base", "steps_len", "start_base", "start_len")
	k.scaleToBytes(1)
	for i := range rows * wideVectors {
		k.clear(i)
	}
	loop, finish, accumulate := k.fresh("loop"), k.fresh("finish"), k.fresh("accumulate")
	k.op("CBZ R5, %s", finish)
	k.op("PCALIGN $16")
	k.label(loop)
	k.op("MOVW.P 4(R4), R8")
	k.op("ADD R8<<2, R2, R8")
	k.widePixels("R8", src)
	for r := range rows {
		k.op("FMOVS.P 4(R3), F%d", weights+r%2)
		for i := range wideVectors {
			k.multiplyAddFirst(r*wideVectors+i, src+i, weights+r%2)
		}
	}
	k.op("SUB $1, R5")
	k.op("CBNZ R5, %s", loop)
	k.label(finish)
	k.op("CBZ R7, %s", accumulate)
	for r := range rows {
		k.op("FMOVS %s, F%d", mem("R6", 4*r), src)
		k.op("VDUP V%d.S[0], V%d.S4", src, src)
		for i := range wideVectors {
			k.float("fadd", r*wideVectors+i, r*wideVectors+i, src)
		}
		k.wideStore(r)
	}
	k.ret()
	k.label(accumulate)
	for r := range rows {
		k.widePixels("R0", src)
		for i := range wideVectors {
			k.float("fadd", r*wideVectors+i, r*wideVectors+i, src+i)
		}
		k.wideStore(r)
	}
	k.ret()
}

// widePixels loads the pixels at base into registers from first on.
func (k *neon) widePixels(base string, first int) {
	for i := 0; i < wideVectors; i += 2 {
		k.op("FLDPQ %s, (F%d, F%d)", mem(base, 16*i), first+i, first+i+1)
	}
}

// wideStore stores row r at R0, which moves on to the next one.
func (k *neon) wideStore(r int) {
	for i := 0; i < wideVectors; i += 2 {
		k.op("FSTPQ (F%d, F%d), %s", r*wideVectors+i, r*wideVectors+i+1, mem("R0", 16*i))
	}
	k.op("ADD R1, R0")
}
