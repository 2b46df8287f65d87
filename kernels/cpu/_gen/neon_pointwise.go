package main

import "fmt"

// pointwiseRows is the destination channels of a tile, of wideVectors vectors of
// pixels.
const pointwiseRows = 4

func init() {
	neonFile("pointwise", "neon_pointwise.go", func(k *neon) { k.pointwise() })
}

// pointwise emits the kernel for 1×1 convolutions. R0 is the destination's tile, R2
// the source's, R6 where to pack, R12 what is fetched ahead.
func (k *neon) pointwise() {
	k.begin("pointwise", "c []float32, cRow int, start, src []float32, srcRow, srcTile int, w []float32, depth, tiles int, pack, ahead []float32, aheadRow, aheadTile int",
		fmt.Sprintf("is [pointwiseKernels].tiles for %d channels and %d pixels.", pointwiseRows, 4*wideVectors))
	k.get("c_base", "cRow", "src_base", "srcRow", "srcTile", "tiles", "pack_base", "pack_len")
	k.op("MOVD %s, R12", k.arg("ahead_base"))
	k.op("MOVD %s, R13", k.arg("aheadRow"))
	k.op("MOVD %s, R14", k.arg("aheadTile"))
	k.op("MOVD %s, R15", k.arg("ahead_len"))
	k.scaleToBytes(1, 3, 4, 13, 14)
	tile, packed, plain, finish, stored := k.fresh("tile"), k.fresh("packed"), k.fresh("plain"), k.fresh("finish"), k.fresh("stored")
	k.label(tile)
	k.op("MOVD %s, R8", k.arg("w_base"))
	k.op("MOVD %s, R9", k.arg("depth"))
	k.op("MOVD R2, R10")
	k.op("MOVD R12, R11")
	for i := range pointwiseRows * wideVectors {
		k.clear(i)
	}
	k.op("CBZ R7, %s", packed)
	k.pointwiseLoop(k.fresh("packing"), true, true)
	k.op("B %s", finish)
	k.label(packed)
	k.op("CBZ R15, %s", plain)
	k.pointwiseLoop(k.fresh("fetching"), false, true)
	k.op("B %s", finish)
	k.pointwiseLoop(plain, false, false)
	k.label(finish)
	k.op("MOVD %s, R11", k.arg("start_base"))
	k.op("MOVD %s, R9", k.arg("start_len"))
	k.op("MOVD R0, R10")
	for r := range pointwiseRows {
		k.pointwiseStore(r)
		if r < pointwiseRows-1 {
			k.op("SUB $1, R9")
			k.op("CBZ R9, %s", stored)
			k.op("ADD R1, R10")
		}
	}
	k.label(stored)
	k.op("ADD R4, R2")
	k.op("ADD R14, R12")
	k.op("ADD $%d, R0", 16*wideVectors)
	k.op("SUB $1, R5")
	k.op("CBNZ R5, %s", tile)
	k.ret()
}

// pointwiseLoop adds R9 source channels from R10 on to the sums, copies them to
// R6 and fetches a line from R11 on, if asked.
func (k *neon) pointwiseLoop(label string, pack, fetch bool) {
	const src, weights = pointwiseRows * wideVectors, (pointwiseRows + 1) * wideVectors
	k.op("PCALIGN $16")
	k.label(label)
	if fetch {
		k.op("PRFM (R11), PLDL2KEEP")
		k.op("ADD R13, R11")
	}
	k.widePixels("R10", src)
	if pack {
		for i := 0; i < wideVectors; i += 2 {
			k.op("FSTPQ.P (F%d, F%d), 32(R6)", src+i, src+i+1)
		}
	}
	for r := range pointwiseRows {
		k.op("FMOVS.P 4(R8), F%d", weights+r%2)
		for i := range wideVectors {
			k.multiplyAddFirst(r*wideVectors+i, src+i, weights+r%2)
		}
	}
	k.op("ADD R3, R10")
	k.op("SUB $1, R9")
	k.op("CBNZ R9, %s", label)
}

// pointwiseStore adds row r's start value to its sums and stores them at R10.
func (k *neon) pointwiseStore(r int) {
	const spare = pointwiseRows * wideVectors
	k.op("FMOVS %s, F%d", mem("R11", 4*r), spare)
	k.op("VDUP V%d.S[0], V%d.S4", spare, spare)
	for i := range wideVectors {
		k.float("fadd", r*wideVectors+i, r*wideVectors+i, spare)
	}
	for i := 0; i < wideVectors; i += 2 {
		k.op("FSTPQ (F%d, F%d), %s", r*wideVectors+i, r*wideVectors+i+1, mem("R10", 16*i))
	}
}
