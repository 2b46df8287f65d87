package main

func init() {
	vectorFile("elementwise", "elementwise.go", func(k *kernel) {
		for _, u := range unaries {
			unary(k, u.name, u.temps, u.prepare)
		}
		for _, b := range binaries {
			binary(k, b.name, b.temps, b.prepare)
		}
		addScaled(k)
		weighted(k)
		fill(k)
		adam(k)
	})
}

// unaries are the functions of one value. prepare loads the constants and
// returns what to do with the value in t(0); the result is t(0).
var unaries = []struct {
	name    string
	temps   int
	prepare func(k *kernel) func(b block)
}{
	{"affine", 1, func(k *kernel) func(b block) {
		a, c := k.param("a"), k.param("b")
		return func(b block) { b.op("VFMADD213PS %s, %s, %s", c, a, b.t(0)) }
	}},
	{"abs", 1, func(k *kernel) func(b block) {
		mask := k.bits(0x7fffffff)
		return func(b block) { b.op("VANDPS %s, %s, %s", mask, b.t(0), b.t(0)) }
	}},
	{"sign", 2, func(k *kernel) func(b block) {
		sign := prepareSign(k)
		return func(b block) { sign(b, b.t(0), b.t(1)) }
	}},
	{"square", 1, func(k *kernel) func(b block) {
		return func(b block) { b.op("VMULPS %s, %s, %s", b.t(0), b.t(0), b.t(0)) }
	}},
	{"sqrt", 1, func(k *kernel) func(b block) {
		return func(b block) { b.op("VSQRTPS %s, %s", b.t(0), b.t(0)) }
	}},
	{"reciprocal", 1, func(k *kernel) func(b block) {
		one := k.lit(1)
		return func(b block) { b.op("VDIVPS %s, %s, %s", b.t(0), one, b.t(0)) }
	}},
	{"leakyReLU", 3, func(k *kernel) func(b block) {
		slope := k.param("a")
		keep, zero := k.activation(slope), k.zero()
		return func(b block) { b.activate(b.t(0), slope, keep, zero, b.t(1), b.t(2)) }
	}},
	{"clamp", 1, func(k *kernel) func(b block) {
		low, high := k.param("a"), k.param("b")
		return func(b block) {
			// The second operand wins where one is NaN.
			b.op("VMAXPS %s, %s, %s", b.t(0), low, b.t(0))
			b.op("VMINPS %s, %s, %s", b.t(0), high, b.t(0))
		}
	}},
	{"exp", 4, func(k *kernel) func(b block) {
		exp := prepareExp(k)
		return func(b block) { exp(b, b.t(0), b.t(1), b.t(2)) }
	}},
	{"log", 6, prepareLog},
	{"tanh", 4, prepareTanh},
	{"sigmoid", 4, prepareSigmoid},
	{"expMinus", 4, func(k *kernel) func(b block) {
		m, exp := k.param("a"), prepareExp(k)
		return func(b block) {
			b.op("VSUBPS %s, %s, %s", m, b.t(0), b.t(0))
			exp(b, b.t(0), b.t(1), b.t(2))
		}
	}},
}

// prepareSign makes -1, 0 or 1 of r; NaN stays.
func prepareSign(k *kernel) func(b block, r, tmp string) {
	zero, one, minus := k.zero(), k.lit(1), k.lit(-1)
	return func(b block, r, tmp string) {
		b.choose(greater, r, zero, one, r, r, tmp)
		b.choose(less, r, zero, minus, r, r, tmp)
	}
}

func unary(k *kernel, name string, temps int, prepare func(k *kernel) func(b block)) {
	k.begin(name, "y, x []float32, a, b float32", "is the function of that name in [vectorKernels.unary].")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	k.load("x_base", "SI")
	compute := prepare(k)
	k.loop(temps, func(b block) {
		b.load("SI", b.t(0))
		compute(b)
		b.store(b.t(0), "DI")
	})
	k.ret()
}

