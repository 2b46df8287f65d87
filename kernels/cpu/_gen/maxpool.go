package main

func init() {
	vectorFile("maxpool", "maxpool.go", func(k *kernel) {
		maxPairs(k)
		maxTriples(k)
		maxPool2(k)
		maxPool2Grad(k)
		maxPool3Grad(k)
	})
}

// pairs splits and joins pairs of values.
type pairs struct{ even, odd, low, high string }

// newPairs loads the tables that AVX-512 permutes by.
func newPairs(k *kernel) pairs {
	if !k.v.wide {
		return pairs{}
	}
	return pairs{
		even: k.indices("even", func(i int) int { return 2 * i }),
		odd:  k.indices("odd", func(i int) int { return 2*i + 1 }),
	}
}

// joining loads the tables for join.
func (p pairs) joining(k *kernel) pairs {
	if k.v.wide {
		p.low = k.indices("low", func(i int) int { return i/2 + i%2*16 })
		p.high = k.indices("high", func(i int) int { return 8 + i/2 + i%2*16 })
	}
	return p
}

// evens loads two vectors and keeps every second value in r.
func (p pairs) evens(k *kernel, base string, offset int, r, tmp string) {
	k.op("VMOVUPS %s, %s", index(base, "BX", 2, offset), r)
	k.op("VMOVUPS %s, %s", index(base, "BX", 2, offset+4*k.v.lanes), tmp)
	if k.v.wide {
		k.op("VPERMT2PS %s, %s, %s", tmp, p.even, r)
		return
	}
	k.op("VSHUFPS $0x88, %s, %s, %s", tmp, r, r)
	k.op("VPERMPD $0xd8, %s, %s", r, r)
}

// split loads two vectors into the values at even and odd places.
func (p pairs) split(k *kernel, base, even, odd, tmp string) {
	k.op("VMOVUPS %s, %s", index(base, "BX", 2, 0), even)
	k.op("VMOVUPS %s, %s", index(base, "BX", 2, 4*k.v.lanes), tmp)
	if k.v.wide {
		k.op("VMOVAPS %s, %s", even, odd)
		k.op("VPERMT2PS %s, %s, %s", tmp, p.even, even)
		k.op("VPERMT2PS %s, %s, %s", tmp, p.odd, odd)
		return
	}
	k.op("VSHUFPS $0xdd, %s, %s, %s", tmp, even, odd)
	k.op("VSHUFPS $0x88, %s, %s, %s", tmp, even, even)
	k.op("VPERMPD $0xd8, %s, %s", odd, odd)
	k.op("VPERMPD $0xd8, %s, %s", even, even)
}

// alternate interleaves even and odd into two registers, which it names.
func (p pairs) alternate(k *kernel, even, odd, tmp, tmp2 string) (low, high string) {
	if k.v.wide {
		k.op("VMOVAPS %s, %s", even, tmp)
		k.op("VPERMT2PS %s, %s, %s", odd, p.low, tmp)
		k.op("VPERMT2PS %s, %s, %s", odd, p.high, even)
		return tmp, even
	}
	k.op("VUNPCKLPS %s, %s, %s", odd, even, tmp)
	k.op("VUNPCKHPS %s, %s, %s", odd, even, tmp2)
	k.op("VPERM2F128 $0x20, %s, %s, %s", tmp2, tmp, even)
	k.op("VPERM2F128 $0x31, %s, %s, %s", tmp2, tmp, odd)
	return even, odd
}

// join stores even and odd alternately.
func (p pairs) join(k *kernel, base, even, odd, tmp, tmp2 string) {
	low, high := p.alternate(k, even, odd, tmp, tmp2)
	k.op("VMOVUPS %s, %s", low, index(base, "BX", 2, 0))
	k.op("VMOVUPS %s, %s", high, index(base, "BX", 2, 4*k.v.lanes))
}

// joinAdd adds even and odd alternately to the values offset bytes further on.
func (p pairs) joinAdd(k *kernel, base string, offset int, even, odd, tmp, tmp2 string) {
	low, high := p.alternate(k, even, odd, tmp, tmp2)
	for i, r := range []string{low, high} {
		at := index(base, "BX", 2, offset+i*4*k.v.lanes)
		k.op("VADDPS %s, %s, %s", at, r, r)
		k.op("VMOVUPS %s, %s", r, at)
	}
}

// larger is p = max(p, q), NaN if either is.
func (b block) larger(p, q, tmp, tmp2 string) {
	b.op("VMAXPS %s, %s, %s", q, p, tmp)
	b.choose(unordered, p, p, p, tmp, p, tmp2)
}

// wholeLoop walks BX over CX values, which must be whole vectors.
func (k *kernel) wholeLoop(body func(b block)) {
	loop, done := k.fresh("loop"), k.fresh("done")
	k.op("XORQ BX, BX")
	k.op("TESTQ CX, CX")
	k.op("JZ %s", done)
	k.label(loop)
	body(block{kernel: k})
	k.op("ADDQ $%d, BX", 4*k.v.lanes)
	k.op("SUBQ $%d, CX", k.v.lanes)
	k.op("JNZ %s", loop)
	k.label(done)
}

