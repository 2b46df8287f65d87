package main

func init() {
	register("conv_pointwise_avx512_amd64.s", "pointwise.go", func(e *emitter) {
		pointwiseForm{name: "AVX512", rows: 8, vectors: 3, width: 64, reg: z}.emit(e)
		pointwiseForm{name: "NarrowAVX512", rows: 8, vectors: 2, width: 64, reg: z}.emit(e)
	})
	register("conv_pointwise_avx2_amd64.s", "pointwise.go", func(e *emitter) {
		pointwiseForm{name: "AVX2", rows: 4, vectors: 3, width: 32, reg: y}.emit(e)
		pointwiseForm{name: "NarrowAVX2", rows: 4, vectors: 2, width: 32, reg: y}.emit(e)
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

// pointwiseUnroll is the source channels of a turn of the loop.
const pointwiseUnroll = 4

// pointwiseTail is the last source channels, which a tile adds row by row, so that its
// stores come a row at a time among multiply-adds: all in a row would hold up the next
// tile's sums, see shallowTail.
const pointwiseTail = 4

// pointwiseTerms are the places of the tail's source channels.
var pointwiseTerms = [pointwiseTail]string{"(AX)", "(AX)(R9*1)", "(AX)(R9*2)", "(AX)(R15*1)"}

func (f pointwiseForm) sum(r, v int) string { return f.reg(r*f.vectors + v) }
func (f pointwiseForm) source(v int) string { return f.reg(f.rows*f.vectors + v) }
func (f pointwiseForm) spare() string       { return f.reg((f.rows + 1) * f.vectors) }
func (f pointwiseForm) pixels() int         { return f.vectors * f.width } // in bytes

// emit writes the kernel, loops over groups of rows and over tiles around loops over
// source channels that pack and fetch ahead, fetch ahead, and do neither. The arguments
// c, src, w, ahead and fetching become the current group's; R11 is the channels that are
// left, DX their start values, R12 where to pack, 0 once that is done; DI, SI and R13 are
// the tile's place in the group's first row, the source and what is fetched, R10 the tiles
// that are left.
func (f pointwiseForm) emit(e *emitter) {
	e.fn("pointwise" + f.name + "(c []float32, cRow int, start, src []float32, srcRow, srcTile int, w []float32, depth, channels, tiles int, pack, ahead []float32, aheadRow, aheadStep, fetching int)")
	for _, a := range [][2]string{
		{"cRow", "R8"}, {"start_base", "DX"}, {"srcRow", "R9"}, {"channels", "R11"}, {"pack_base", "R12"}, {"aheadRow", "R14"},
	} {
		e.load(a[0], a[1])
	}
	for _, r := range []string{"R8", "R9", "R14"} {
		e.op("SHLQ $2, %s", r)
	}
	e.op("XORQ AX, AX")
	e.op("CMPQ %s, $0", e.arg("pack_len"))
	e.op("CMOVQEQ AX, R12")
	e.label("group")
	for _, a := range [][2]string{{"c_base", "DI"}, {"src_base", "SI"}, {"ahead_base", "R13"}, {"tiles", "R10"}} {
		e.load(a[0], a[1])
	}
	e.label("tile")
	e.load("w_base", "BX")
	e.load("depth", "CX")
	e.op("MOVQ SI, AX")
	e.op("MOVQ R13, R15")
	for r := range f.rows {
		e.op("VBROADCASTSS %s, %s", mem("DX", 4*r), f.sum(r, 0))
		for v := 1; v < f.vectors; v++ {
			e.op("VMOVAPS %s, %s", f.sum(r, 0), f.sum(r, v))
		}
	}
	e.op("TESTQ R12, R12")
	e.op("JZ packed")
	f.loop(e, "packing", true, true)
	e.op("JMP store")
	e.label("packed")
	f.packed(e)
	e.label("store")
	f.store(e)
	e.label("stored")
	e.load("srcTile", "R15")
	e.op("LEAQ (SI)(R15*4), SI")
	e.op("ADDQ $%d, DI", f.pixels())
	e.op("ADDQ $%d, R13", f.pixels())
	e.op("DECQ R10")
	e.op("JNZ tile")
	f.next(e)
	e.label("end")
	e.ret()
}

// packed adds all source channels where nothing is to be packed. It stores the sums
// and goes on to stored if the tile has all its rows and source channels enough for a
// tail.
func (f pointwiseForm) packed(e *emitter) {
	e.op("SUBQ $%d, CX", pointwiseTail)
	e.op("JLT few")
	e.op("CMPQ %s, $0", e.arg("fetching"))
	e.op("JLE plain")
	f.loop(e, "fetching", false, true)
	for range pointwiseTail {
		f.fetch(e)
	}
	e.op("JMP tail")
	e.label("plain")
	f.loop(e, "adding", false, false)
	e.label("tail")
	e.op("CMPQ R11, $%d", f.rows)
	e.op("JLT few // CX is 0")
	f.finish(e)
	e.op("JMP stored")
	e.label("few")
	e.op("ADDQ $%d, CX", pointwiseTail)
	f.loop(e, "rest", false, false)
}

// finish adds the tail row by row and stores the sums. The vectors of a source channel
// stay in registers that are free, those of one more after each row.
func (f pointwiseForm) finish(e *emitter) {
	var kept [pointwiseTail]func(v int) string
	keep := func(term int, register func(v int) string) {
		for v := range f.vectors {
			e.op("VMOVUPS %s, %s", displaced(v*f.width, pointwiseTerms[term]), register(v))
		}
		kept[term] = register
	}
	e.op("LEAQ (R9)(R9*2), R15")
	e.op("MOVQ DI, CX")
	keep(0, f.source)
	for r := range f.rows {
		for term, place := range pointwiseTerms {
			e.op("VBROADCASTSS %s, %s", mem("BX", 4*(term*f.rows+r)), f.spare())
			for v := range f.vectors {
				source := displaced(v*f.width, place)
				if kept[term] != nil {
					source = kept[term](v)
				}
				e.op("VFMADD231PS %s, %s, %s", source, f.spare(), f.sum(r, v))
			}
		}
		for v := range f.vectors {
			e.op("VMOVUPS %s, %s", f.sum(r, v), mem("CX", v*f.width))
		}
		e.op("ADDQ R8, CX")
		if r+1 < pointwiseTail {
			keep(r+1, func(v int) string { return f.sum(r, v) })
		}
	}
	e.op("ADDQ $%d, BX", pointwiseTail*4*f.rows)
}

// fetch fetches a line of a source channel at R15.
func (f pointwiseForm) fetch(e *emitter) {
	e.op("PREFETCHT1 (R15)")
	e.op("ADDQ R14, R15")
}

// next goes on to the next group, if there is one, which reads what the first has packed.
func (f pointwiseForm) next(e *emitter) {
	e.op("SUBQ $%d, R11", f.rows)
	e.op("JLE end")
	e.op("ADDQ $%d, DX", 4*f.rows)
	e.op("MOVQ BX, %s", e.arg("w_base"))
	e.op("IMUL3Q $%d, R8, AX", f.rows)
	e.op("ADDQ AX, %s", e.arg("c_base"))
	e.load("aheadStep", "AX")
	e.op("SHLQ $2, AX")
	e.op("ADDQ AX, %s", e.arg("ahead_base"))
	e.op("DECQ %s", e.arg("fetching"))
	e.op("TESTQ R12, R12")
	e.op("JZ group")
	e.op("XORQ R12, R12")
	e.load("pack_base", "AX")
	e.op("MOVQ AX, %s", e.arg("src_base"))
	e.op("MOVQ $%d, R9", f.pixels())
	e.load("depth", "AX")
	e.op("IMUL3Q $%d, AX, AX", f.pixels()/4)
	e.op("MOVQ AX, %s", e.arg("srcTile"))
	e.op("JMP group")
}

// loop adds CX source channels from AX on to the sums, copies them to R12 and fetches a
// line of each from R15 on, if asked.
func (f pointwiseForm) loop(e *emitter, label string, pack, fetch bool) {
	rest, one, done := label+"Rest", label+"One", label+"Done"
	turn := func(channels int) {
		for u := range channels {
			f.step(e, u, pack, fetch)
		}
		if pack {
			e.op("ADDQ $%d, R12", channels*f.pixels())
		}
		e.op("ADDQ $%d, BX", channels*4*f.rows)
	}
	e.op("SUBQ $%d, CX", pointwiseUnroll)
	e.op("JLT %s", rest)
	e.op("PCALIGN $64")
	e.label(label)
	turn(pointwiseUnroll)
	e.op("SUBQ $%d, CX", pointwiseUnroll)
	e.op("JGE %s", label)
	e.label(rest)
	e.op("ADDQ $%d, CX", pointwiseUnroll)
	e.op("JZ %s", done)
	e.label(one)
	turn(1)
	e.op("DECQ CX")
	e.op("JNZ %s", one)
	e.label(done)
}

// step adds source channel u of a turn.
func (f pointwiseForm) step(e *emitter, u int, pack, fetch bool) {
	if fetch {
		f.fetch(e)
	}
	for v := range f.vectors {
		e.op("VMOVUPS %s, %s", mem("AX", v*f.width), f.source(v))
		if pack {
			e.op("VMOVUPS %s, %s", f.source(v), mem("R12", u*f.pixels()+v*f.width))
		}
	}
	for r := range f.rows {
		e.op("VBROADCASTSS %s, %s", mem("BX", 4*(u*f.rows+r)), f.spare())
		for v := range f.vectors {
			e.op("VFMADD231PS %s, %s, %s", f.source(v), f.spare(), f.sum(r, v))
		}
	}
	e.op("ADDQ R9, AX")
}

// store stores the rows that exist at DI.
func (f pointwiseForm) store(e *emitter) {
	e.op("MOVQ DI, AX")
	e.op("MOVQ R11, CX")
	for r := range f.rows {
		for v := range f.vectors {
			e.op("VMOVUPS %s, %s", f.sum(r, v), mem("AX", v*f.width))
		}
		if r < f.rows-1 {
			e.op("DECQ CX")
			e.op("JZ stored")
			e.op("ADDQ R8, AX")
		}
	}
}