// binaries are the functions of two values. prepare loads the constants and
// returns what to do with p and q, which may not be written; the result is t(0),
// which may be p.
var binaries = []struct {
	name    string
	temps   int
	prepare func(k *kernel) func(b block, p, q string)
}{
	{"add", 2, plain("VADDPS")},
	{"sub", 2, plain("VSUBPS")},
	{"mul", 2, plain("VMULPS")},
	{"div", 2, plain("VDIVPS")},
	{"max", 4, extremum("VMAXPS")},
	{"min", 4, extremum("VMINPS")},
	{"lessEqual", 3, func(k *kernel) func(b block, p, q string) {
		one, zero := k.lit(1), k.zero()
		return func(b block, p, q string) { b.choose(lessEqual, p, q, one, zero, b.t(0), b.t(2)) }
	}},
	{"leakyReLUGrad", 4, func(k *kernel) func(b block, p, q string) {
		alpha, zero := k.param("alpha"), k.zero()
		return func(b block, p, q string) {
			b.op("VMULPS %s, %s, %s", alpha, q, b.t(2))
			b.choose(greater, p, zero, q, b.t(2), b.t(0), b.t(3))
		}
	}},
	{"absGrad", 4, func(k *kernel) func(b block, p, q string) {
		sign := prepareSign(k)
		return func(b block, p, q string) {
			b.op("VMOVAPS %s, %s", p, b.t(2))
			sign(b, b.t(2), b.t(3))
			b.op("VMULPS %s, %s, %s", b.t(2), q, b.t(0))
		}
	}},
	{"tanhGrad", 3, func(k *kernel) func(b block, p, q string) {
		one := k.lit(1)
		return func(b block, p, q string) {
			b.op("VMOVAPS %s, %s", p, b.t(2))
			b.op("VFNMADD213PS %s, %s, %s", one, p, b.t(2))
			b.op("VMULPS %s, %s, %s", b.t(2), q, b.t(0))
		}
	}},
	{"sigmoidGrad", 3, func(k *kernel) func(b block, p, q string) {
		one := k.lit(1)
		return func(b block, p, q string) {
			b.op("VSUBPS %s, %s, %s", p, one, b.t(2))
			b.op("VMULPS %s, %s, %s", p, b.t(2), b.t(2))
			b.op("VMULPS %s, %s, %s", b.t(2), q, b.t(0))
		}
	}},
}

// plain is one instruction p ∘ q.
func plain(instruction string) func(k *kernel) func(b block, p, q string) {
	return func(*kernel) func(b block, p, q string) {
		return func(b block, p, q string) { b.op("%s %s, %s, %s", instruction, q, p, b.t(0)) }
	}
}

// extremum is VMAXPS or VMINPS, which give q where either is NaN.
func extremum(instruction string) func(k *kernel) func(b block, p, q string) {
	return func(*kernel) func(b block, p, q string) {
		return func(b block, p, q string) {
			b.op("%s %s, %s, %s", instruction, q, p, b.t(2))
			b.choose(unordered, p, p, p, b.t(2), b.t(0), b.t(3))
		}
	}
}

// binary emits one loop for each form: both operands contiguous, or one or both
// a repeated value.
func binary(k *kernel, name string, temps int, prepare func(k *kernel) func(b block, p, q string)) {
	k.begin(name, "y, p, q []float32, alpha float32", "is the function of that name in [vectorKernels.binary].")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	k.load("p_base", "SI")
	k.load("q_base", "DX")
	compute := prepare(k)
	top := k.top
	repeatP, repeatQ, repeatBoth, done := k.fresh("repeatP"), k.fresh("repeatQ"), k.fresh("repeatBoth"), k.fresh("end")
	k.op("CMPQ %s, $1", k.arg("p_len"))
	k.op("JEQ %s", repeatP)
	k.op("CMPQ %s, $1", k.arg("q_len"))
	k.op("JEQ %s", repeatQ)
	k.loop(temps, func(b block) {
		b.load("SI", b.t(0))
		b.load("DX", b.t(1))
		compute(b, b.t(0), b.t(1))
		b.store(b.t(0), "DI")
	})
	k.op("JMP %s", done)
	k.label(repeatQ)
	q := k.field("DX", 0)
	k.loop(temps, func(b block) {
		b.load("SI", b.t(0))
		compute(b, b.t(0), q)
		b.store(b.t(0), "DI")
	})
	k.op("JMP %s", done)
	k.label(repeatP)
	k.top = top
	p := k.field("SI", 0)
	k.op("CMPQ %s, $1", k.arg("q_len"))
	k.op("JEQ %s", repeatBoth)
	k.loop(temps, func(b block) {
		b.load("DX", b.t(1))
		compute(b, p, b.t(1))
		b.store(b.t(0), "DI")
	})
	k.op("JMP %s", done)
	k.label(repeatBoth)
	q = k.field("DX", 0)
	k.loop(temps, func(b block) {
		compute(b, p, q)
		b.store(b.t(0), "DI")
	})
	k.label(done)
	k.ret()
}

