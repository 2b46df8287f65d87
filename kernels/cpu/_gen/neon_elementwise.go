package main

func init() {
	neonFile("elementwise", "neon_elementwise.go", func(k *neon) {
		for _, u := range neonUnaries {
			k.unaryKernel(u.name, u.temps, u.prepare)
		}
		for _, b := range neonBinaries {
			k.binaryKernel(b.name, b.temps, b.prepare)
		}
		k.addScaled()
		k.weighted()
		k.fill()
		k.adam()
	})
}

// neonUnaries are the functions of one value. prepare loads the constants and
// returns what to do with the value in t(0), which returns the result's register.
var neonUnaries = []struct {
	name    string
	temps   int
	prepare func(k *neon) func(b lanes4) int
}{
	{"affine", 2, func(k *neon) func(b lanes4) int {
		a, c := k.param("a"), k.param("b")
		return func(b lanes4) int {
			k.move(b.t(1), c)
			k.multiplyAdd(b.t(1), b.t(0), a)
			return b.t(1)
		}
	}},
	{"abs", 1, plainUnary("fabs")},
	{"sign", 3, func(k *neon) func(b lanes4) int {
		sign := k.prepareSign()
		return func(b lanes4) int {
			sign(b.t(0), b.t(1), b.t(2))
			return b.t(0)
		}
	}},
	{"square", 1, func(k *neon) func(b lanes4) int {
		return func(b lanes4) int {
			k.float("fmul", b.t(0), b.t(0), b.t(0))
			return b.t(0)
		}
	}},
	{"sqrt", 1, plainUnary("fsqrt")},
	{"reciprocal", 1, func(k *neon) func(b lanes4) int {
		one := k.lit(1)
		return func(b lanes4) int {
			k.float("fdiv", b.t(0), one, b.t(0))
			return b.t(0)
		}
	}},
	{"leakyReLU", 3, func(k *neon) func(b lanes4) int {
		slope, flat := k.param("a"), k.spare()
		k.zero("fcmeq", flat, slope)
		return func(b lanes4) int {
			k.activate(b.t(0), slope, flat, b.t(1), b.t(2))
			return b.t(0)
		}
	}},
	{"clamp", 2, func(k *neon) func(b lanes4) int {
		low, high := k.param("a"), k.param("b")
		return func(b lanes4) int {
			k.float("fcmgt", b.t(1), low, b.t(0))
			k.insert(b.t(0), low, b.t(1))
			k.float("fcmgt", b.t(1), b.t(0), high)
			k.insert(b.t(0), high, b.t(1))
			return b.t(0)
		}
	}},
	{"exp", 4, func(k *neon) func(b lanes4) int {
		exp := k.prepareExp()
		return func(b lanes4) int { return exp(b, b.t(0)) }
	}},
	{"log", 6, (*neon).prepareLog},
	{"tanh", 4, (*neon).prepareTanh},
	{"sigmoid", 4, (*neon).prepareSigmoid},
	{"expMinus", 4, func(k *neon) func(b lanes4) int {
		m, exp := k.param("a"), k.prepareExp()
		return func(b lanes4) int {
			k.float("fsub", b.t(0), b.t(0), m)
			return exp(b, b.t(0))
		}
	}},
}

// plainUnary is one instruction.
func plainUnary(instruction string) func(k *neon) func(b lanes4) int {
	return func(k *neon) func(b lanes4) int {
		return func(b lanes4) int {
			k.unary(instruction, b.t(0), b.t(0))
			return b.t(0)
		}
	}
}

// prepareSign makes -1, 0 or 1 of r; NaN stays.
func (k *neon) prepareSign() func(r, above, below int) {
	one, minus := k.lit(1), k.lit(-1)
	return func(r, above, below int) {
		k.zero("fcmgt", above, r)
		k.zero("fcmlt", below, r)
		k.insert(r, one, above)
		k.insert(r, minus, below)
	}
}

