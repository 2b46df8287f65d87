package main

func init() {
	neonFile("unit", "neon_unit.go", func(k *neon) {
		k.squareColumns()
		k.gapColumns()
	})
}

// columnBlocks emits body for n blocks of four columns at a time, with n from
// counts in falling order, and for one column. R15 counts the columns left.
func (k *neon) columnBlocks(counts []int, body func(blocks []lanes4, values int)) {
	for _, n := range append(counts, 0) {
		loop, next := k.fresh("loop"), k.fresh("next")
		values := max(4*n, 1)
		var blocks []lanes4
		for i := range max(n, 1) {
			blocks = append(blocks, lanes4{neon: k, copy: i, tail: n == 0})
		}
		k.label(loop)
		k.op("CMP $%d, R15", values)
		k.op("BLT %s", next)
		k.walked = map[string]int{}
		body(blocks, values)
		k.op("B %s", loop)
		k.label(next)
	}
}

// downColumns emits body as often as the register count says, which it spoils.
func (k *neon) downColumns(count string, body func()) {
	row, done := k.fresh("row"), k.fresh("bottom")
	k.label(row)
	k.op("CBZ %s, %s", count, done)
	body()
	k.op("SUB $1, %s", count)
	k.op("B %s", row)
	k.label(done)
}

// addTo adds the register of every block, from first on, to memory and moves on.
func (k *neon) addTo(base string, blocks []lanes4, first, tmp, values int) {
	k.step(values, func() {
		for i, b := range blocks {
			b.load(base, tmp)
			k.float("fadd", tmp, tmp, first+i)
			b.store(tmp, base)
		}
	})
}

func (k *neon) squareColumns() {
	k.begin("squareColumns", "acc, x []float32, rows, stride int", "is [vectorKernels.squareColumns].")
	k.get("acc_base", "x_base", "rows", "stride")
	k.op("LSL $2, R3")
	k.op("MOVD %s, R15", k.arg("acc_len"))
	k.columnBlocks([]int{8, 1}, func(blocks []lanes4, values int) {
		for i := range blocks {
			k.clear(i)
		}
		k.op("MOVD R1, R5")
		k.op("MOVD R2, R6")
		k.downColumns("R6", func() {
			for i, b := range blocks {
				b.load("R5", 8+i)
				k.multiplyAdd(i, 8+i, 8+i)
			}
			k.op("ADD R3, R5")
		})
		k.op("ADD $%d, R1", 4*values)
		k.addTo("R0", blocks, 0, 16, values)
	})
	k.ret()
}

// gapColumns rounds both products before the difference, so that equal ones leave
// 0.
func (k *neon) gapColumns() {
	const n = 4
	const sums, pScales, qScales, p, q, weight = 0, n, 2 * n, 3 * n, 4 * n, 5 * n
	k.begin("gapColumns", "y, p, q, pScale, qScale, w []float32, stride int", "is [vectorKernels.gapColumns].")
	k.get("y_base", "p_base", "q_base", "pScale_base", "qScale_base", "w_base", "w_len", "stride")
	k.op("LSL $2, R7")
	k.op("MOVD %s, R15", k.arg("y_len"))
	k.columnBlocks([]int{n, 1}, func(blocks []lanes4, values int) {
		for i, b := range blocks {
			k.clear(sums + i)
			b.load("R3", pScales+i)
			b.load("R4", qScales+i)
		}
		for i, from := range []string{"R1", "R2", "R5", "R6"} { // rows of p and q, weights and their number
			k.op("MOVD %s, R%d", from, 8+i)
		}
		k.downColumns("R11", func() {
			k.op("FMOVS.P 4(R10), F%d", weight)
			k.op("VDUP V%d.S[0], V%d.S4", weight, weight)
			for i, b := range blocks {
				b.load("R8", p+i)
				b.load("R9", q+i)
				k.float("fmul", p+i, p+i, pScales+i)
				k.float("fmul", q+i, q+i, qScales+i)
				k.float("fsub", p+i, p+i, q+i)
				k.float("fmul", q+i, p+i, weight)
				k.multiplyAdd(sums+i, q+i, p+i)
			}
			k.op("ADD R7, R8")
			k.op("ADD R7, R9")
		})
		for _, base := range []string{"R1", "R2", "R3", "R4"} {
			k.op("ADD $%d, %s", 4*values, base)
		}
		k.addTo("R0", blocks, sums, p, values)
	})
	k.ret()
}
