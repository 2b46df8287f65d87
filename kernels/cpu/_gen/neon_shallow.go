package main

func init() {
	neonFile("conv_shallow", "neon_shallow.go", func(k *neon) {
		k.shallowStrip()
		k.shallowGradient()
	})
}

// Registers of a tile of four destination channels by up to six vectors of
// pixels: sums in V0 to V23, the source's vectors from V24 on, four weights.
const shallowSource, shallowWeights = 24, 30

// shallowStrip emits rows of pixels of four destination channels.
func (k *neon) shallowStrip() {
	k.begin("shallowStrip", "c []float32, plane int, start, src []float32, srcRow int, w []float32, steps []int32, n, rows int, slope float32, ahead []float32",
		"is [shallowKernels].strip for at least 24 pixels. It fetches nothing ahead.")
	k.get("c_base", "plane", "src_base", "w_base", "steps_base", "steps_len", "start_base", "n")
	k.op("MOVWU %s, R8", k.arg("slope"))
	k.note("R13 goes from the end of a row to the next one.")
	k.op("MOVD %s, R13", k.arg("srcRow"))
	k.op("SUB R7, R13")
	k.op("MOVD %s, R14", k.arg("rows"))
	k.op("LSL $2, R1")
	next, six, four, back, end := k.fresh("next"), k.fresh("six"), k.fresh("four"), k.fresh("back"), k.fresh("end")
	k.note("24 pixels, but 16 and 16 instead of 24 and 8; the last ones go back over")
	k.note("pixels that are done rather than be cut.")
	row := k.fresh("row")
	k.label(row)
	k.op("MOVD %s, R7", k.arg("n"))
	k.label(next)
	k.op("CMP $32, R7")
	k.op("BGT %s", six)
	k.op("CMP $24, R7")
	k.op("BGT %s", four)
	k.op("CMP $16, R7")
	k.op("BLE %s", back)
	k.shallowBack(6)
	k.label(six)
	k.shallowTile(6)
	k.op("B %s", next)
	k.label(back)
	k.op("CBZ R7, %s", end)
	k.shallowBack(4)
	k.label(four)
	k.shallowTile(4)
	k.op("B %s", next)
	k.label(end)
	k.op("ADD R13<<2, R2")
	k.op("SUB $1, R14")
	k.op("CBNZ R14, %s", row)
	k.ret()
}

// shallowBack goes back so that the pixels left fill the given vectors.
func (k *neon) shallowBack(vectors int) {
	k.op("SUB $%d, R7", 4*vectors)
	k.op("ADD R7<<2, R0")
	k.op("ADD R7<<2, R2")
	k.op("MOVD $%d, R7", 4*vectors)
}

// shallowTile emits a tile and moves on behind it.
func (k *neon) shallowTile(vectors int) {
	for i := range shallowRows * vectors {
		k.clear(i)
	}
	loop, store := k.fresh("loop"), k.fresh("store")
	k.op("MOVD R3, R9")
	k.op("MOVD R4, R10")
	k.op("MOVD R5, R11")
	k.op("PCALIGN $16")
	k.label(loop)
	k.op("MOVW.P 4(R10), R12")
	k.op("ADD R12<<2, R2, R12")
	k.op("FMOVQ.P 16(R9), F%d", shallowWeights)
	for v := 0; v < vectors; v += 2 {
		k.op("FLDPQ %s, (F%d, F%d)", mem("R12", 16*v), shallowSource+v, shallowSource+v+1)
	}
	for row := range shallowRows {
		for v := range vectors {
			k.multiplyAddLane(row*vectors+v, shallowSource+v, shallowWeights, row)
		}
	}
	k.op("SUB $1, R11")
	k.op("CBNZ R11, %s", loop)
	for row := range shallowRows {
		k.op("FMOVS %s, F%d", mem("R6", 4*row), shallowSource)
		k.op("VDUP V%d.S[0], V%d.S4", shallowSource, shallowSource)
		for v := range vectors {
			k.float("fadd", row*vectors+v, row*vectors+v, shallowSource)
		}
	}
	k.op("MOVW $0x3f800000, R16 // slope 1")
	k.op("CMPW R16, R8")
	k.op("BEQ %s", store)
	slope, flat := shallowSource, shallowSource+1
	k.op("VDUP R8, V%d.S4", slope)
	k.zero("fcmeq", flat, slope)
	for i := range shallowRows * vectors {
		k.activate(i, slope, flat, shallowSource+2, shallowSource+3)
	}
	k.label(store)
	k.op("MOVD R0, R12")
	for row := range shallowRows {
		for v := 0; v < vectors; v += 2 {
			k.op("FSTPQ (F%d, F%d), %s", row*vectors+v, row*vectors+v+1, mem("R12", 16*v))
		}
		k.op("ADD R1, R12")
	}
	k.op("ADD $%d, R0", 16*vectors)
	k.op("ADD $%d, R2", 16*vectors)
	k.op("SUB $%d, R7", 4*vectors)
}
