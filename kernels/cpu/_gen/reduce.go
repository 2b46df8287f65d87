package main

func init() {
	vectorFile("reduce", "reduce.go", func(k *kernel) {
		sum(k)
		sumColumns(k)
		largest(k)
		largestColumns(k)
	})
	vectorFile("norm", "reduce.go", func(k *kernel) {
		moments(k)
		normSums(k)
		normApply(k)
		normGrad(k)
	})
}

// half names the lower half of a vector register.
func (v isa) half(r string) string {
	if v.wide {
		return "Y" + r[1:]
	}
	return "X" + r[1:]
}

// widen converts r to float64, its lower half into low and its upper one into
// high, which may be r.
func (k *kernel) widen(r, low, high string) {
	extract := "VEXTRACTF128"
	if k.v.wide {
		extract = "VEXTRACTF64X4"
	}
	k.op("VCVTPS2PD %s, %s", k.v.half(r), low)
	k.op("%s $1, %s, %s", extract, r, k.v.half(high))
	k.op("VCVTPS2PD %s, %s", k.v.half(high), high)
}

// accumulators clears registers for sums: count for each of the copies.
func (k *kernel) accumulators(copies, count int) [][]string {
	list := make([][]string, copies)
	for c := range list {
		for range count {
			list[c] = append(list[c], k.zero())
		}
	}
	return list
}

// addTotal adds all float64 values of the registers to memory. It uses registers
// 0 and 1.
func (k *kernel) addTotal(registers []string, memory string) {
	first := registers[0]
	for _, r := range registers[1:] {
		k.op("VADDPD %s, %s, %s", r, first, first)
	}
	if k.v.wide {
		k.op("VEXTRACTF64X4 $1, %s, Y0", first)
		k.op("VADDPD %s, Y0, Y0", k.v.half(first))
	} else {
		k.op("VMOVAPD %s, Y0", first)
	}
	k.op("VEXTRACTF128 $1, Y0, X1")
	k.op("VADDPD X1, X0, X0")
	k.op("VPERMILPD $1, X0, X1")
	k.op("VADDSD X1, X0, X0")
	k.op("VADDSD %s, X0, X0", memory)
	k.op("VMOVSD X0, %s", memory)
}

// column lists one accumulator of every copy.
func column(accumulators [][]string, indices ...int) []string {
	var list []string
	for _, a := range accumulators {
		for _, i := range indices {
			list = append(list, a[i])
		}
	}
	return list
}

func sum(k *kernel) {
	k.begin("sum", "acc *[2]float64, x []float32", "is the sum in [vectorKernels.fold].")
	k.load("acc", "DX")
	k.load("x_base", "SI")
	k.load("x_len", "CX")
	copies := 2
	if k.v.wide {
		copies = 4
	}
	acc := k.accumulators(copies, 2)
	k.loopOver(2, copies, func(b block) {
		b.load("SI", b.t(0))
		b.widen(b.t(0), b.t(1), b.t(0))
		b.op("VADDPD %s, %s, %s", b.t(1), acc[b.copy][0], acc[b.copy][0])
		b.op("VADDPD %s, %s, %s", b.t(0), acc[b.copy][1], acc[b.copy][1])
	})
	k.addTotal(column(acc, 0, 1), "(DX)")
	k.ret()
}

func sumColumns(k *kernel) {
	foldColumns(k, "sumColumns", "is the sum in [vectorKernels.foldColumns].", func(kind, acc, x, _ string) {
		k.op("VADD%s %s, %s, %s", kind, acc, x, x)
	})
}

// largestColumns lets NaN in acc win as the second operand of the maximum, and puts
// NaN in x back, which the maximum forgets.
func largestColumns(k *kernel) {
	foldColumns(k, "largestColumns", "is the maximum in [vectorKernels.foldColumns].", func(kind, acc, x, tmp string) {
		if k.v.wide && kind == "PD" {
			k.op("VCMPPD $%d, %s, %s, K1", ordered, x, x)
			k.op("VMAXPD %s, %s, K1, %s", acc, x, x)
			return
		}
		k.op("VCMP%s $%d, %s, %s, %s", kind, unordered, x, x, tmp)
		k.op("VMAX%s %s, %s, %s", kind, acc, x, x)
		k.op("VORPD %s, %s, %s", tmp, x, x)
	})
}

