package main

import "fmt"

// winogradGradient emits the transformation of 4×4 pixels of a gradient to 36
// products' inputs: down the columns into tmp, 6×4, then along the rows.
func winogradGradient(e *emitter, f winogradForm) {
	e.fn(fmt.Sprintf("winogradGradient%s(p []float32, pPoint, pTile int, src []float32, srcRow, tiles int, tmp []float32)", f.name))
	e.load("p_base", "DI")
	e.load("pPoint", "R8")
	e.load("pTile", "R9")
	e.load("src_base", "SI")
	e.load("srcRow", "R10")
	e.load("tiles", "R11")
	e.load("tmp_base", "R12")
	for _, r := range []string{"R8", "R9", "R10"} {
		e.op("SHLQ $2, %s", r)
	}
	const p, q = pointP, pointQ
	f.constants(e, 8, p, q, p*p, q*q)
	f.expand(e, "gradient", 4, f.gradientPass)
}

// gradientPass transforms registers 0 to 3, spoiling 4 to 7; the constants are in
// 8 to 11. It returns the results' registers.
func (f winogradForm) gradientPass(e *emitter) [6]string {
	r := f.reg
	for i, square := range []int{10, 11} {
		even, odd := r(4+2*i), r(5+2*i)
		e.op("VMOVAPS %s, %s", r(0), even)
		e.op("VFMADD231PS %s, %s, %s", r(square), r(2), even)
		e.op("VMOVAPS %s, %s", r(1), odd)
		e.op("VFMADD231PS %s, %s, %s", r(square), r(3), odd)
	}
	for i, point := range []int{8, 9} {
		even, odd := r(4+2*i), r(5+2*i)
		e.op("VMOVAPS %s, %s", even, r(1+i))
		e.op("VFMADD231PS %s, %s, %s", r(point), odd, r(1+i))
		e.op("VFNMADD231PS %s, %s, %s", r(point), odd, even)
	}
	return [6]string{r(0), r(1), r(4), r(2), r(6), r(3)}
}

// winogradWeightGradient emits the transformation of 36 products to gradients of
// 3×3 weights, which it adds to: down the columns into tmp, 3×6, then along the
// rows.
func winogradWeightGradient(e *emitter, f winogradForm) {
	e.fn(fmt.Sprintf("winogradWeightGradient%s(w []float32, wTap int, u []float32, uPoint, uChannel, channels int, tmp []float32)", f.name))
	e.load("w_base", "DI")
	e.load("wTap", "R8")
	e.load("u_base", "SI")
	e.load("uPoint", "R9")
	e.load("uChannel", "R10")
	e.load("channels", "R11")
	e.load("tmp_base", "R12")
	for _, r := range []string{"R8", "R9", "R10"} {
		e.op("SHLQ $2, %s", r)
	}
	e.note("R13: from one row of points to the next")
	e.op("LEAQ (R9)(R9*2), R13")
	e.op("SHLQ $1, R13")
	f.constants(e, 8, weightConstants...)
	e.label("weightGradient")
	e.op("MOVQ SI, DX")
	for col := range 6 {
		e.op("MOVQ DX, BX")
		for r := range 6 {
			e.op("VMOVUPS (BX), %s", f.reg(r))
			if r < 5 {
				e.op("ADDQ R13, BX")
			}
		}
		for r, out := range f.weightGradientPass(e) {
			e.op("VMOVUPS %s, %s", out, mem("R12", (r*6+col)*f.width))
		}
		if col < 5 {
			e.op("ADDQ R9, DX")
		}
	}
	for row := range 3 {
		for c := range 6 {
			e.op("VMOVUPS %s, %s", mem("R12", (row*6+c)*f.width), f.reg(c))
		}
		for _, out := range f.weightGradientPass(e) {
			e.op("VADDPS (DI), %s, %s", out, out)
			e.op("VMOVUPS %s, (DI)", out)
			e.op("ADDQ R8, DI")
		}
	}
	e.op("ADDQ R10, SI")
	e.op("DECQ R11")
	e.op("JNZ weightGradient")
	e.ret()
}

// weightGradientPass transforms registers 0 to 5, spoiling 6 and 7; the constants
// are in 8 to 14. It returns the results' registers.
func (f winogradForm) weightGradientPass(e *emitter) [3]string {
	r := f.reg
	e.op("VADDPS %s, %s, %s", r(2), r(1), r(6))
	e.op("VSUBPS %s, %s, %s", r(2), r(1), r(1))
	e.op("VADDPS %s, %s, %s", r(4), r(3), r(7))
	e.op("VSUBPS %s, %s, %s", r(4), r(3), r(3))
	e.op("VMULPS %s, %s, %s", r(8), r(0), r(0))
	e.op("VFMADD231PS %s, %s, %s", r(9), r(6), r(0))
	e.op("VFMADD231PS %s, %s, %s", r(12), r(7), r(0))
	e.op("VMULPS %s, %s, %s", r(10), r(1), r(2))
	e.op("VFMADD231PS %s, %s, %s", r(13), r(3), r(2))
	e.op("VFMADD231PS %s, %s, %s", r(11), r(6), r(5))
	e.op("VFMADD231PS %s, %s, %s", r(14), r(7), r(5))
	return [3]string{r(0), r(2), r(5)}
}
