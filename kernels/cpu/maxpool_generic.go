package cpu

func maxPairsGeneric(y, x []float32) {
	for i := range y {
		y[i] = larger(x[2*i], x[2*i+1])
	}
}

func maxTriplesGeneric(y, x []float32) {
	for i := range y {
		y[i] = larger(larger(x[2*i], x[2*i+1]), x[2*i+2])
	}
}

func maxPool2Generic(y, x0, x1 []float32) {
	for i := range y {
		y[i] = larger(larger(x0[2*i], x0[2*i+1]), larger(x1[2*i], x1[2*i+1]))
	}
}

func maxPool2GradGeneric(dx0, dx1, dy, x0, x1 []float32) {
	for i, d := range dy {
		best, at := x0[2*i], 0
		for k, v := range [3]float32{x0[2*i+1], x1[2*i], x1[2*i+1]} {
			if beats(v, best) {
				best, at = v, k+1
			}
		}
		var g [4]float32
		g[at] = d
		dx0[2*i], dx0[2*i+1], dx1[2*i], dx1[2*i+1] = g[0], g[1], g[2], g[3]
	}
}

func maxPool3GradGeneric(dx, dy, x []float32, width int) {
	for i, d := range dy {
		best := 2 * i
		for row := range 3 {
			for at := row*width + 2*i; at < row*width+2*i+3; at++ {
				if beats(x[at], x[best]) {
					best = at
				}
			}
		}
		dx[best] += d
	}
}
