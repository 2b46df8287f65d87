package main

// neonLog holds the constants of the logarithm; see log.go for the method.
type neonLog struct {
	smallest, scale, origin, shift, mantissa, one int
	ln2High, ln2Low                               int
	series                                        []int
}

func (k *neon) newLog() neonLog {
	l := neonLog{
		smallest: k.lit(smallest), scale: k.lit(logScale), origin: k.bits(logOrigin), shift: k.bits(logShift),
		mantissa: k.bits(logMantissa), one: k.lit(1), ln2High: k.lit(ln2High), ln2Low: k.lit(ln2Low),
	}
	for _, c := range logSeries {
		l.series = append(l.series, k.lit(c))
	}
	return l
}

// prepareLog makes ln x of x in the first of six registers, where it leaves it.
func (k *neon) prepareLog() func(b lanes4) int {
	l := k.newLog()
	inf, minus, nan := k.bits(infinity), k.bits(minusInf), k.bits(quietNaN)
	return func(b lanes4) int {
		l.split(b)
		f, n, s, z, p, q := b.t(0), b.t(1), b.t(2), b.t(3), b.t(4), b.t(5)
		k.float("fmul", z, s, s)
		k.move(p, l.series[0])
		for _, c := range l.series[1:] {
			k.move(q, c)
			k.multiplyAdd(q, p, z)
			p, q = q, p
		}
		k.move(q, f)
		k.multiplySubtract(q, z, p)
		k.float("fmul", p, n, l.ln2Low)
		k.multiplySubtract(p, s, q)
		k.float("fadd", f, f, p)
		k.multiplyAdd(f, n, l.ln2High)

		x, y, mask := n, f, s
		b.load("R1", x)
		k.float("fcmgt", mask, inf, x)
		k.insertUnless(y, x, mask) // infinite or NaN
		k.zero("fcmeq", mask, x)
		k.insert(y, minus, mask)
		k.zero("fcmlt", mask, x)
		k.insert(y, nan, mask)
		return y
	}
}

// split turns x in t(0) into f, and writes n to t(1) and s to t(2).
func (l neonLog) split(b lanes4) {
	x, n, m := b.t(0), b.t(1), b.t(2)
	small := m
	b.float("fcmgt", small, l.smallest, x)
	b.float("fmul", n, x, l.scale)
	b.insert(x, n, small)
	b.and(small, small, l.shift)
	b.op("VSUB V%d.S4, V%d.S4, V%d.S4", l.origin, x, n)
	b.op("VSUB V%d.S4, V%d.S4, V%d.S4", small, n, n)
	b.and(m, n, l.mantissa)
	b.op("VADD V%d.S4, V%d.S4, V%d.S4", l.origin, m, m)
	b.shiftRight(n, n, logExponents)
	b.unary("scvtf", n, n)
	b.float("fsub", x, m, l.one)
	b.float("fadd", m, m, l.one)
	b.float("fdiv", m, x, m)
}
