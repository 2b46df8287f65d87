package main

import "fmt"

func init() {
	register("winograd_avx512_amd64.s", "winograd.go", func(e *emitter) {
		winograd(winogradForm{e, "AVX512", 64, z})
	})
	register("winograd_avx2_amd64.s", "winograd.go", func(e *emitter) {
		winograd(winogradForm{e, "AVX2", 32, y})
	})
}

// winogradForm is a vector width in bytes, one value per channel.
type winogradForm struct {
	*emitter
	name  string
	width int
	reg   func(int) string
}

func winograd(f winogradForm) {
	for _, s := range winogradSchemes {
		f.winogradInput(s)
		f.winogradOutput(s)
		f.winogradWeights(s)
		f.winogradGradient(s)
		f.winogradWeightGradient(s)
	}
}

func (f winogradForm) move(dst, src int) { f.op("VMOVAPS %s, %s", f.reg(src), f.reg(dst)) }
func (f winogradForm) add(dst, a, b int) {
	f.op("VADDPS %s, %s, %s", f.reg(b), f.reg(a), f.reg(dst))
}
func (f winogradForm) subtract(dst, a, b int) {
	f.op("VSUBPS %s, %s, %s", f.reg(b), f.reg(a), f.reg(dst))
}
func (f winogradForm) multiply(dst, a, b int) {
	f.op("VMULPS %s, %s, %s", f.reg(b), f.reg(a), f.reg(dst))
}
func (f winogradForm) multiplyAdd(dst, a, b int) {
	f.op("VFMADD231PS %s, %s, %s", f.reg(b), f.reg(a), f.reg(dst))
}
func (f winogradForm) multiplySubtract(dst, a, b int) {
	f.op("VFNMADD231PS %s, %s, %s", f.reg(b), f.reg(a), f.reg(dst))
}

// firstConstant is the register of a pass's first constant: it uses those below.
const firstConstant = 8

// begin starts a function, loads its parameters into registers and brings the
// strides among them to bytes.
func (f winogradForm) begin(kind string, taps int, params string, names, registers, strides []string) {
	f.fn(fmt.Sprintf("winograd%d%s%s(%s)", taps, kind, f.name, params))
	for i, name := range names {
		f.load(name, registers[i])
	}
	for _, r := range strides {
		f.op("SHLQ $2, %s", r)
	}
}

// constants broadcasts a pass's constants.
func (f winogradForm) constants(p winogradPass) (registers []int) {
	for i, v := range p.constants {
		f.op("VBROADCASTSS %s, %s", f.constant(v), f.reg(firstConstant+i))
		registers = append(registers, firstConstant+i)
	}
	return registers
}

// fetch loads n values from pointer on, each step further, into registers 0 and up.
func (f winogradForm) fetch(n int, pointer, step string) {
	for i := range n {
		f.op("VMOVUPS (%s), %s", pointer, f.reg(i))
		if i < n-1 {
			f.op("ADDQ %s, %s", step, pointer)
		}
	}
}

// spill stores the results of a pass in scratch memory at pointer: down a column of
// rows of n values.
func (f winogradForm) spill(results []int, pointer string, col, n int) {
	for r, out := range results {
		f.op("VMOVUPS %s, %s", f.reg(out), mem(pointer, (r*n+col)*f.width))
	}
}

// unspill loads row of n values from scratch memory.
func (f winogradForm) unspill(pointer string, row, n int) {
	for c := range n {
		f.op("VMOVUPS %s, %s", mem(pointer, (row*n+c)*f.width), f.reg(c))
	}
}

// winogradInput emits the transformation of pixels to the products' inputs.
func (f winogradForm) winogradInput(s winogradScheme) {
	f.begin("Input", s.taps, "v []float32, vPoint, vTile int, src []float32, srcRow, srcPixel, tiles int, tmp []float32",
		[]string{"v_base", "vPoint", "vTile", "src_base", "srcRow", "srcPixel", "tiles", "tmp_base"},
		[]string{"DI", "R8", "R9", "SI", "R10", "R13", "R11", "R12"}, []string{"R8", "R9", "R10", "R13"})
	f.expand(s.side(), s.side(), s.input)
}

// winogradGradient emits the transformation of 4×4 pixels of a gradient to the
// products' inputs.
func (f winogradForm) winogradGradient(s winogradScheme) {
	f.begin("Gradient", s.taps, "p []float32, pPoint, pTile int, src []float32, srcRow, srcPixel, tiles int, tmp []float32",
		[]string{"p_base", "pPoint", "pTile", "src_base", "srcRow", "srcPixel", "tiles", "tmp_base"},
		[]string{"DI", "R8", "R9", "SI", "R10", "R13", "R11", "R12"}, []string{"R8", "R9", "R10", "R13"})
	f.expand(4, s.side(), s.gradient)
}

// expand emits the loop of a transformation of tiles of n×n pixels to side×side
// points: a pass over the columns into scratch memory, then over its rows.
func (f winogradForm) expand(n, side int, pass winogradPass) {
	c, loop := f.constants(pass), f.fresh("tile")
	f.label(loop)
	f.op("MOVQ SI, DX")
	for col := range n {
		f.op("MOVQ DX, BX")
		f.fetch(n, "BX", "R10")
		f.spill(pass.emit(f, c), "R12", col, n)
		if col < n-1 {
			f.op("ADDQ R13, DX")
		}
	}
	f.op("MOVQ DI, BX")
	for row := range side {
		f.unspill("R12", row, n)
		for _, out := range pass.emit(f, c) {
			f.op("VMOVUPS %s, (BX)", f.reg(out))
			f.op("ADDQ R8, BX")
		}
	}
	f.op("LEAQ (SI)(R13*4), SI")
	f.op("ADDQ R9, DI")
	f.op("DECQ R11")
	f.op("JNZ %s", loop)
	f.ret()
}

