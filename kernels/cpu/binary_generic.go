package cpu

// repeatMask makes an index that stays 0 where an operand of one value repeats.
func repeatMask(operand []float32) int {
	if len(operand) == 1 {
		return 0
	}
	return -1
}

func addGeneric(y, p, q []float32, _ float32) {
	mp, mq := repeatMask(p), repeatMask(q)
	for i := range y {
		y[i] = p[i&mp] + q[i&mq]
	}
}

func subGeneric(y, p, q []float32, _ float32) {
	mp, mq := repeatMask(p), repeatMask(q)
	for i := range y {
		y[i] = p[i&mp] - q[i&mq]
	}
}

func mulGeneric(y, p, q []float32, _ float32) {
	mp, mq := repeatMask(p), repeatMask(q)
	for i := range y {
		y[i] = p[i&mp] * q[i&mq]
	}
}

func divGeneric(y, p, q []float32, _ float32) {
	mp, mq := repeatMask(p), repeatMask(q)
	for i := range y {
		y[i] = p[i&mp] / q[i&mq]
	}
}

func maxGeneric(y, p, q []float32, _ float32) {
	mp, mq := repeatMask(p), repeatMask(q)
	for i := range y {
		y[i] = larger(p[i&mp], q[i&mq])
	}
}

// larger is the maximum; NaN if either is.
func larger(p, q float32) float32 {
	if p > q || p != p {
		return p
	}
	return q
}

func minGeneric(y, p, q []float32, _ float32) {
	mp, mq := repeatMask(p), repeatMask(q)
	for i := range y {
		u, v := p[i&mp], q[i&mq]
		if u < v || u != u {
			v = u
		}
		y[i] = v
	}
}

func lessEqualGeneric(y, p, q []float32, _ float32) {
	mp, mq := repeatMask(p), repeatMask(q)
	for i := range y {
		var v float32
		if p[i&mp] <= q[i&mq] {
			v = 1
		}
		y[i] = v
	}
}

func leakyReLUGradGeneric(y, p, q []float32, alpha float32) {
	mp, mq := repeatMask(p), repeatMask(q)
	for i := range y {
		v := q[i&mq]
		if !(p[i&mp] > 0) {
			v *= alpha
		}
		y[i] = v
	}
}

func absGradGeneric(y, p, q []float32, _ float32) {
	mp, mq := repeatMask(p), repeatMask(q)
	for i := range y {
		y[i] = q[i&mq] * signOf(p[i&mp])
	}
}

func tanhGradGeneric(y, p, q []float32, _ float32) {
	mp, mq := repeatMask(p), repeatMask(q)
	for i := range y {
		u := float64(p[i&mp])
		y[i] = q[i&mq] * float32(1-u*u) // rounded once, since u may be near 1
	}
}

func sigmoidGradGeneric(y, p, q []float32, _ float32) {
	mp, mq := repeatMask(p), repeatMask(q)
	for i := range y {
		u := p[i&mp]
		y[i] = q[i&mq] * (u * (1 - u))
	}
}