func addScaled(k *kernel) {
	k.begin("addScaled", "y, x []float32, alpha float32", "is [vectorKernels.addScaled].")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	k.load("x_base", "SI")
	alpha := k.param("alpha")
	k.loop(2, func(b block) {
		b.load("SI", b.t(0))
		b.load("DI", b.t(1))
		b.op("VFMADD213PS %s, %s, %s", b.t(1), alpha, b.t(0))
		b.store(b.t(0), "DI")
	})
	k.ret()
}

func weighted(k *kernel) {
	k.begin("weighted", "y, p, q []float32, a, b float32", "is [vectorKernels.weighted].")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	k.load("p_base", "SI")
	k.load("q_base", "DX")
	p, q := k.param("a"), k.param("b")
	k.loop(2, func(b block) {
		b.load("SI", b.t(0))
		b.load("DX", b.t(1))
		b.op("VMULPS %s, %s, %s", q, b.t(1), b.t(1))
		b.op("VFMADD213PS %s, %s, %s", b.t(1), p, b.t(0))
		b.store(b.t(0), "DI")
	})
	k.ret()
}

func fill(k *kernel) {
	k.begin("fill", "y []float32, v float32", "is [vectorKernels.fill].")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	v := k.param("v")
	k.loop(1, func(b block) { b.store(v, "DI") })
	k.ret()
}

// adam follows adamGeneric line by line. The last constants are read from
// memory, since AVX2 has too few registers.
func adam(k *kernel) {
	k.begin("adam", "p, g, m, v []float32, c *adamConstants", "is [vectorKernels.adam].")
	k.load("p_base", "DI")
	k.load("p_len", "CX")
	k.load("g_base", "SI")
	k.load("m_base", "R8")
	k.load("v_base", "R9")
	k.load("c", "DX")
	beta1, rest1 := k.field("DX", 0), k.field("DX", 4)
	beta2, rest2 := k.field("DX", 8), k.field("DX", 12)
	stepSize, rootScale := k.field("DX", 16), k.field("DX", 20)
	eps, decay := k.field("DX", 24), k.field("DX", 28)
	k.loopOver(4, min(2, k.top/4), func(b block) {
		d, p, m, v := b.t(0), b.t(1), b.t(2), b.t(3)
		b.load("SI", d)
		b.load("DI", p)
		b.load("R8", m)
		b.load("R9", v)
		b.op("VFMADD231PS %s, %s, %s", decay, p, d)
		b.op("VMULPS %s, %s, %s", beta1, m, m)
		b.op("VFMADD231PS %s, %s, %s", rest1, d, m)
		b.op("VMULPS %s, %s, %s", d, d, d)
		b.op("VMULPS %s, %s, %s", beta2, v, v)
		b.op("VFMADD231PS %s, %s, %s", rest2, d, v)
		b.store(m, "R8")
		b.store(v, "R9")
		b.op("VSQRTPS %s, %s", v, v)
		b.op("VFMADD213PS %s, %s, %s", eps, rootScale, v)
		b.op("VDIVPS %s, %s, %s", v, m, m)
		b.op("VFNMADD231PS %s, %s, %s", stepSize, m, p)
		b.store(p, "DI")
	})
	k.ret()
}