// winogradOutput emits the transformation of products to 4×4 pixels: along the rows
// of points into scratch memory, then down its columns.
func (f winogradForm) winogradOutput(s winogradScheme) {
	f.begin("Output", s.taps, "dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias, tmp []float32",
		[]string{"dst_base", "dstRow", "dstPixel", "m_base", "mPoint", "mTile", "tiles", "bias_base", "tmp_base"},
		[]string{"DI", "R8", "R9", "SI", "R10", "R11", "R12", "DX", "R13"}, []string{"R8", "R9", "R10", "R11"})
	const bias = 14
	c, loop := f.constants(s.output), f.fresh("tile")
	f.op("VMOVUPS (DX), %s", f.reg(bias))
	f.label(loop)
	f.op("MOVQ SI, BX")
	for row := range s.side() {
		for col := range s.side() {
			f.op("VMOVUPS (BX), %s", f.reg(col))
			f.op("ADDQ R10, BX")
		}
		for col, out := range s.output.emit(f, c) {
			f.op("VMOVUPS %s, %s", f.reg(out), mem("R13", (row*4+col)*f.width))
		}
	}
	f.op("MOVQ DI, BX")
	for col := range 4 {
		for r := range s.side() {
			f.op("VMOVUPS %s, %s", mem("R13", (r*4+col)*f.width), f.reg(r))
		}
		f.op("MOVQ BX, CX")
		for r, out := range s.output.emit(f, c) {
			f.add(out, out, bias)
			f.op("VMOVUPS %s, (CX)", f.reg(out))
			if r < 3 {
				f.op("ADDQ R8, CX")
			}
		}
		f.op("ADDQ R9, BX")
	}
	f.op("MOVQ BX, DI")
	f.op("ADDQ R11, SI")
	f.op("DECQ R12")
	f.op("JNZ %s", loop)
	f.ret()
}

// winogradWeights emits the transformation of taps×taps weights to points.
func (f winogradForm) winogradWeights(s winogradScheme) {
	f.begin("Weights", s.taps, "u []float32, uPoint, uChannel int, w []float32, wTap, channels int, tmp []float32",
		[]string{"u_base", "uPoint", "uChannel", "w_base", "wTap", "channels", "tmp_base"},
		[]string{"DI", "R8", "R9", "SI", "R10", "R11", "R12"}, []string{"R8", "R9", "R10"})
	f.note("R13: from one row of taps to the next")
	f.op("IMUL3Q $%d, R10, R13", s.taps)
	c, loop := f.constants(s.weights), f.fresh("channel")
	f.label(loop)
	f.op("MOVQ SI, DX")
	for col := range s.taps {
		f.op("MOVQ DX, BX")
		f.fetch(s.taps, "BX", "R13")
		f.spill(s.weights.emit(f, c), "R12", col, s.taps)
		f.op("ADDQ R10, DX")
	}
	f.op("MOVQ DI, BX")
	for row := range s.side() {
		f.unspill("R12", row, s.taps)
		for _, out := range s.weights.emit(f, c) {
			f.op("VMOVUPS %s, (BX)", f.reg(out))
			f.op("ADDQ R8, BX")
		}
	}
	f.op("IMUL3Q $%d, R13, BX", s.taps)
	f.op("ADDQ BX, SI")
	f.op("ADDQ R9, DI")
	f.op("DECQ R11")
	f.op("JNZ %s", loop)
	f.ret()
}

// winogradWeightGradient emits the transformation of products to gradients of
// taps×taps weights, which it adds to.
func (f winogradForm) winogradWeightGradient(s winogradScheme) {
	f.begin("WeightGradient", s.taps, "w []float32, wTap int, u []float32, uPoint, uChannel, channels int, tmp []float32",
		[]string{"w_base", "wTap", "u_base", "uPoint", "uChannel", "channels", "tmp_base"},
		[]string{"DI", "R8", "SI", "R9", "R10", "R11", "R12"}, []string{"R8", "R9", "R10"})
	f.note("R13: from one row of points to the next")
	f.op("IMUL3Q $%d, R9, R13", s.side())
	c, loop := f.constants(s.weightGradient), f.fresh("channel")
	f.label(loop)
	f.op("MOVQ SI, DX")
	for col := range s.side() {
		f.op("MOVQ DX, BX")
		f.fetch(s.side(), "BX", "R13")
		f.spill(s.weightGradient.emit(f, c), "R12", col, s.side())
		if col < s.side()-1 {
			f.op("ADDQ R9, DX")
		}
	}
	for row := range s.taps {
		f.unspill("R12", row, s.side())
		for _, out := range s.weightGradient.emit(f, c) {
			f.op("VADDPS (DI), %s, %s", f.reg(out), f.reg(out))
			f.op("VMOVUPS %s, (DI)", f.reg(out))
			f.op("ADDQ R8, DI")
		}
	}
	f.op("ADDQ R10, SI")
	f.op("DECQ R11")
	f.op("JNZ %s", loop)
	f.ret()
}