func (k *neon) unaryKernel(name string, temps int, prepare func(k *neon) func(b lanes4) int) {
	k.begin(name, "y, x []float32, a, b float32", "is the function of that name in [vectorKernels.unary].")
	k.get("y_base", "x_base")
	k.op("MOVD %s, R15", k.arg("y_len"))
	compute := prepare(k)
	k.loop(temps, func(b lanes4) {
		b.load("R1", b.t(0))
		b.store(compute(b), "R0")
	})
	k.ret()
}

// neonBinaries are the functions of two values. prepare loads the constants and
// returns what to do with p and q, which may not be written and are t(0) and t(1)
// or constants; it returns the result's register.
var neonBinaries = []struct {
	name    string
	temps   int
	prepare func(k *neon) func(b lanes4, p, q int) int
}{
	{"add", 3, plainBinary("fadd")},
	{"sub", 3, plainBinary("fsub")},
	{"mul", 3, plainBinary("fmul")},
	{"div", 3, plainBinary("fdiv")},
	{"max", 3, plainBinary("fmax")},
	{"min", 3, plainBinary("fmin")},
	{"lessEqual", 3, func(k *neon) func(b lanes4, p, q int) int {
		one := k.lit(1)
		return func(b lanes4, p, q int) int {
			k.float("fcmge", b.t(2), q, p)
			k.and(b.t(2), b.t(2), one)
			return b.t(2)
		}
	}},
	{"leakyReLUGrad", 4, func(k *neon) func(b lanes4, p, q int) int {
		alpha := k.param("alpha")
		return func(b lanes4, p, q int) int {
			k.float("fmul", b.t(2), q, alpha)
			k.zero("fcmgt", b.t(3), p)
			k.insert(b.t(2), q, b.t(3))
			return b.t(2)
		}
	}},
	{"absGrad", 5, func(k *neon) func(b lanes4, p, q int) int {
		sign := k.prepareSign()
		return func(b lanes4, p, q int) int {
			k.move(b.t(2), p)
			sign(b.t(2), b.t(3), b.t(4))
			k.float("fmul", b.t(2), b.t(2), q)
			return b.t(2)
		}
	}},
	{"tanhGrad", 3, func(k *neon) func(b lanes4, p, q int) int {
		one := k.lit(1)
		return func(b lanes4, p, q int) int {
			k.move(b.t(2), one)
			k.multiplySubtract(b.t(2), p, p)
			k.float("fmul", b.t(2), b.t(2), q)
			return b.t(2)
		}
	}},
	{"sigmoidGrad", 3, func(k *neon) func(b lanes4, p, q int) int {
		one := k.lit(1)
		return func(b lanes4, p, q int) int {
			k.float("fsub", b.t(2), one, p)
			k.float("fmul", b.t(2), b.t(2), p)
			k.float("fmul", b.t(2), b.t(2), q)
			return b.t(2)
		}
	}},
}

// plainBinary is one instruction p ∘ q.
func plainBinary(instruction string) func(k *neon) func(b lanes4, p, q int) int {
	return func(k *neon) func(b lanes4, p, q int) int {
		return func(b lanes4, p, q int) int {
			k.float(instruction, b.t(2), p, q)
			return b.t(2)
		}
	}
}

