package main

import "math"

// The range reduction of the exponential: x = n·ln 2 + r with |r| ≤ ln 2/2, and
// ln 2 as the sum of two float32 values.
var (
	ln2High = float64(float32(math.Ln2))
	ln2Low  = math.Ln2 - ln2High
)

// series are the coefficients 1/j! of (eʳ−1)/r from the highest down. The first
// one left out, r⁸/8!, is below 6e-9 of eʳ.
var series = []float64{1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1}

// reduced holds what the functions built on the exponential share.
type reduced struct{ pool }

func newReduced(k *kernel, literals ...float64) reduced {
	r := reduced{newPool()}
	for _, v := range literals {
		r.add(k, math.Float32bits(float32(v)))
	}
	return r
}

// pool holds the constants of long functions: in registers for AVX-512, in memory
// for AVX2.
type pool struct{ registers map[uint32]string }

func newPool() pool { return pool{map[uint32]string{}} }

// add makes a bit pattern one of the constants.
func (p pool) add(k *kernel, bits uint32) {
	if k.v.wide && p.registers[bits] == "" {
		p.registers[bits] = k.bits(bits)
	}
}

// constant is a register with the literal; AVX2 loads it into tmp.
func (p pool) constant(b block, v float64, tmp string) string {
	return p.pattern(b, math.Float32bits(float32(v)), tmp)
}

// pattern is constant for a bit pattern.
func (p pool) pattern(b block, bits uint32, tmp string) string {
	if r := p.registers[bits]; r != "" {
		return r
	}
	b.op("VBROADCASTSS %s, %s", b.literal(bits), tmp)
	return tmp
}

// split turns x into r and leaves n, a whole number, in n.
func (r reduced) split(b block, x, n, tmp string) {
	b.op("VMULPS %s, %s, %s", r.constant(b, 1/math.Ln2, tmp), x, n)
	if b.v.wide {
		b.op("VRNDSCALEPS $8, %s, %s", n, n)
	} else {
		b.op("VROUNDPS $8, %s, %s", n, n)
	}
	b.op("VFNMADD231PS %s, %s, %s", r.constant(b, ln2High, tmp), n, x)
	b.op("VFNMADD231PS %s, %s, %s", r.constant(b, ln2Low, tmp), n, x)
}

// sum evaluates the series (eʳ−1)/r into p.
func (r reduced) sum(b block, x, p, tmp string) {
	if reg := r.registers[math.Float32bits(float32(series[0]))]; reg != "" {
		b.op("VMOVAPS %s, %s", reg, p)
	} else {
		b.op("VBROADCASTSS %s, %s", b.literalAt(series[0]), p)
	}
	for _, c := range series[1:] {
		b.op("VFMADD213PS %s, %s, %s", r.constant(b, c, tmp), x, p)
	}
}

// power turns the whole number n into 2ⁿ; only for normal results.
func (r reduced) power(b block, n, tmp string) {
	if b.v.wide {
		b.op("VSCALEFPS %s, %s, %s", n, r.constant(b, 1, tmp), n)
		return
	}
	b.op("VADDPS %s, %s, %s", r.constant(b, 127, tmp), n, n)
	b.op("VCVTPS2DQ %s, %s", n, n)
	b.op("VPSLLD $23, %s, %s", n, n)
}

// prepareExp makes x = exp(x). Beyond the clamp the result is 0 or infinite
// anyway; VMAXPS and VMINPS let NaN pass as the last operand.
func prepareExp(k *kernel) func(b block, x, n, tmp string) {
	const lowest, highest = -105, 89
	r := newReduced(k, append([]float64{lowest, highest, 1 / math.Ln2, ln2High, ln2Low}, series...)...)
	return func(b block, x, n, tmp string) {
		b.op("VMAXPS %s, %s, %s", x, r.constant(b, lowest, tmp), x)
		b.op("VMINPS %s, %s, %s", x, r.constant(b, highest, tmp), x)
		r.split(b, x, n, tmp)
		if b.v.wide {
			r.sum(b, x, tmp, "")
			b.op("VFMADD213PS %s, %s, %s", r.constant(b, 1, ""), tmp, x)
			b.op("VSCALEFPS %s, %s, %s", n, x, x)
			return
		}
		p := b.t(3)
		r.sum(b, x, p, tmp)
		b.op("VFMADD213PS %s, %s, %s", r.constant(b, 1, tmp), p, x)
		// 2ⁿ in two factors, each a normal number.
		b.op("VMULPS %s, %s, %s", r.constant(b, 0.5, tmp), n, p)
		b.op("VROUNDPS $9, %s, %s", p, p)
		b.op("VSUBPS %s, %s, %s", p, n, n)
		r.power(b, p, tmp)
		r.power(b, n, tmp)
		b.op("VMULPS %s, %s, %s", p, x, x)
		b.op("VMULPS %s, %s, %s", n, x, x)
	}
}

// prepareTanh makes tanh x = sign(x)·u/(u+2) with u = exp(2|x|)−1, which is
// summed without the 1 so that small x keep their digits.
func prepareTanh(k *kernel) func(b block) {
	const limit = 20 // of 2|x|; tanh 10 is 1 to eight digits
	r := newReduced(k, append([]float64{limit, 2, 1 / math.Ln2, ln2High, ln2Low}, series...)...)
	magnitude := k.bits(0x7fffffff)
	return func(b block) {
		x, n, tmp, p := b.t(0), b.t(1), b.t(2), b.t(3)
		b.op("VANDPS %s, %s, %s", magnitude, x, x)
		b.op("VADDPS %s, %s, %s", x, x, x)
		b.op("VMINPS %s, %s, %s", x, r.constant(b, limit, tmp), x)
		r.split(b, x, n, tmp)
		r.sum(b, x, p, tmp)
		b.op("VMULPS %s, %s, %s", p, x, x)
		r.power(b, n, tmp)
		b.op("VSUBPS %s, %s, %s", r.constant(b, 1, tmp), n, p)
		b.op("VFMADD213PS %s, %s, %s", p, n, x)
		b.op("VADDPS %s, %s, %s", r.constant(b, 2, tmp), x, p)
		b.op("VDIVPS %s, %s, %s", p, x, x)
		b.load("SI", n)
		b.op("VANDNPS %s, %s, %s", n, magnitude, n)
		b.op("VORPS %s, %s, %s", n, x, x)
	}
}

// prepareSigmoid makes 1/(1+e) for x ≥ 0 and e/(1+e) below, with e = exp(−|x|).
func prepareSigmoid(k *kernel) func(b block) {
	exp := prepareExp(k)
	sign, one, zero := k.bits(0x80000000), k.lit(1), k.zero()
	return func(b block) {
		x, n, tmp := b.t(0), b.t(1), b.t(2)
		b.op("VORPS %s, %s, %s", sign, x, x)
		exp(b, x, n, tmp)
		b.op("VADDPS %s, %s, %s", one, x, n)
		b.load("SI", tmp)
		b.choose(less, tmp, zero, x, one, x, b.t(3))
		b.op("VDIVPS %s, %s, %s", n, x, x)
	}
}
