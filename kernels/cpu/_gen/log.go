package main

import "math"

// The logarithm of x = 2ⁿ·m with m in [√½, √2) is n·ln 2 + log(1+f), f = m−1, where
// with s = f/(2+f)
//
//	log(1+f) = 2s + 2s³/3 + 2s⁵/5 + … = f − s·(f − s²·(2/3 + 2s²/5 + …)).
//
// f is exact and the rest small against it, so that results near 0 keep their digits.
// The first term left out, 2s¹¹/11, is below 2.1e-9 of the sum.
var logSeries = []float64{2.0 / 9, 2.0 / 7, 2.0 / 5, 2.0 / 3}

// Bit patterns of the logarithm. The exponent's field of bits(x) − bits(√½) is n, and
// the rest, added to bits(√½) again, makes m. Subnormal x are multiplied by 2²³ first.
const (
	logOrigin    = 0x3f3504f3 // √½
	logMantissa  = 1<<23 - 1
	logShift     = 23 << 23 // of the exponent of subnormal x
	smallest     = 0x1p-126 // normal number
	infinity     = 0x7f800000
	minusInf     = 0xff800000
	quietNaN     = 0x7fc00000
	logScale     = 0x1p23
	logExponents = 23 // place of the exponent
)

// prepareLog makes x = ln x.
func prepareLog(k *kernel) func(b block) {
	c := newPool()
	for _, bits := range []uint32{logOrigin, logMantissa, logShift, infinity, minusInf, quietNaN} {
		c.add(k, bits)
	}
	for _, v := range append([]float64{smallest, logScale, 1, ln2High, ln2Low}, logSeries...) {
		c.add(k, math.Float32bits(float32(v)))
	}
	zero := k.zero()
	return func(b block) {
		f, n, s, tmp := b.t(0), b.t(1), b.t(2), b.t(5)
		splitLog(b, c)
		z, p := b.t(3), b.t(4)
		b.op("VMULPS %s, %s, %s", s, s, z)
		b.op("VMOVAPS %s, %s", c.constant(b, logSeries[0], tmp), p)
		for _, v := range logSeries[1:] {
			b.op("VFMADD213PS %s, %s, %s", c.constant(b, v, tmp), z, p)
		}
		b.op("VFNMADD213PS %s, %s, %s", f, z, p)
		b.op("VMULPS %s, %s, %s", c.constant(b, ln2Low, tmp), n, z)
		b.op("VFNMADD231PS %s, %s, %s", p, s, z)
		b.op("VADDPS %s, %s, %s", z, f, f)
		b.op("VFMADD231PS %s, %s, %s", c.constant(b, ln2High, tmp), n, f)

		x, y := n, f
		b.load("SI", x)
		b.choose(notLess, x, c.pattern(b, infinity, tmp), x, y, y, s) // or NaN
		b.choose(equal, x, zero, c.pattern(b, minusInf, tmp), y, y, s)
		b.choose(less, x, zero, c.pattern(b, quietNaN, tmp), y, y, s)
	}
}

// splitLog turns x in t(0) into f, and writes n to t(1) and s to t(2).
func splitLog(b block, c pool) {
	x, n, m, tmp := b.t(0), b.t(1), b.t(2), b.t(5)
	if b.v.wide {
		small := "K1"
		b.op("VCMPPS $%d, %s, %s, %s", less, c.constant(b, smallest, ""), x, small)
		b.op("VMULPS %s, %s, %s, %s", c.constant(b, logScale, ""), x, small, x)
		b.op("VPSUBD %s, %s, %s", c.pattern(b, logOrigin, ""), x, n)
		b.op("VPSUBD %s, %s, %s, %s", c.pattern(b, logShift, ""), n, small, n)
	} else {
		small := m
		b.op("VCMPPS $%d, %s, %s, %s", less, c.constant(b, smallest, tmp), x, small)
		b.op("VMULPS %s, %s, %s", c.constant(b, logScale, tmp), x, n)
		b.op("VBLENDVPS %s, %s, %s, %s", small, n, x, x)
		b.op("VPSUBD %s, %s, %s", c.pattern(b, logOrigin, tmp), x, n)
		b.op("VANDPS %s, %s, %s", c.pattern(b, logShift, tmp), small, small)
		b.op("VPSUBD %s, %s, %s", small, n, n)
	}
	b.op("VANDPS %s, %s, %s", c.pattern(b, logMantissa, tmp), n, m)
	b.op("VPADDD %s, %s, %s", c.pattern(b, logOrigin, tmp), m, m)
	b.op("VPSRAD $%d, %s, %s", logExponents, n, n)
	b.op("VCVTDQ2PS %s, %s", n, n)
	one := c.constant(b, 1, tmp)
	b.op("VSUBPS %s, %s, %s", one, m, x)
	b.op("VADDPS %s, %s, %s", one, m, m)
	b.op("VDIVPS %s, %s, %s", m, x, m)
}