func maxPairs(k *kernel) {
	k.begin("maxPairs", "y, x []float32", "is [vectorKernels.maxPairs] for whole vectors of y.")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	k.load("x_base", "SI")
	p := newPairs(k)
	k.wholeLoop(func(b block) {
		p.split(k, "SI", b.t(0), b.v.reg(1), b.v.reg(2))
		b.larger(b.v.reg(0), b.v.reg(1), b.v.reg(2), b.v.reg(3))
		b.store(b.v.reg(0), "DI")
	})
	k.ret()
}

func maxTriples(k *kernel) {
	k.begin("maxTriples", "y, x []float32", "is [vectorKernels.maxTriples] for whole vectors of y; it reads 2·len(y)+2 values.")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	k.load("x_base", "SI")
	p := newPairs(k)
	k.wholeLoop(func(b block) {
		r := b.v.reg
		p.split(k, "SI", r(0), r(1), r(2))
		b.larger(r(0), r(1), r(2), r(3))
		p.evens(k, "SI", 8, r(1), r(2))
		b.larger(r(0), r(1), r(2), r(3))
		b.store(r(0), "DI")
	})
	k.ret()
}

// rowsAhead is how many rows of windows ahead the input is asked for: rows are
// too short for the processor to notice that they follow one another.
const rowsAhead = 4

// prefetchRows asks for the input some rows ahead of the two at SI and R9, whose
// distance times 2·rowsAhead is in R12.
func prefetchRows(k *kernel) {
	k.op("LEAQ (SI)(R12*1), R10")
	k.op("LEAQ (R9)(R12*1), R11")
	for offset := 0; offset < 8*k.v.lanes; offset += 64 {
		k.op("PREFETCHT0 %s", index("R10", "BX", 2, offset))
		k.op("PREFETCHT0 %s", index("R11", "BX", 2, offset))
	}
}

// distanceAhead prepares R12 for prefetchRows.
func distanceAhead(k *kernel) {
	k.op("MOVQ R9, R12")
	k.op("SUBQ SI, R12")
	k.op("IMULQ $%d, R12", 2*rowsAhead)
}

func maxPool2(k *kernel) {
	k.begin("maxPool2", "y, x0, x1 []float32", "is [vectorKernels.maxPool2] for whole vectors of y.")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	k.load("x0_base", "SI")
	k.load("x1_base", "R9")
	distanceAhead(k)
	p := newPairs(k)
	k.wholeLoop(func(b block) {
		r := b.v.reg
		prefetchRows(k)
		p.split(k, "SI", r(0), r(1), r(4))
		p.split(k, "R9", r(2), r(3), r(4))
		b.larger(r(0), r(1), r(4), r(5))
		b.larger(r(2), r(3), r(4), r(5))
		b.larger(r(0), r(2), r(4), r(5))
		b.store(r(0), "DI")
	})
	k.ret()
}

// maxPool2Grad finds which of a, b, c and d, the window in row-major order, is
// the first largest: each beats the best so far or not, and the last to do so
// has won.
func maxPool2Grad(k *kernel) {
	k.begin("maxPool2Grad", "dx0, dx1, dy, x0, x1 []float32", "is [vectorKernels.maxPool2Grad] for whole vectors of dy.")
	k.load("dx0_base", "DI")
	k.load("dx1_base", "R8")
	k.load("dy_base", "DX")
	k.load("dy_len", "CX")
	k.load("x0_base", "SI")
	k.load("x1_base", "R9")
	distanceAhead(k)
	p := newPairs(k).joining(k)
	k.wholeLoop(func(b block) {
		r := b.v.reg
		prefetchRows(k)
		p.split(k, "SI", r(0), r(1), r(4))
		p.split(k, "R9", r(2), r(3), r(4))
		b.load("DX", r(5))
		if k.v.wide {
			winnersByMask(b)
		} else {
			winnersByVector(b)
		}
		p.join(k, "DI", r(0), r(1), r(4), r(5))
		p.join(k, "R8", r(2), r(3), r(4), r(5))
	})
	k.ret()
}

// winnersByMask replaces the window in registers 0 to 3 by its gradients, from
// dy in register 5.
func winnersByMask(b block) {
	r := b.v.reg
	for i, wins := range []string{"K2", "K3", "K4"} {
		b.op("VCMPPS $%d, %s, %s, K1", ordered, r(0), r(0))
		b.op("VCMPPS $%d, %s, %s, K1, %s", notLessEqual, r(0), r(i+1), wins)
		b.op("VMOVAPS %s, %s, %s", r(i+1), wins, r(0))
	}
	b.op("VMOVAPS.Z %s, K4, %s", r(5), r(3))
	b.op("KORW K3, K4, K5")
	b.op("KANDNW K3, K4, K3")
	b.op("VMOVAPS.Z %s, K3, %s", r(5), r(2))
	b.op("KORW K2, K5, K6")
	b.op("KANDNW K2, K5, K2")
	b.op("VMOVAPS.Z %s, K2, %s", r(5), r(1))
	b.op("KNOTW K6, K6")
	b.op("VMOVAPS.Z %s, K6, %s", r(5), r(0))
}

