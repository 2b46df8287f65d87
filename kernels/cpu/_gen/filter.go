package main

func init() { vectorFile("filter", "filter.go", correlate) }

// correlate keeps the sums of several vectors in registers while it walks the
// taps; eight of them hide the latency of the addition.
func correlate(k *kernel) {
	k.begin("correlate", "y, x, taps []float32, stride int", "is [vectorKernels.correlate].")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	k.load("x_base", "SI")
	k.load("taps_base", "R8")
	k.load("taps_len", "R9")
	k.load("stride", "R10")
	k.op("SHLQ $2, R10")
	k.op("XORQ BX, BX")
	lanes := k.v.lanes
	for _, n := range []int{8, 4, 1} {
		loop, next := k.fresh("loop"), k.fresh("next")
		k.label(loop)
		k.op("CMPQ CX, $%d", n*lanes)
		k.op("JLT %s", next)
		correlateBlocks(k, n, false)
		k.op("ADDQ $%d, BX", 4*n*lanes)
		k.op("SUBQ $%d, CX", n*lanes)
		k.op("JMP %s", loop)
		k.label(next)
	}
	done := k.fresh("done")
	k.op("TESTQ CX, CX")
	k.op("JZ %s", done)
	k.maskTail()
	correlateBlocks(k, 1, true)
	k.label(done)
	k.ret()
}

// correlateBlocks computes n vectors of y.
func correlateBlocks(k *kernel, n int, masked bool) {
	r, tap, value := k.v.reg, k.v.reg(8), k.v.reg(9)
	for i := range n {
		k.op("VXORPS %s, %s, %s", r(i), r(i), r(i))
	}
	loop, stored := k.fresh("tap"), k.fresh("store")
	k.op("LEAQ (SI)(BX*1), R11")
	k.op("XORQ R12, R12")
	k.label(loop)
	k.op("CMPQ R12, R9")
	k.op("JGE %s", stored)
	k.op("VBROADCASTSS (R8)(R12*4), %s", tap)
	for i := range n {
		switch {
		case !masked:
			k.op("VFMADD231PS %s, %s, %s", mem("R11", 4*i*k.v.lanes), tap, r(i))
		case k.v.wide:
			k.op("VFMADD231PS (R11), %s, K7, %s", tap, r(i))
		default:
			k.op("VMASKMOVPS (R11), %s, %s", k.v.tailMask(), value)
			k.op("VFMADD231PS %s, %s, %s", value, tap, r(i))
		}
	}
	k.op("ADDQ R10, R11")
	k.op("INCQ R12")
	k.op("JMP %s", loop)
	k.label(stored)
	if n == 8 {
		k.note("down the columns: the row that the next row of y needs first")
		for offset := 0; offset < 4*n*k.v.lanes; offset += 64 {
			k.op("PREFETCHT0 %s", mem("R11", offset))
		}
	}
	for i := range n {
		block{kernel: k, copy: i, temps: 1, masked: masked}.store(r(i), "DI")
	}
}
