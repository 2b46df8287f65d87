package main

import "fmt"

func init() {
	register("winograd_avx512_amd64.s", "winograd.go", func(e *emitter) {
		winograd(e, winogradForm{"AVX512", 64, z})
	})
	register("winograd_avx2_amd64.s", "winograd.go", func(e *emitter) {
		winograd(e, winogradForm{"AVX2", 32, y})
	})
}

// winogradForm is a vector width in bytes, one value per channel.
type winogradForm struct {
	name  string
	width int
	reg   func(int) string
}

// The interpolation points besides 0 and infinity are ±pointP and ±pointQ.
const (
	pointP = 0.75
	pointQ = 1.5
	// The products of a point's distances to the others.
	productP = 2 * pointP * pointP * (pointP*pointP - pointQ*pointQ)
	productQ = 2 * pointQ * pointQ * (pointQ*pointQ - pointP*pointP)
)

// weightConstants are those of the transformation of weights and its adjoint:
// at 0, then at ±pointP and at ±pointQ, what multiplies the zeroth, first and
// second weight.
var weightConstants = []float64{
	1 / (pointP * pointP * pointQ * pointQ),
	1 / productP, pointP / productP, pointP * pointP / productP,
	1 / productQ, pointQ / productQ, pointQ * pointQ / productQ,
}

func winograd(e *emitter, f winogradForm) {
	winogradInput(e, f)
	winogradOutput(e, f)
	winogradWeights(e, f)
	winogradGradient(e, f)
	winogradWeightGradient(e, f)
}

// constants broadcasts values into registers from first on.
func (f winogradForm) constants(e *emitter, first int, values ...float64) {
	for i, v := range values {
		e.op("VBROADCASTSS %s, %s", e.constant(v), f.reg(first+i))
	}
}

// winogradInput emits the transformation of 6×6 pixels to 36 products' inputs:
// down the columns into tmp, then along the rows.
func winogradInput(e *emitter, f winogradForm) {
	e.fn(fmt.Sprintf("winogradInput%s(v []float32, vPoint, vTile int, src []float32, srcRow, tiles int, tmp []float32)", f.name))
	e.load("v_base", "DI")
	e.load("vPoint", "R8")
	e.load("vTile", "R9")
	e.load("src_base", "SI")
	e.load("srcRow", "R10")
	e.load("tiles", "R11")
	e.load("tmp_base", "R12")
	for _, r := range []string{"R8", "R9", "R10"} {
		e.op("SHLQ $2, %s", r)
	}
	const p, q = pointP, pointQ
	f.constants(e, 8, p*p*q*q, p*p+q*q, q*q, p*p, p, q)
	f.expand(e, "input", 6, f.inputPass)
}

// expand emits the loop of a transformation of tiles of n×n values to 6×6: pass
// over the columns into scratch memory, then over its rows.
func (f winogradForm) expand(e *emitter, label string, n int, pass func(*emitter) [6]string) {
	e.label(label)
	for col := range n {
		e.op("LEAQ %s, BX", mem("SI", col*f.width))
		for r := range n {
			e.op("VMOVUPS (BX), %s", f.reg(r))
			if r < n-1 {
				e.op("ADDQ R10, BX")
			}
		}
		for r, out := range pass(e) {
			e.op("VMOVUPS %s, %s", out, mem("R12", (r*n+col)*f.width))
		}
	}
	e.op("MOVQ DI, BX")
	for row := range 6 {
		for c := range n {
			e.op("VMOVUPS %s, %s", mem("R12", (row*n+c)*f.width), f.reg(c))
		}
		for _, out := range pass(e) {
			e.op("VMOVUPS %s, (BX)", out)
			e.op("ADDQ R8, BX")
		}
	}
	e.op("ADDQ $%d, SI", 4*f.width)
	e.op("ADDQ R9, DI")
	e.op("DECQ R11")
	e.op("JNZ %s", label)
	e.ret()
}

