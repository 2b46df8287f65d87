package cpu

func sumGeneric(acc *[2]float64, x []float32) {
	// Four sums hide the latency of the addition.
	var s [4]float64
	for ; len(x) >= 4; x = x[4:] {
		s[0] += float64(x[0])
		s[1] += float64(x[1])
		s[2] += float64(x[2])
		s[3] += float64(x[3])
	}
	for _, v := range x {
		s[0] += float64(v)
	}
	acc[0] += (s[0] + s[1]) + (s[2] + s[3])
}

func largestGeneric(acc *[2]float64, x []float32) {
	best := float32(acc[0])
	for _, v := range x {
		best = larger(v, best)
	}
	acc[0] = float64(best)
}

func sumColumnsGeneric(acc []float64, x []float32) {
	x = x[:len(acc)]
	for i, v := range x {
		acc[i] += float64(v)
	}
}

func largestColumnsGeneric(acc []float64, x []float32) {
	x = x[:len(acc)]
	for i, v := range x {
		if u := float64(v); u > acc[i] || u != u {
			acc[i] = u
		}
	}
}
