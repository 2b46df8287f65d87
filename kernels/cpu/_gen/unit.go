package main

func init() {
	vectorFile("unit", "unit.go", func(k *kernel) {
		squareColumns(k)
		gapColumns(k)
	})
}

// columnBlocks emits body for n vectors of columns at a time, with n from counts
// in falling order, and for the masked last columns. BX is the offset of the
// first column; CX counts those left.
func columnBlocks(k *kernel, counts []int, body func(blocks []block)) {
	k.op("XORQ BX, BX")
	lanes := k.v.lanes
	for _, n := range counts {
		loop, next := k.fresh("loop"), k.fresh("next")
		k.label(loop)
		k.op("CMPQ CX, $%d", n*lanes)
		k.op("JLT %s", next)
		var blocks []block
		for i := range n {
			blocks = append(blocks, block{kernel: k, copy: i})
		}
		body(blocks)
		k.op("ADDQ $%d, BX", 4*n*lanes)
		k.op("SUBQ $%d, CX", n*lanes)
		k.op("JMP %s", loop)
		k.label(next)
	}
	done := k.fresh("done")
	k.op("TESTQ CX, CX")
	k.op("JZ %s", done)
	k.maskTail()
	body([]block{{kernel: k, masked: true}})
	k.label(done)
}

// downColumns emits body for every row: BX goes from row to row, by the stride in
// R13, and comes back; DX counts the rows up to R12.
func downColumns(k *kernel, body func()) {
	row, done := k.fresh("row"), k.fresh("bottom")
	k.op("MOVQ BX, AX")
	k.op("XORQ DX, DX")
	k.label(row)
	k.op("CMPQ DX, R12")
	k.op("JGE %s", done)
	body()
	k.op("ADDQ R13, BX")
	k.op("INCQ DX")
	k.op("JMP %s", row)
	k.label(done)
	k.op("MOVQ AX, BX")
}

// addTo adds a register to memory.
func (b block) addTo(r, base, tmp string) {
	b.load(base, tmp)
	b.op("VADDPS %s, %s, %s", r, tmp, tmp)
	b.store(tmp, base)
}

func squareColumns(k *kernel) {
	k.begin("squareColumns", "acc, x []float32, rows, stride int", "is [vectorKernels.squareColumns].")
	k.load("acc_base", "DI")
	k.load("acc_len", "CX")
	k.load("x_base", "SI")
	k.load("rows", "R12")
	k.load("stride", "R13")
	k.op("SHLQ $2, R13")
	r := k.v.reg
	columnBlocks(k, []int{8, 1}, func(blocks []block) {
		for i := range blocks {
			k.op("VXORPS %s, %s, %s", r(i), r(i), r(i))
		}
		downColumns(k, func() {
			for i, b := range blocks {
				value := r(8 + i%4)
				b.load("SI", value)
				b.op("VFMADD231PS %s, %s, %s", value, value, r(i))
			}
		})
		for i, b := range blocks {
			b.addTo(r(i), "DI", r(8+i%4))
		}
	})
	k.ret()
}

// gapColumns keeps sums and scales of a few vectors of columns in registers. It
// rounds both products before the difference, so that equal ones leave 0.
func gapColumns(k *kernel) {
	k.begin("gapColumns", "y, p, q, pScale, qScale, w []float32, stride int", "is [vectorKernels.gapColumns].")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	k.load("p_base", "SI")
	k.load("q_base", "R8")
	k.load("pScale_base", "R9")
	k.load("qScale_base", "R10")
	k.load("w_base", "R11")
	k.load("w_len", "R12")
	k.load("stride", "R13")
	k.op("SHLQ $2, R13")
	n := 2
	if k.v.wide {
		n = 4
	}
	r := k.v.reg
	sum := func(i int) string { return r(3 * i) }
	pScale := func(i int) string { return r(3*i + 1) }
	qScale := func(i int) string { return r(3*i + 2) }
	p := func(i int) string { return r(3*n + 2*i) }
	q := func(i int) string { return r(3*n + 2*i + 1) }
	weight := r(5 * n)
	columnBlocks(k, []int{n, 1}, func(blocks []block) {
		for i, b := range blocks {
			b.op("VXORPS %s, %s, %s", sum(i), sum(i), sum(i))
			b.load("R9", pScale(i))
			b.load("R10", qScale(i))
		}
		downColumns(k, func() {
			k.op("VBROADCASTSS (R11)(DX*4), %s", weight)
			for i, b := range blocks {
				b.load("SI", p(i))
				b.load("R8", q(i))
				b.op("VMULPS %s, %s, %s", pScale(i), p(i), p(i))
				b.op("VMULPS %s, %s, %s", qScale(i), q(i), q(i))
				b.op("VSUBPS %s, %s, %s", q(i), p(i), p(i))
				b.op("VMULPS %s, %s, %s", weight, p(i), q(i))
				b.op("VFMADD231PS %s, %s, %s", p(i), q(i), sum(i))
			}
		})
		for i, b := range blocks {
			b.addTo(sum(i), "DI", p(i))
		}
	})
	k.ret()
}