// foldColumns works on half vectors of x, whole ones of acc. fold folds acc into x, of
// the kind PD or SD, and may spoil tmp.
func foldColumns(k *kernel, name, comment string, fold func(kind, acc, x, tmp string)) {
	k.begin(name, "acc []float64, x []float32", comment)
	k.load("acc_base", "DI")
	k.load("acc_len", "CX")
	k.load("x_base", "SI")
	k.op("XORQ BX, BX")
	half := k.v.lanes / 2
	for _, n := range []int{4, 1} {
		loop, next := k.fresh("loop"), k.fresh("next")
		k.label(loop)
		k.op("CMPQ CX, $%d", n*half)
		k.op("JLT %s", next)
		for i := range n {
			r, acc := k.v.reg(2*i), index("DI", "BX", 8, i*half*8)
			k.op("VCVTPS2PD %s, %s", index("SI", "BX", 4, i*half*4), r)
			fold("PD", acc, r, k.v.reg(2*i+1))
			k.op("VMOVUPD %s, %s", r, acc)
		}
		k.op("ADDQ $%d, BX", n*half)
		k.op("SUBQ $%d, CX", n*half)
		k.op("JMP %s", loop)
		k.label(next)
	}
	loop, done := k.fresh("loop"), k.fresh("done")
	k.label(loop)
	k.op("TESTQ CX, CX")
	k.op("JZ %s", done)
	k.op("VXORPS X0, X0, X0")
	k.op("VCVTSS2SD %s, X0, X0", index("SI", "BX", 4, 0))
	fold("SD", index("DI", "BX", 8, 0), "X0", "X1")
	k.op("VMOVSD X0, %s", index("DI", "BX", 8, 0))
	k.op("INCQ BX")
	k.op("DECQ CX")
	k.op("JMP %s", loop)
	k.label(done)
	k.ret()
}

// largest keeps NaN apart, since VMAXPS forgets it.
func largest(k *kernel) {
	const negativeInfinity = 0xff800000
	k.begin("largest", "acc *[2]float64, x []float32", "is the maximum in [vectorKernels.fold].")
	k.load("acc", "DX")
	k.load("x_base", "SI")
	k.load("x_len", "CX")
	const copies = 4
	lowest := k.bits(negativeInfinity)
	var best []string
	for range copies {
		best = append(best, k.spare())
		k.op("VMOVAPS %s, %s", lowest, best[len(best)-1])
	}
	var nan string
	if k.v.wide {
		k.op("KXORW K5, K5, K5")
	} else {
		nan = k.zero()
	}
	k.loopOver(2, copies, func(b block) {
		b.loadOr("SI", lowest, b.t(0))
		b.op("VMAXPS %s, %s, %s", b.t(0), best[b.copy], best[b.copy])
		if b.v.wide {
			b.op("VCMPPS $%d, %s, %s, K1", unordered, b.t(0), b.t(0))
			b.op("KORW K1, K5, K5")
		} else {
			b.op("VCMPPS $%d, %s, %s, %s", unordered, b.t(0), b.t(0), b.t(1))
			b.op("VORPS %s, %s, %s", b.t(1), nan, nan)
		}
	})
	for _, r := range best[1:] {
		k.op("VMAXPS %s, %s, %s", r, best[0], best[0])
	}
	if k.v.wide {
		k.op("VEXTRACTF64X4 $1, %s, Y0", best[0])
		k.op("VMAXPS %s, Y0, Y0", k.v.half(best[0]))
		k.op("KMOVW K5, AX")
	} else {
		k.op("VMOVAPS %s, Y0", best[0])
		k.op("VMOVMSKPS %s, AX", nan)
	}
	k.op("VEXTRACTF128 $1, Y0, X1")
	for _, shuffle := range []string{"", "VPERMILPS $0x4e, X0, X1", "VPERMILPS $0xb1, X0, X1"} {
		if shuffle != "" {
			k.op("%s", shuffle)
		}
		k.op("VMAXPS X1, X0, X0")
	}
	k.op("VCVTSS2SD X0, X0, X0")
	k.note("the second operand, what was there before, wins where it is NaN")
	k.op("VMAXSD (DX), X0, X0")
	done := k.fresh("done")
	k.op("TESTL AX, AX")
	k.op("JZ %s", done)
	k.op("VPCMPEQD X0, X0, X0")
	k.label(done)
	k.op("VMOVSD X0, (DX)")
	k.ret()
}

// The fields of normChannel.
const (
	channelMean = 4 * iota
	channelScale
	channelBeta
	channelSlope
	channelFactor
	channelOffset
)

