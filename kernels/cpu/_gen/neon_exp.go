package main

import "math"

// neonExp holds the constants of the exponential; see exp.go for the method.
type neonExp struct {
	k                       *neon
	perLn2, ln2High, ln2Low int
	series                  []int // the last is 1
}

func (k *neon) newExp() neonExp {
	e := neonExp{k: k, perLn2: k.lit(1 / math.Ln2), ln2High: k.lit(ln2High), ln2Low: k.lit(ln2Low)}
	for _, c := range series {
		e.series = append(e.series, k.lit(c))
	}
	return e
}

func (e neonExp) one() int { return e.series[len(e.series)-1] }

// split turns x into r and leaves n, a whole number.
func (e neonExp) split(x, n int) {
	e.k.float("fmul", n, x, e.perLn2)
	e.k.unary("frintn", n, n)
	e.k.multiplySubtract(x, n, e.ln2High)
	e.k.multiplySubtract(x, n, e.ln2Low)
}

// sum evaluates the series (eʳ−1)/r in p or q and returns which, and the other.
func (e neonExp) sum(x, p, q int) (result, free int) {
	e.k.move(p, e.series[0])
	for _, c := range e.series[1:] {
		e.k.move(q, c)
		e.k.multiplyAdd(q, p, x)
		p, q = q, p
	}
	return p, q
}

// power turns the integer n into 2ⁿ; only for normal results.
func (e neonExp) power(n int) {
	e.k.op("VSHL $23, V%d.S4, V%d.S4", n, n)
	e.k.op("VADD V%d.S4, V%d.S4, V%d.S4", e.one(), n, n)
}

// prepareExp makes exp(x) of x in the first of four registers and returns where
// it is. Beyond the clamp the result is 0 or infinite anyway; NaN passes all
// along.
func (k *neon) prepareExp() func(b lanes4, x int) int {
	e := k.newExp()
	lowest, highest := k.lit(-105), k.lit(89)
	return func(b lanes4, x int) int {
		n := b.t(1)
		k.float("fmax", x, x, lowest)
		k.float("fmin", x, x, highest)
		e.split(x, n)
		p, y := e.sum(x, b.t(2), b.t(3))
		k.move(y, e.one())
		k.multiplyAdd(y, p, x)
		// 2ⁿ in two factors, each a normal number.
		k.unary("fcvtzs", n, n)
		k.shiftRight(p, n, 1)
		k.op("VSUB V%d.S4, V%d.S4, V%d.S4", p, n, n)
		e.power(p)
		e.power(n)
		k.float("fmul", y, y, p)
		k.float("fmul", y, y, n)
		return y
	}
}

// prepareTanh makes tanh x = sign(x)·u/(u+2) with u = exp(2|x|)−1, which is
// summed without the 1 so that small x keep their digits.
func (k *neon) prepareTanh() func(b lanes4) int {
	e := k.newExp()
	limit, two, sign := k.lit(20), k.lit(2), k.bits(1<<31) // tanh 10 is 1 to eight digits
	return func(b lanes4) int {
		x, n := b.t(0), b.t(1)
		k.unary("fabs", x, x)
		k.float("fadd", x, x, x)
		k.float("fmin", x, x, limit)
		e.split(x, n)
		p, u := e.sum(x, b.t(2), b.t(3))
		k.float("fmul", x, x, p)
		k.unary("fcvtzs", n, n)
		e.power(n)
		k.float("fsub", u, n, e.one())
		k.multiplyAdd(u, n, x)
		k.float("fadd", x, u, two)
		k.float("fdiv", u, u, x)
		b.load("R1", x)
		k.insert(u, x, sign)
		return u
	}
}

// prepareSigmoid makes 1/(1+e) for x ≥ 0 and e/(1+e) below, with e = exp(−|x|).
func (k *neon) prepareSigmoid() func(b lanes4) int {
	exp := k.prepareExp()
	sign, one := k.bits(1<<31), k.lit(1)
	return func(b lanes4) int {
		k.or(b.t(0), b.t(0), sign)
		e := exp(b, b.t(0))
		x, top, bottom := b.t(0), b.t(1), b.t(2)
		if e == bottom {
			bottom = b.t(3)
		}
		k.float("fadd", bottom, e, one)
		b.load("R1", x)
		k.zero("fcmlt", x, x)
		k.move(top, one)
		k.insert(top, e, x)
		k.float("fdiv", top, top, bottom)
		return top
	}
}
