package main

import "fmt"

func init() {
	neonFile("winograd", "neon_winograd.go", func(k *neon) {
		for _, s := range winogradSchemes {
			k.winogradInput(s)
			k.winogradOutput(s)
			k.winogradWeights(s)
			k.winogradGradient(s)
			k.winogradWeightGradient(s)
		}
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

func (k *neon) add(dst, a, b int)      { k.float("fadd", dst, a, b) }
func (k *neon) subtract(dst, a, b int) { k.float("fsub", dst, a, b) }
func (k *neon) multiply(dst, a, b int) { k.float("fmul", dst, a, b) }

// winogradBegin starts a function and loads its parameters into R0 and up; strides
// are those to bring to bytes.
func (k *neon) winogradBegin(kind, field string, s winogradScheme, params string, names []string, strides ...int) {
	k.begin(fmt.Sprintf("winograd%d%s", s.taps, kind), params, fmt.Sprintf("is [winogradKernels].%s for %d taps and 4 lanes.", field, s.taps))
	k.get(names...)
	k.scaleToBytes(strides...)
}

// fetch loads n values from R10 on, each the bytes in register step further.
func (k *neon) fetch(n, step int) {
	for i := range n {
		k.op("FMOVQ (R10), F%d", i)
		if i < n-1 {
			k.op("ADD R%d, R10", step)
		}
	}
}

// spill stores the results of a pass in scratch memory: down a column of rows of n
// values.
func (k *neon) spill(results []int, pointer, col, n int) {
	for r, out := range results {
		k.op("FMOVQ F%d, %s", out, mem(fmt.Sprintf("R%d", pointer), (r*n+col)*16))
	}
}

// unspill loads row of n values from scratch memory.
func (k *neon) unspill(pointer, row, n int) {
	for c := range n {
		k.op("FMOVQ %s, F%d", mem(fmt.Sprintf("R%d", pointer), (row*n+c)*16), c)
	}
}

// winogradInput emits the transformation of pixels to the products' inputs.
func (k *neon) winogradInput(s winogradScheme) {
	k.winogradBegin("Input", "input", s, "v []float32, vPoint, vTile int, src []float32, srcRow, srcPixel, tiles int, tmp []float32",
		[]string{"v_base", "vPoint", "vTile", "src_base", "srcRow", "srcPixel", "tiles", "tmp_base"}, 1, 2, 4, 5)
	k.winogradExpand(s.side(), s.side(), s.input)
}

// winogradGradient emits the transformation of 4×4 pixels of a gradient to the
// products' inputs.
func (k *neon) winogradGradient(s winogradScheme) {
	k.winogradBegin("Gradient", "gradient", s, "p []float32, pPoint, pTile int, src []float32, srcRow, srcPixel, tiles int, tmp []float32",
		[]string{"p_base", "pPoint", "pTile", "src_base", "srcRow", "srcPixel", "tiles", "tmp_base"}, 1, 2, 4, 5)
	k.winogradExpand(4, s.side(), s.gradient)
}

// winogradExpand emits the loop of a transformation of tiles of n×n pixels to
// side×side points: a pass over the columns into scratch memory, then over its rows.
func (k *neon) winogradExpand(n, side int, pass winogradPass) {
	c, loop := k.literals(pass.constants...), k.fresh("tile")
	k.label(loop)
	k.op("MOVD R3, R9")
	for col := range n {
		k.op("MOVD R9, R10")
		k.fetch(n, 4)
		k.spill(pass.emit(k, c), 7, col, n)
		if col < n-1 {
			k.op("ADD R5, R9")
		}
	}
	k.op("MOVD R0, R10")
	for row := range side {
		k.unspill(7, row, n)
		for _, out := range pass.emit(k, c) {
			k.op("FMOVQ F%d, (R10)", out)
			k.op("ADD R1, R10")
		}
	}
	k.op("ADD R5<<2, R3, R3")
	k.op("ADD R2, R0")
	k.op("SUB $1, R6")
	k.op("CBNZ R6, %s", loop)
	k.ret()
}

// winogradOutput emits the transformation of products to 4×4 pixels: along the rows
// of points into scratch memory, then down its columns.
func (k *neon) winogradOutput(s winogradScheme) {
	k.winogradBegin("Output", "output", s, "dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias, tmp []float32",
		[]string{"dst_base", "dstRow", "dstPixel", "m_base", "mPoint", "mTile", "tiles", "bias_base", "tmp_base"}, 1, 2, 4, 5)
	c, bias, loop := k.literals(s.output.constants...), k.spare(), k.fresh("tile")
	k.op("FMOVQ (R7), F%d", bias)
	k.label(loop)
	k.op("MOVD R3, R9")
	for row := range s.side() {
		for col := range s.side() {
			k.op("FMOVQ (R9), F%d", col)
			k.op("ADD R4, R9")
		}
		for col, out := range s.output.emit(k, c) {
			k.op("FMOVQ F%d, %s", out, mem("R8", (row*4+col)*16))
		}
	}
	for col := range 4 {
		for r := range s.side() {
			k.op("FMOVQ %s, F%d", mem("R8", (r*4+col)*16), r)
		}
		k.op("MOVD R0, R9")
		for r, out := range s.output.emit(k, c) {
			k.add(out, out, bias)
			k.op("FMOVQ F%d, (R9)", out)
			if r < 3 {
				k.op("ADD R1, R9")
			}
		}
		k.op("ADD R2, R0")
	}
	k.op("ADD R5, R3")
	k.op("SUB $1, R6")
	k.op("CBNZ R6, %s", loop)
	k.ret()
}

// winogradWeights emits the transformation of taps×taps weights to points.
func (k *neon) winogradWeights(s winogradScheme) {
	k.winogradBegin("Weights", "weights", s, "u []float32, uPoint, uChannel int, w []float32, wTap, channels int, tmp []float32",
		[]string{"u_base", "uPoint", "uChannel", "w_base", "wTap", "channels", "tmp_base"}, 1, 2, 4)
	k.note("R7: from one row of taps to the next")
	k.op("MOVD $%d, R7", s.taps)
	k.op("MUL R4, R7, R7")
	c, loop := k.literals(s.weights.constants...), k.fresh("channel")
	k.label(loop)
	k.op("MOVD R3, R9")
	for col := range s.taps {
		k.op("MOVD R9, R10")
		k.fetch(s.taps, 7)
		k.spill(s.weights.emit(k, c), 6, col, s.taps)
		k.op("ADD R4, R9")
	}
	k.op("MOVD R0, R10")
	for row := range s.side() {
		k.unspill(6, row, s.taps)
		for _, out := range s.weights.emit(k, c) {
			k.op("FMOVQ F%d, (R10)", out)
			k.op("ADD R1, R10")
		}
	}
	for range s.taps {
		k.op("ADD R7, R3")
	}
	k.op("ADD R2, R0")
	k.op("SUB $1, R5")
	k.op("CBNZ R5, %s", loop)
	k.ret()
}

// winogradWeightGradient emits the transformation of products to gradients of
// taps×taps weights, which it adds to.
func (k *neon) winogradWeightGradient(s winogradScheme) {
	k.winogradBegin("WeightGradient", "weightGradient", s, "w []float32, wTap int, u []float32, uPoint, uChannel, channels int, tmp []float32",
		[]string{"w_base", "wTap", "u_base", "uPoint", "uChannel", "channels", "tmp_base"}, 1, 3, 4)
	k.note("R7: from one row of points to the next")
	k.op("MOVD $%d, R7", s.side())
	k.op("MUL R3, R7, R7")
	c, sum, loop := k.literals(s.weightGradient.constants...), k.spare(), k.fresh("channel")
	k.label(loop)
	k.op("MOVD R2, R9")
	for col := range s.side() {
		k.op("MOVD R9, R10")
		k.fetch(s.side(), 7)
		k.spill(s.weightGradient.emit(k, c), 6, col, s.side())
		if col < s.side()-1 {
			k.op("ADD R3, R9")
		}
	}
	for row := range s.taps {
		k.unspill(6, row, s.side())
		for _, out := range s.weightGradient.emit(k, c) {
			k.op("FMOVQ (R0), F%d", sum)
			k.add(out, out, sum)
			k.op("FMOVQ F%d, (R0)", out)
			k.op("ADD R1, R0")
		}
	}
	k.op("ADD R4, R2")
	k.op("SUB $1, R5")
	k.op("CBNZ R5, %s", loop)
	k.ret()
}