// inputPass transforms registers 0 to 5, spoiling 6 and 7; the constants are in
// 8 to 13. It returns the results' registers.
func (f winogradForm) inputPass(e *emitter) [6]string {
	r := f.reg
	e.op("VMOVAPS %s, %s", r(4), r(6))
	e.op("VFNMADD231PS %s, %s, %s", r(9), r(2), r(6))
	e.op("VFMADD231PS %s, %s, %s", r(8), r(0), r(6)) // 6: d4 - (p²+q²)d2 + p²q²d0
	e.op("VFNMADD231PS %s, %s, %s", r(9), r(3), r(5))
	e.op("VFMADD231PS %s, %s, %s", r(8), r(1), r(5)) // 5: d5 - (p²+q²)d3 + p²q²d1
	e.op("VMOVAPS %s, %s", r(4), r(0))
	e.op("VFNMADD231PS %s, %s, %s", r(10), r(2), r(0)) // 0: d4 - q²d2
	e.op("VMOVAPS %s, %s", r(3), r(7))
	e.op("VFNMADD231PS %s, %s, %s", r(10), r(1), r(7)) // 7: d3 - q²d1
	e.op("VFNMADD231PS %s, %s, %s", r(11), r(2), r(4)) // 4: d4 - p²d2
	e.op("VFNMADD231PS %s, %s, %s", r(11), r(1), r(3)) // 3: d3 - p²d1
	e.op("VMOVAPS %s, %s", r(0), r(1))
	e.op("VFMADD231PS %s, %s, %s", r(12), r(7), r(1))
	e.op("VFNMADD231PS %s, %s, %s", r(12), r(7), r(0))
	e.op("VMOVAPS %s, %s", r(4), r(2))
	e.op("VFMADD231PS %s, %s, %s", r(13), r(3), r(2))
	e.op("VFNMADD231PS %s, %s, %s", r(13), r(3), r(4))
	return [6]string{r(6), r(1), r(0), r(2), r(4), r(5)}
}

// winogradOutput emits the transformation of 36 products to 4×4 pixels.
func winogradOutput(e *emitter, f winogradForm) {
	e.fn(fmt.Sprintf("winogradOutput%s(dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias, tmp []float32)", f.name))
	e.load("dst_base", "DI")
	e.load("dstRow", "R8")
	e.load("dstPixel", "R9")
	e.load("m_base", "SI")
	e.load("mPoint", "R10")
	e.load("mTile", "R11")
	e.load("tiles", "R12")
	e.load("bias_base", "DX")
	e.load("tmp_base", "R13")
	for _, r := range []string{"R8", "R9", "R10", "R11"} {
		e.op("SHLQ $2, %s", r)
	}
	const p, q = pointP, pointQ
	f.constants(e, 8, p, q, p*p, q*q, p*p*p, q*q*q)
	e.op("VMOVUPS (DX), %s", f.reg(14))
	e.label("output")
	e.op("MOVQ SI, BX")
	e.note("along the rows of points into tmp, 6×4")
	for row := range 6 {
		for c := range 6 {
			e.op("VMOVUPS (BX), %s", f.reg(c))
			e.op("ADDQ R10, BX")
		}
		for c, out := range f.outputPass(e) {
			e.op("VMOVUPS %s, %s", out, mem("R13", (row*4+c)*f.width))
		}
	}
	e.op("MOVQ DI, BX")
	for col := range 4 {
		for r := range 6 {
			e.op("VMOVUPS %s, %s", mem("R13", (r*4+col)*f.width), f.reg(r))
		}
		e.op("MOVQ BX, CX")
		for r, out := range f.outputPass(e) {
			e.op("VADDPS %s, %s, %s", f.reg(14), out, out)
			e.op("VMOVUPS %s, (CX)", out)
			if r < 3 {
				e.op("ADDQ R8, CX")
			}
		}
		e.op("ADDQ R9, BX")
	}
	e.op("MOVQ BX, DI")
	e.op("ADDQ R11, SI")
	e.op("DECQ R12")
	e.op("JNZ output")
	e.ret()
}

