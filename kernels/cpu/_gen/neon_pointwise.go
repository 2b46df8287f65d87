package main

import "fmt"

// pointwiseRows is the destination channels of a tile, of wideVectors vectors of
// pixels.
const pointwiseRows = 4

func init() {
	neonFile("pointwise", "neon_pointwise.go", func(k *neon) { k.pointwise() })
}

// pointwise emits the kernel for 1×1 convolutions. R0 is the group's first row, R5 the
// channels that are left, R4 their start values, R25 their weights, R2 the source, R6
// where to pack, 0 once that is done, and R7 the groups that fetch, from R12 on; R15, R19
// and R21 are the tile's place in the first row, the source and what is fetched, R20 the
// tiles that are left.
func (k *neon) pointwise() {
	k.begin("pointwise", "c []float32, cRow int, start, src []float32, srcRow, srcTile int, w []float32, depth, channels, tiles int, pack, ahead []float32, aheadRow, aheadStep, fetching int",
		fmt.Sprintf("is [pointwiseTile].run for groups of %d channels and %d pixels.", pointwiseRows, 4*wideVectors))
	k.get("c_base", "cRow", "src_base", "srcRow", "start_base", "channels", "pack_base", "fetching", "srcTile")
	for _, a := range [][2]string{{"ahead_base", "R12"}, {"aheadRow", "R13"}, {"aheadStep", "R14"}, {"w_base", "R25"}, {"pack_len", "R9"}} {
		k.op("MOVD %s, %s", k.arg(a[0]), a[1])
	}
	k.op("MOVD R8, R24")
	k.scaleToBytes(1, 3, 13, 14, 24)
	k.op("CMP $0, R9")
	k.op("CSEL EQ, ZR, R6, R6")
	group, tile, packed, plain, finish, stored, end := k.fresh("group"), k.fresh("tile"), k.fresh("packed"), k.fresh("plain"), k.fresh("finish"), k.fresh("stored"), k.fresh("end")
	k.label(group)
	k.op("MOVD R0, R15")
	k.op("MOVD R2, R19")
	k.op("MOVD R12, R21")
	k.op("MOVD %s, R20", k.arg("tiles"))
	k.label(tile)
	k.op("MOVD %s, R9", k.arg("depth"))
	k.op("MOVD R25, R8")
	k.op("MOVD R19, R10")
	k.op("MOVD R21, R11")
	k.pointwiseStart()
	k.op("CBZ R6, %s", packed)
	k.pointwiseLoop(k.fresh("packing"), true, true)
	k.op("B %s", finish)
	k.label(packed)
	k.op("CMP $0, R7")
	k.op("BLE %s", plain)
	k.pointwiseLoop(k.fresh("fetching"), false, true)
	k.op("B %s", finish)
	k.pointwiseLoop(plain, false, false)
	k.label(finish)
	k.op("MOVD R15, R10")
	k.op("MOVD R5, R9")
	for r := range pointwiseRows {
		for i := 0; i < wideVectors; i += 2 {
			k.op("FSTPQ (F%d, F%d), %s", r*wideVectors+i, r*wideVectors+i+1, mem("R10", 16*i))
		}
		if r < pointwiseRows-1 {
			k.op("SUB $1, R9")
			k.op("CBZ R9, %s", stored)
			k.op("ADD R1, R10")
		}
	}
	k.label(stored)
	k.op("ADD R24, R19")
	k.op("ADD $%d, R15", 16*wideVectors)
	k.op("ADD $%d, R21", 16*wideVectors)
	k.op("SUB $1, R20")
	k.op("CBNZ R20, %s", tile)
	k.pointwiseNext(group, end)
	k.label(end)
	k.ret()
}

// pointwiseNext goes on to the next group, if there is one, which reads what the first
// has packed.
func (k *neon) pointwiseNext(group, end string) {
	k.op("SUBS $%d, R5", pointwiseRows)
	k.op("BLE %s", end)
	k.op("ADD $%d, R4", 4*pointwiseRows)
	k.op("MOVD R8, R25")
	k.op("ADD R1<<2, R0")
	k.op("ADD R14, R12")
	k.op("SUB $1, R7")
	k.op("CBZ R6, %s", group)
	k.op("MOVD $0, R6")
	k.op("MOVD %s, R2", k.arg("pack_base"))
	k.op("MOVD $%d, R3", 16*wideVectors)
	k.op("MOVD %s, R9", k.arg("depth"))
	k.op("MUL R3, R9, R24")
	k.op("B %s", group)
}

// pointwiseStart brings a group's start values, at R4, to its sums.
func (k *neon) pointwiseStart() {
	for r := range pointwiseRows {
		first := r * wideVectors
		k.op("FMOVS %s, F%d", mem("R4", 4*r), first)
		for i := wideVectors - 1; i >= 0; i-- {
			k.op("VDUP V%d.S[0], V%d.S4", first, first+i)
		}
	}
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
