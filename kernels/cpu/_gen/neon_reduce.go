package main

func init() {
	neonFile("reduce", "neon_reduce.go", func(k *neon) {
		k.sum()
		k.sumColumns()
		k.largest()
		k.largestColumns()
	})
	neonFile("norm", "neon_reduce.go", func(k *neon) {
		k.moments()
		k.normSums()
		k.normApply()
		k.normGrad()
	})
}

// accumulators clears registers for sums: count for each of the copies.
func (k *neon) accumulators(copies, count int) [][]int {
	list := make([][]int, copies)
	for c := range list {
		for range count {
			list[c] = append(list[c], k.zeros())
		}
	}
	return list
}

// addTotal adds all float64 values of some accumulators of every copy to memory.
// It spoils register 0.
func (k *neon) addTotal(accumulators [][]int, memory string, indices ...int) {
	first := accumulators[0][indices[0]]
	for c, a := range accumulators {
		for i, index := range indices {
			if c+i > 0 {
				k.double("fadd", first, first, a[index])
			}
		}
	}
	k.addPair(first, first)
	k.op("FMOVD %s, F0", memory)
	k.op("FADDD F%d, F0", first)
	k.op("FMOVD F0, %s", memory)
}

func (k *neon) sum() {
	k.begin("sum", "acc *[2]float64, x []float32", "is the sum in [vectorKernels.fold].")
	k.get("acc", "x_base")
	k.op("MOVD %s, R15", k.arg("x_len"))
	acc := k.accumulators(4, 2)
	k.loopOver(2, 4, func(b lanes4) {
		b.load("R1", b.t(0))
		k.widen(b.t(1), b.t(0), b.t(0))
		k.double("fadd", acc[b.copy][0], acc[b.copy][0], b.t(1))
		k.double("fadd", acc[b.copy][1], acc[b.copy][1], b.t(0))
	})
	k.addTotal(acc, "(R0)", 0, 1)
	k.ret()
}

func (k *neon) sumColumns() {
	k.foldColumns("sumColumns", "is the sum in [vectorKernels.foldColumns].", "fadd", "FADDD")
}

// largestColumns relies on FMAX, as largest does.
func (k *neon) largestColumns() {
	k.foldColumns("largestColumns", "is the maximum in [vectorKernels.foldColumns].", "fmax", "FMAXD")
}

// foldColumns folds by an instruction for two values and one for the tail's.
func (k *neon) foldColumns(name, comment, two, one string) {
	k.begin(name, "acc []float64, x []float32", comment)
	k.get("acc_base", "x_base")
	k.op("MOVD %s, R15", k.arg("acc_len"))
	k.loop(4, func(b lanes4) {
		x, low, high := b.t(0), b.t(1), b.t(2)
		b.load("R1", x)
		if b.tail {
			k.op("FCVTSD F%d, F%d", x, x)
			k.op("FMOVD %s, F%d", b.place("R0", 8, 0), low)
			k.op("%s F%d, F%d, F%d", one, x, low, low)
			k.op("FMOVD F%d, %s", low, b.place("R0", 8, 0))
			return
		}
		k.widen(b.t(3), x, x)
		k.op("FLDPQ %s, (F%d, F%d)", b.place("R0", 8, 0), low, high)
		k.double(two, low, low, b.t(3))
		k.double(two, high, high, x)
		k.op("FSTPQ (F%d, F%d), %s", low, high, b.place("R0", 8, 0))
	})
	k.ret()
}

// largest relies on FMAX, which gives NaN where either operand is.
func (k *neon) largest() {
	const negativeInfinity = 0xff800000
	k.begin("largest", "acc *[2]float64, x []float32", "is the maximum in [vectorKernels.fold].")
	k.get("acc", "x_base")
	k.op("MOVD %s, R15", k.arg("x_len"))
	lowest := k.bits(negativeInfinity)
	var best []int
	for range 4 {
		best = append(best, k.spare())
		k.move(best[len(best)-1], lowest)
	}
	k.loopOver(1, 4, func(b lanes4) {
		b.loadOr("R1", lowest, b.t(0))
		k.float("fmax", best[b.copy], best[b.copy], b.t(0))
	})
	for _, r := range best[1:] {
		k.float("fmax", best[0], best[0], r)
	}
	k.largestLane(0, best[0])
	k.op("FCVTSD F0, F0")
	k.op("FMOVD (R0), F1")
	k.op("FMAXD F1, F0, F0")
	k.op("FMOVD F0, (R0)")
	k.ret()
}