func moments(k *kernel) {
	k.begin("moments", "acc *[2]float64, x []float32, shift float32", "is [vectorKernels.moments].")
	k.load("acc", "DX")
	k.load("x_base", "SI")
	k.load("x_len", "CX")
	shift, wide := k.param("shift"), k.spare()
	k.op("VCVTPS2PD %s, %s", k.v.half(shift), wide)
	copies := 2
	if k.v.wide {
		copies = 4
	}
	acc := k.accumulators(copies, 2)
	k.loopOver(2, copies, func(b block) {
		sum, squares := acc[b.copy][0], acc[b.copy][1]
		b.loadOr("SI", shift, b.t(0))
		b.widen(b.t(0), b.t(1), b.t(0))
		for _, r := range []string{b.t(1), b.t(0)} {
			b.op("VSUBPD %s, %s, %s", wide, r, r)
			b.op("VADDPD %s, %s, %s", r, sum, sum)
			b.op("VFMADD231PD %s, %s, %s", r, r, squares)
		}
	})
	k.addTotal(column(acc, 0), "(DX)")
	k.addTotal(column(acc, 1), "8(DX)")
	k.ret()
}

// gradient holds the constants of the activation's backward rule.
type gradient struct{ mean, scale, beta, slope, zero string }

func newGradient(k *kernel) gradient {
	return gradient{k.field("DX", channelMean), k.field("DX", channelScale), k.field("DX", channelBeta), k.field("DX", channelSlope), k.zero()}
}

// rule loads dy and x, subtracts the mean from x and multiplies dy by the slope
// where the activation saw no positive value.
func (g gradient) rule(b block, dy, x, tmp, tmp2 string) {
	b.load("DI", dy)
	b.load("SI", x)
	b.op("VSUBPS %s, %s, %s", g.mean, x, x)
	b.op("VMOVAPS %s, %s", x, tmp)
	b.op("VFMADD213PS %s, %s, %s", g.beta, g.scale, tmp)
	b.op("VMULPS %s, %s, %s", g.slope, dy, tmp2)
	b.choose(greater, tmp, g.zero, dy, tmp2, dy, tmp)
}

func normSums(k *kernel) {
	k.begin("normSums", "acc *[2]float64, dy, x []float32, c *normChannel", "is [vectorKernels.normSums].")
	k.load("dy_base", "DI")
	k.load("dy_len", "CX")
	k.load("x_base", "SI")
	k.load("c", "DX")
	g := newGradient(k)
	copies := 1
	if k.v.wide {
		copies = 2
	}
	acc := k.accumulators(copies, 4)
	k.loopOver(4, copies, func(b block) {
		d, x := b.t(0), b.t(1)
		g.rule(b, d, x, b.t(2), b.t(3))
		sums := acc[b.copy]
		b.widen(d, b.t(2), d)
		b.widen(x, b.t(3), x)
		b.op("VADDPD %s, %s, %s", b.t(2), sums[0], sums[0])
		b.op("VADDPD %s, %s, %s", d, sums[1], sums[1])
		b.op("VFMADD231PD %s, %s, %s", b.t(3), b.t(2), sums[2])
		b.op("VFMADD231PD %s, %s, %s", x, d, sums[3])
	})
	k.load("acc", "DX")
	k.addTotal(column(acc, 0, 1), "(DX)")
	k.addTotal(column(acc, 2, 3), "8(DX)")
	k.ret()
}

func normApply(k *kernel) {
	k.begin("normApply", "y, x []float32, c *normChannel", "is [vectorKernels.normApply].")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	k.load("x_base", "SI")
	k.load("c", "DX")
	mean, scale, beta, slope := k.field("DX", channelMean), k.field("DX", channelScale), k.field("DX", channelBeta), k.field("DX", channelSlope)
	keep, zero := k.activation(slope), k.zero()
	k.loop(3, func(b block) {
		r := b.t(0)
		b.load("SI", r)
		b.op("VSUBPS %s, %s, %s", mean, r, r)
		b.op("VFMADD213PS %s, %s, %s", beta, scale, r)
		b.activate(r, slope, keep, zero, b.t(1), b.t(2))
		b.store(r, "DI")
	})
	k.ret()
}

func normGrad(k *kernel) {
	k.begin("normGrad", "dx, dy, x []float32, c *normChannel", "is [vectorKernels.normGrad].")
	k.load("dx_base", "R8")
	k.load("dy_base", "DI")
	k.load("dx_len", "CX")
	k.load("x_base", "SI")
	k.load("c", "DX")
	g := newGradient(k)
	factor, offset := k.field("DX", channelFactor), k.field("DX", channelOffset)
	k.loop(4, func(b block) {
		d, x := b.t(0), b.t(1)
		g.rule(b, d, x, b.t(2), b.t(3))
		b.op("VFMADD213PS %s, %s, %s", offset, factor, x)
		b.op("VFMADD213PS %s, %s, %s", x, g.scale, d)
		b.store(d, "R8")
	})
	k.ret()
}