// outputPass transforms registers 0 to 5, spoiling 6 and 7; the constants are in
// 8 to 13.
func (f winogradForm) outputPass(e *emitter) [4]string {
	r := f.reg
	e.op("VADDPS %s, %s, %s", r(2), r(1), r(6))
	e.op("VSUBPS %s, %s, %s", r(2), r(1), r(1))
	e.op("VADDPS %s, %s, %s", r(4), r(3), r(7))
	e.op("VSUBPS %s, %s, %s", r(4), r(3), r(3))
	e.op("VADDPS %s, %s, %s", r(6), r(0), r(0))
	e.op("VADDPS %s, %s, %s", r(7), r(0), r(0))
	e.op("VMULPS %s, %s, %s", r(8), r(1), r(2))
	e.op("VFMADD231PS %s, %s, %s", r(9), r(3), r(2))
	e.op("VMULPS %s, %s, %s", r(10), r(6), r(4))
	e.op("VFMADD231PS %s, %s, %s", r(11), r(7), r(4))
	e.op("VFMADD231PS %s, %s, %s", r(12), r(1), r(5))
	e.op("VFMADD231PS %s, %s, %s", r(13), r(3), r(5))
	return [4]string{r(0), r(2), r(4), r(5)}
}

// winogradWeights emits the transformation of 3×3 weights to 36 points.
func winogradWeights(e *emitter, f winogradForm) {
	e.fn(fmt.Sprintf("winogradWeights%s(u []float32, uPoint, uChannel int, w []float32, wTap, channels int, tmp []float32)", f.name))
	e.load("u_base", "DI")
	e.load("uPoint", "R8")
	e.load("uChannel", "R9")
	e.load("w_base", "SI")
	e.load("wTap", "R10")
	e.load("channels", "R11")
	e.load("tmp_base", "R12")
	for _, r := range []string{"R8", "R9", "R10"} {
		e.op("SHLQ $2, %s", r)
	}
	f.constants(e, 7, weightConstants...)
	e.label("weights")
	for col := range 3 {
		e.op("LEAQ (R10)(R10*2), BX")
		switch col {
		case 0:
			e.op("MOVQ SI, DX")
		default:
			e.op("LEAQ (SI)(R10*%d), DX", col)
		}
		for r := range 3 {
			e.op("VMOVUPS (DX), %s", f.reg(r))
			if r < 2 {
				e.op("ADDQ BX, DX")
			}
		}
		for r, out := range f.weightPass(e) {
			e.op("VMOVUPS %s, %s", out, mem("R12", (r*3+col)*f.width))
		}
	}
	e.op("MOVQ DI, BX")
	for row := range 6 {
		for c := range 3 {
			e.op("VMOVUPS %s, %s", mem("R12", (row*3+c)*f.width), f.reg(c))
		}
		for _, out := range f.weightPass(e) {
			e.op("VMOVUPS %s, (BX)", out)
			e.op("ADDQ R8, BX")
		}
	}
	e.op("LEAQ (R10)(R10*8), BX")
	e.op("ADDQ BX, SI")
	e.op("ADDQ R9, DI")
	e.op("DECQ R11")
	e.op("JNZ weights")
	e.ret()
}

// weightPass transforms registers 0 to 2, spoiling 3 to 6; the constants are in
// 7 to 13.
func (f winogradForm) weightPass(e *emitter) [6]string {
	r := f.reg
	e.op("VMULPS %s, %s, %s", r(8), r(0), r(3))
	e.op("VFMADD231PS %s, %s, %s", r(10), r(2), r(3)) // 3: (g0 + p²g2)/productP
	e.op("VMULPS %s, %s, %s", r(11), r(0), r(5))
	e.op("VFMADD231PS %s, %s, %s", r(13), r(2), r(5)) // 5: (g0 + q²g2)/productQ
	e.op("VMULPS %s, %s, %s", r(7), r(0), r(0))
	e.op("VMOVAPS %s, %s", r(3), r(4))
	e.op("VFMADD231PS %s, %s, %s", r(9), r(1), r(3))
	e.op("VFNMADD231PS %s, %s, %s", r(9), r(1), r(4))
	e.op("VMOVAPS %s, %s", r(5), r(6))
	e.op("VFMADD231PS %s, %s, %s", r(12), r(1), r(5))
	e.op("VFNMADD231PS %s, %s, %s", r(12), r(1), r(6))
	return [6]string{r(0), r(3), r(4), r(5), r(6), r(2)}
}