func (k *neon) moments() {
	k.begin("moments", "acc *[2]float64, x []float32, shift float32", "is [vectorKernels.moments].")
	k.get("acc", "x_base")
	k.op("MOVD %s, R15", k.arg("x_len"))
	shift, wide, spare := k.param("shift"), k.spare(), k.spare()
	k.widen(wide, spare, shift)
	acc := k.accumulators(4, 2)
	k.loopOver(2, 4, func(b lanes4) {
		sum, squares := acc[b.copy][0], acc[b.copy][1]
		b.loadOr("R1", shift, b.t(0))
		k.widen(b.t(1), b.t(0), b.t(0))
		for i := range 2 {
			k.double("fsub", b.t(i), b.t(i), wide)
			k.double("fadd", sum, sum, b.t(i))
			k.doubleMultiplyAdd(squares, b.t(i), b.t(i))
		}
	})
	k.addTotal(acc, "(R0)", 0)
	k.addTotal(acc, "8(R0)", 1)
	k.ret()
}

// neonGradient holds the constants of the activation's backward rule.
type neonGradient struct{ mean, scale, beta, slope int }

func (k *neon) newGradient(c string) neonGradient {
	return neonGradient{k.field(c, channelMean), k.field(c, channelScale), k.field(c, channelBeta), k.field(c, channelSlope)}
}

// rule loads dy from R1 and x from R2, subtracts the mean from x and multiplies
// dy by the slope where the activation saw no positive value. It returns the
// registers of both; t(0) and t(3) are free.
func (g neonGradient) rule(b lanes4) (d, x int) {
	dy, x, seen := b.t(0), b.t(1), b.t(3)
	d = b.t(2)
	b.load("R1", dy)
	b.load("R2", x)
	b.float("fsub", x, x, g.mean)
	b.move(seen, g.beta)
	b.multiplyAdd(seen, x, g.scale)
	b.zero("fcmgt", seen, seen)
	b.float("fmul", d, dy, g.slope)
	b.insert(d, dy, seen)
	return d, x
}

func (k *neon) normSums() {
	k.begin("normSums", "acc *[2]float64, dy, x []float32, c *normChannel", "is [vectorKernels.normSums].")
	k.get("acc", "dy_base", "x_base", "c")
	k.op("MOVD %s, R15", k.arg("dy_len"))
	g := k.newGradient("R3")
	acc := k.accumulators(3, 4)
	k.loopOver(4, 3, func(b lanes4) {
		sums := acc[b.copy]
		d, x := g.rule(b)
		dLow, xLow := b.t(0), b.t(3)
		k.widen(dLow, d, d)
		k.widen(xLow, x, x)
		k.double("fadd", sums[0], sums[0], dLow)
		k.double("fadd", sums[1], sums[1], d)
		k.doubleMultiplyAdd(sums[2], dLow, xLow)
		k.doubleMultiplyAdd(sums[3], d, x)
	})
	k.addTotal(acc, "(R0)", 0, 1)
	k.addTotal(acc, "8(R0)", 2, 3)
	k.ret()
}

func (k *neon) normApply() {
	k.begin("normApply", "y, x []float32, c *normChannel", "is [vectorKernels.normApply].")
	k.get("y_base", "x_base", "c")
	k.op("MOVD %s, R15", k.arg("y_len"))
	g := k.newGradient("R2")
	flat := k.spare()
	k.zero("fcmeq", flat, g.slope)
	k.loop(3, func(b lanes4) {
		x, r := b.t(0), b.t(1)
		b.load("R1", x)
		k.float("fsub", x, x, g.mean)
		k.move(r, g.beta)
		k.multiplyAdd(r, x, g.scale)
		k.activate(r, g.slope, flat, x, b.t(2))
		b.store(r, "R0")
	})
	k.ret()
}

func (k *neon) normGrad() {
	k.begin("normGrad", "dx, dy, x []float32, c *normChannel", "is [vectorKernels.normGrad].")
	k.get("dx_base", "dy_base", "x_base", "c")
	k.op("MOVD %s, R15", k.arg("dx_len"))
	g := k.newGradient("R3")
	factor, offset := k.field("R3", channelFactor), k.field("R3", channelOffset)
	k.loop(4, func(b lanes4) {
		d, x := g.rule(b)
		sum := b.t(0)
		k.move(sum, offset)
		k.multiplyAdd(sum, x, factor)
		k.multiplyAdd(sum, d, g.scale)
		b.store(sum, "R0")
	})
	k.ret()
}
