package cpu

import "math"

func fillGeneric(y []float32, v float32) {
	for i := range y {
		y[i] = v
	}
}

func affineGeneric(y, x []float32, a, b float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = a*v + b
	}
}

func absGeneric(y, x []float32, _, _ float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = math.Float32frombits(math.Float32bits(v) &^ (1 << 31))
	}
}

func signGeneric(y, x []float32, _, _ float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = signOf(v)
	}
}

// signOf is -1, 0 or 1; NaN stays NaN.
func signOf(v float32) float32 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return v
}

func squareGeneric(y, x []float32, _, _ float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = v * v
	}
}

func sqrtGeneric(y, x []float32, _, _ float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = float32(math.Sqrt(float64(v)))
	}
}

func reciprocalGeneric(y, x []float32, _, _ float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = 1 / v
	}
}

func expGeneric(y, x []float32, _, _ float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = float32(math.Exp(float64(v)))
	}
}

func expMinusGeneric(y, x []float32, m, _ float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = float32(math.Exp(float64(v - m)))
	}
}

func logGeneric(y, x []float32, _, _ float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = float32(math.Log(float64(v)))
	}
}

func tanhGeneric(y, x []float32, _, _ float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = float32(math.Tanh(float64(v)))
	}
}

func sigmoidGeneric(y, x []float32, _, _ float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = float32(1 / (1 + math.Exp(-float64(v))))
	}
}

func leakyReLUGeneric(y, x []float32, a, _ float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = activate(v, a)
	}
}

// activate is x where x ≥ 0 or NaN, and slope·x below; with slope 0 that is 0
// even for -Inf.
func activate(x, slope float32) float32 {
	if x < 0 {
		if slope == 0 {
			return 0
		}
		return slope * x
	}
	return x
}

func clampGeneric(y, x []float32, a, b float32) {
	x = x[:len(y)]
	for i, v := range x {
		if v < a {
			v = a
		}
		if v > b {
			v = b
		}
		y[i] = v
	}
}

func addScaledGeneric(y, x []float32, alpha float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] += alpha * v
	}
}

func weightedGeneric(y, p, q []float32, a, b float32) {
	p, q = p[:len(y)], q[:len(y)]
	for i, v := range p {
		y[i] = a*v + b*q[i]
	}
}