// winnersByVector is winnersByMask with masks in registers 6 to 8.
func winnersByVector(b block) {
	r := b.v.reg
	for i := range 3 {
		wins := r(6 + i)
		b.op("VCMPPS $%d, %s, %s, %s", ordered, r(0), r(0), r(4))
		b.op("VCMPPS $%d, %s, %s, %s", notLessEqual, r(0), r(i+1), wins)
		b.op("VANDPS %s, %s, %s", r(4), wins, wins)
		b.op("VBLENDVPS %s, %s, %s, %s", wins, r(i+1), r(0), r(0))
	}
	b.op("VANDPS %s, %s, %s", r(8), r(5), r(3))
	b.op("VORPS %s, %s, %s", r(7), r(8), r(4))
	b.op("VANDNPS %s, %s, %s", r(7), r(8), r(7))
	b.op("VANDPS %s, %s, %s", r(7), r(5), r(2))
	b.op("VANDNPS %s, %s, %s", r(6), r(4), r(7))
	b.op("VANDPS %s, %s, %s", r(7), r(5), r(1))
	b.op("VORPS %s, %s, %s", r(6), r(4), r(4))
	b.op("VANDNPS %s, %s, %s", r(5), r(4), r(0))
}

// maxPool3Grad numbers the nine places of a window, keeps the number of the best
// so far as a float, and adds dy where the number is the winner's. Columns of
// even places reach into the next window.
func maxPool3Grad(k *kernel) {
	k.begin("maxPool3Grad", "dx, dy, x []float32, width int", "is [vectorKernels.maxPool3Grad] for whole vectors of dy; it reads and rewrites 2·len(dy)+2 values of each row.")
	k.load("dx_base", "DI")
	k.load("dy_base", "DX")
	k.load("dy_len", "CX")
	k.load("x_base", "SI")
	k.load("width", "R8")
	k.op("LEAQ (SI)(R8*4), R9")
	k.op("LEAQ (SI)(R8*8), R10")
	k.op("LEAQ (DI)(R8*4), R11")
	k.op("LEAQ (DI)(R8*8), R12")
	p := newPairs(k).joining(k)
	k.wholeLoop(func(b block) {
		r := b.v.reg
		best, winner, dy := r(0), r(1), r(6)
		for row, base := range []string{"SI", "R9", "R10"} {
			p.split(k, base, r(2), r(3), r(4))
			p.evens(k, base, 8, r(7), r(4))
			for column, value := range []string{r(2), r(3), r(7)} {
				if row+column == 0 {
					b.op("VMOVAPS %s, %s", value, best)
					b.op("VXORPS %s, %s, %s", winner, winner, winner)
					continue
				}
				b.keepBest(best, winner, value, 3*row+column, r(4), r(5))
			}
		}
		b.load("DX", dy)
		for row, base := range []string{"DI", "R11", "R12"} {
			b.whereWinner(winner, 3*row, dy, r(2))
			b.whereWinner(winner, 3*row+1, dy, r(3))
			p.joinAdd(k, base, 0, r(2), r(3), r(4), r(5))
			b.whereWinner(winner, 3*row+2, dy, r(2))
			b.op("VXORPS %s, %s, %s", r(3), r(3), r(3))
			p.joinAdd(k, base, 8, r(2), r(3), r(4), r(5))
		}
	})
	k.ret()
}

// keepBest replaces best by value, and winner by number, where value beats it.
func (b block) keepBest(best, winner, value string, number int, tmp, tmp2 string) {
	if b.v.wide {
		b.op("VCMPPS $%d, %s, %s, K1", ordered, best, best)
		b.op("VCMPPS $%d, %s, %s, K1, K2", notLessEqual, best, value)
		b.op("VMOVAPS %s, K2, %s", value, best)
		b.op("VBROADCASTSS %s, K2, %s", b.literalAt(float64(number)), winner)
		return
	}
	b.op("VCMPPS $%d, %s, %s, %s", ordered, best, best, tmp)
	b.op("VCMPPS $%d, %s, %s, %s", notLessEqual, best, value, tmp2)
	b.op("VANDPS %s, %s, %s", tmp, tmp2, tmp)
	b.op("VBLENDVPS %s, %s, %s, %s", tmp, value, best, best)
	b.op("VBROADCASTSS %s, %s", b.literalAt(float64(number)), tmp2)
	b.op("VBLENDVPS %s, %s, %s, %s", tmp, tmp2, winner, winner)
}

// whereWinner is dst = winner is number ? dy : 0.
func (b block) whereWinner(winner string, number int, dy, dst string) {
	b.op("VBROADCASTSS %s, %s", b.literalAt(float64(number)), dst)
	if b.v.wide {
		b.op("VCMPPS $%d, %s, %s, K1", equal, dst, winner)
		b.op("VMOVAPS.Z %s, K1, %s", dy, dst)
		return
	}
	b.op("VCMPPS $%d, %s, %s, %s", equal, dst, winner, dst)
	b.op("VANDPS %s, %s, %s", dy, dst, dst)
}
