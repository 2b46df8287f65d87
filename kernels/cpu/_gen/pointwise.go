package main

func init() {
	register("conv_pointwise_avx512_amd64.s", "pointwise.go", func(e *emitter) {
		pointwiseForm{name: "AVX512", rows: 8, vectors: 3, width: 64, reg: z}.emit(e)
	})
	register("conv_pointwise_avx2_amd64.s", "pointwise.go", func(e *emitter) {
		pointwiseForm{name: "AVX2", rows: 4, vectors: 3, width: 32, reg: y}.emit(e)
	})
}

// pointwiseForm is a tile of rows (destination channels) × vectors (of pixels). The
// accumulators are registers 0 to rows·vectors-1, the source's vectors follow, then
// one broadcast value.
type pointwiseForm struct {
	name          string
	rows, vectors int
	width         int // bytes of a vector
	reg           func(int) string
}

func (f pointwiseForm) sum(r, v int) string { return f.reg(r*f.vectors + v) }
func (f pointwiseForm) source(v int) string { return f.reg(f.rows*f.vectors + v) }
func (f pointwiseForm) spare() string       { return f.reg((f.rows + 1) * f.vectors) }
func (f pointwiseForm) pixels() int         { return f.vectors * f.width } // in bytes

// emit writes the kernel, with loops over source channels that pack and fetch ahead,
// fetch ahead, and do neither.
func (f pointwiseForm) emit(e *emitter) {
	e.fn("pointwise" + f.name + "(c []float32, cRow int, start, src []float32, srcRow, srcTile int, w []float32, depth, tiles int, pack, ahead []float32, aheadRow, aheadTile int)")
	e.load("c_base", "DI")
	e.load("cRow", "R8")
	e.load("src_base", "SI")
	e.load("srcRow", "R9")
	e.load("srcTile", "R10")
	e.load("tiles", "R11")
	e.load("pack_base", "DX")
	e.load("ahead_base", "R15")
	e.load("aheadRow", "R14")
	for _, r := range []string{"R8", "R9", "R10", "R14"} {
		e.op("SHLQ $2, %s", r)
	}
	e.label("tile")
	e.load("w_base", "BX")
	e.load("depth", "CX")
	e.op("MOVQ SI, AX")
	e.op("MOVQ R15, R13")
	for i := range f.rows * f.vectors {
		e.op("VXORPS %s, %s, %s", f.reg(i), f.reg(i), f.reg(i))
	}
	e.op("CMPQ %s, $0", e.arg("pack_len"))
	e.op("JEQ packed")
	f.loop(e, "packing", true, true)
	e.op("JMP finish")
	e.label("packed")
	e.op("CMPQ %s, $0", e.arg("ahead_len"))
	e.op("JEQ plain")
	f.loop(e, "fetching", false, true)
	e.op("JMP finish")
	f.loop(e, "plain", false, false)
	e.label("finish")
	f.store(e)
	e.op("ADDQ R10, SI")
	e.load("aheadTile", "R13")
	e.op("LEAQ (R15)(R13*4), R15")
	e.op("ADDQ $%d, DI", f.pixels())
	e.op("DECQ R11")
	e.op("JNZ tile")
	e.ret()
}

// loop adds CX source channels from AX on to the sums, copies them to DX and fetches
// half of a tile's length from R13 on, if asked.
func (f pointwiseForm) loop(e *emitter, label string, pack, fetch bool) {
	e.op("PCALIGN $64")
	e.label(label)
	if fetch {
		for at := 0; at < f.pixels()/2; at += 64 {
			e.op("PREFETCHT1 %s", mem("R13", at))
		}
		e.op("ADDQ R14, R13")
	}
	for v := range f.vectors {
		e.op("VMOVUPS %s, %s", mem("AX", v*f.width), f.source(v))
		if pack {
			e.op("VMOVUPS %s, %s", f.source(v), mem("DX", v*f.width))
		}
	}
	for r := range f.rows {
		e.op("VBROADCASTSS %s, %s", mem("BX", 4*r), f.spare())
		for v := range f.vectors {
			e.op("VFMADD231PS %s, %s, %s", f.source(v), f.spare(), f.sum(r, v))
		}
	}
	if pack {
		e.op("ADDQ $%d, DX", f.pixels())
	}
	e.op("ADDQ $%d, BX", 4*f.rows)
	e.op("ADDQ R9, AX")
	e.op("DECQ CX")
	e.op("JNZ %s", label)
}

// store adds the start values to the sums and stores the rows that exist at DI.
func (f pointwiseForm) store(e *emitter) {
	e.load("start_base", "BX")
	e.load("start_len", "CX")
	e.op("MOVQ DI, AX")
	for r := range f.rows {
		e.op("VBROADCASTSS %s, %s", mem("BX", 4*r), f.spare())
		for v := range f.vectors {
			e.op("VADDPS %s, %s, %s", f.spare(), f.sum(r, v), f.sum(r, v))
			e.op("VMOVUPS %s, %s", f.sum(r, v), mem("AX", v*f.width))
		}
		if r < f.rows-1 {
			e.op("DECQ CX")
			e.op("JZ stored")
			e.op("ADDQ R8, AX")
		}
	}
	e.label("stored")
}