// binaryKernel emits one loop for each form: both operands contiguous, or one or
// both a repeated value.
func (k *neon) binaryKernel(name string, temps int, prepare func(k *neon) func(b lanes4, p, q int) int) {
	k.begin(name, "y, p, q []float32, alpha float32", "is the function of that name in [vectorKernels.binary].")
	k.get("y_base", "p_base", "q_base", "p_len", "q_len")
	k.op("MOVD %s, R15", k.arg("y_len"))
	compute := prepare(k)
	top := k.top
	// form emits the loop of one form and its end.
	form := func(p, q int) {
		k.loop(temps, func(b lanes4) {
			u, v := p, q
			if u < 0 {
				u = b.t(0)
				b.load("R1", u)
			}
			if v < 0 {
				v = b.t(1)
				b.load("R2", v)
			}
			b.store(compute(b, u, v), "R0")
		})
		k.ret()
	}
	const contiguous = -1
	repeatP, repeatQ, repeatBoth := k.fresh("repeatP"), k.fresh("repeatQ"), k.fresh("repeatBoth")
	k.op("CMP $1, R3")
	k.op("BEQ %s", repeatP)
	k.op("CMP $1, R4")
	k.op("BEQ %s", repeatQ)
	form(contiguous, contiguous)
	k.label(repeatQ)
	form(contiguous, k.field("R2", 0))
	k.label(repeatP)
	k.top = top
	p := k.field("R1", 0)
	k.op("CMP $1, R4")
	k.op("BEQ %s", repeatBoth)
	form(p, contiguous)
	k.label(repeatBoth)
	form(p, k.field("R2", 0))
}

func (k *neon) addScaled() {
	k.begin("addScaled", "y, x []float32, alpha float32", "is [vectorKernels.addScaled].")
	k.get("y_base", "x_base")
	k.op("MOVD %s, R15", k.arg("y_len"))
	alpha := k.param("alpha")
	k.loop(2, func(b lanes4) {
		b.load("R1", b.t(0))
		b.load("R0", b.t(1))
		k.multiplyAdd(b.t(1), b.t(0), alpha)
		b.store(b.t(1), "R0")
	})
	k.ret()
}

func (k *neon) weighted() {
	k.begin("weighted", "y, p, q []float32, a, b float32", "is [vectorKernels.weighted].")
	k.get("y_base", "p_base", "q_base")
	k.op("MOVD %s, R15", k.arg("y_len"))
	near, far := k.param("a"), k.param("b")
	k.loop(2, func(b lanes4) {
		b.load("R1", b.t(0))
		b.load("R2", b.t(1))
		k.float("fmul", b.t(1), b.t(1), far)
		k.multiplyAdd(b.t(1), b.t(0), near)
		b.store(b.t(1), "R0")
	})
	k.ret()
}

func (k *neon) fill() {
	k.begin("fill", "y []float32, v float32", "is [vectorKernels.fill].")
	k.get("y_base")
	k.op("MOVD %s, R15", k.arg("y_len"))
	v := k.param("v")
	k.loop(1, func(b lanes4) { b.store(v, "R0") })
	k.ret()
}

// adam follows adamGeneric line by line.
func (k *neon) adam() {
	k.begin("adam", "p, g, m, v []float32, c *adamConstants", "is [vectorKernels.adam].")
	k.get("p_base", "g_base", "m_base", "v_base", "c")
	k.op("MOVD %s, R15", k.arg("p_len"))
	beta1, rest1 := k.field("R4", 0), k.field("R4", 4)
	beta2, rest2 := k.field("R4", 8), k.field("R4", 12)
	stepSize, rootScale := k.field("R4", 16), k.field("R4", 20)
	eps, decay := k.field("R4", 24), k.field("R4", 28)
	k.loop(5, func(b lanes4) {
		d, p, m, v, root := b.t(0), b.t(1), b.t(2), b.t(3), b.t(4)
		b.load("R1", d)
		b.load("R0", p)
		b.load("R2", m)
		b.load("R3", v)
		k.multiplyAdd(d, p, decay)
		k.float("fmul", m, m, beta1)
		k.multiplyAdd(m, d, rest1)
		k.float("fmul", d, d, d)
		k.float("fmul", v, v, beta2)
		k.multiplyAdd(v, d, rest2)
		b.store(m, "R2")
		b.store(v, "R3")
		k.unary("fsqrt", v, v)
		k.move(root, eps)
		k.multiplyAdd(root, v, rootScale)
		k.float("fdiv", m, m, root)
		k.multiplySubtract(p, m, stepSize)
		b.store(p, "R0")
	})
	k.ret()
}
